"""The converter's replica of leads: each batch of lead events is folded in memory and written at once."""

from __future__ import annotations

from collections.abc import Sequence

from leadline.delivery.handler import Transaction
from services.converter.domain.lead import Lead, LeadChange, LeadItem, apply
from services.converter.store import ConverterStore


class Leads:
    """Applies what lead events say."""

    def __init__(self, store: ConverterStore) -> None:
        self._store = store

    def apply(self, transaction: Transaction, parts: Sequence[LeadChange | LeadItem]) -> None:
        """Bring leads and their items up to date."""
        changes = [part for part in parts if isinstance(part, LeadChange)]
        if changes:
            known = self._store.lock_leads(transaction, {change.lead_id for change in changes})
            leads = dict(known)
            for change in changes:
                leads[change.lead_id] = apply(leads.get(change.lead_id) or Lead(change.lead_id), change)
            self._store.change_leads(transaction, [lead for lead_id, lead in leads.items() if lead_id in known])
            self._store.add_leads(transaction, [lead for lead_id, lead in leads.items() if lead_id not in known])
        self._store.save_items(transaction, [part for part in parts if isinstance(part, LeadItem)])
