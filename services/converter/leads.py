"""The converter's replica of leads: each batch of lead events is folded in memory and written at once."""

from __future__ import annotations

from collections.abc import Sequence

from leadline.delivery.handler import Transaction
from services.converter.domain.items import Item, ItemKey, apply_words
from services.converter.domain.lead import Lead, LeadChange, LeadItem, apply, rekey
from services.converter.domain.match_keys import Domains
from services.converter.domain.plan import Plan, rekeyed
from services.converter.domain.status import ERASED
from services.converter.store_leads import LeadStore
from services.converter.store_matches import MatchStore


class Leads:
    """Applies what lead events say. `free_mail` are the mail domains that say nothing about a company."""

    def __init__(self, store: LeadStore, matches: MatchStore, free_mail: Domains) -> None:
        self._store = store
        self._matches = matches
        self._free_mail = free_mail

    def apply(self, transaction: Transaction, parts: Sequence[LeadChange | LeadItem]) -> None:
        """Bring leads and their items up to date."""
        if not parts:
            return
        changes: dict[str, list[LeadChange]] = {}
        words: dict[ItemKey, list[LeadItem]] = {}
        for part in parts:
            if isinstance(part, LeadChange):
                changes.setdefault(part.lead_id, []).append(part)
            else:
                words.setdefault(part.key, []).append(part)
        erased = self._change_leads(transaction, changes, {key[0] for key in words})
        self._change_items(transaction, {key: said for key, said in words.items() if key[0] not in erased})

    def rekey(self, transaction: Transaction, plans: Sequence[Plan]) -> list[Plan]:
        """The plans with the keys of what they make of their leads, which are written where they are others."""
        changed = [rekeyed(plan, self._free_mail) for plan in plans]
        pairs = [(plan.lead, after.lead) for plan, after in zip(plans, changed, strict=True) if after is not plan]
        self._matches.change_keys(transaction, pairs)
        return changed

    def _change_leads(
        self, transaction: Transaction, changes: dict[str, list[LeadChange]], with_items: set[str]
    ) -> frozenset[str]:
        """Lock, fold and write the leads; gives those that are erased, whose items are gone."""
        known = self._store.lock_leads(transaction, changes.keys() | with_items)
        before = {lead_id: known.get(lead_id) or Lead(lead_id) for lead_id in changes}
        changed = [rekey(apply(before[lead_id], said), said, self._free_mail) for lead_id, said in changes.items()]
        # An item's lead is written before it is known itself, so that there is a row to lock.
        unheard = [Lead(lead_id) for lead_id in with_items - known.keys() - changes.keys()]
        self._store.change_leads(transaction, [lead for lead in changed if lead.lead_id in known])
        self._store.add_leads(transaction, [*unheard, *(lead for lead in changed if lead.lead_id not in known)])
        self._matches.move_keys(transaction, [(before[lead.lead_id], lead) for lead in changed])
        now_erased = [lead.lead_id for lead in changed if lead.status == ERASED]
        self._store.forget_items(transaction, now_erased)
        return frozenset(now_erased).union(lead.lead_id for lead in known.values() if lead.status == ERASED)

    def _change_items(self, transaction: Transaction, words: dict[ItemKey, list[LeadItem]]) -> None:
        known = self._store.known_items(transaction, words.keys())
        self._store.save_items(transaction, [apply_words(known.get(key) or Item(*key), said) for key, said in words.items()])
