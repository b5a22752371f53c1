"""The converter's replica of leads: each batch of lead events is folded in memory and written at once."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from leadline.delivery.handler import Transaction
from services.converter.domain.items import Item, ItemKey, apply_words
from services.converter.domain.lead import Lead, LeadChange, LeadItem, apply, rekey
from services.converter.domain.match_keys import Domains
from services.converter.domain.plan import Plan, rekeyed
from services.converter.store_leads import LeadStore
from services.converter.store_matches import MatchStore


class _Erased(NamedTuple):
    erased: AbstractSet[str]
    now_erased: list[str]


class Leads:
    """Applies what lead events say. `free_mail` are the mail domains that say nothing about a company."""

    def __init__(self, store: LeadStore, matches: MatchStore, free_mail: Domains) -> None:
        self._store = store
        self._matches = matches
        self._free_mail = free_mail

    def apply(self, transaction: Transaction, parts: Sequence[LeadChange | LeadItem]) -> list[str]:
        """Bring leads and their items up to date; gives the leads that are erased by that, and were not before."""
        if not parts:
            return []
        changes: dict[str, list[LeadChange]] = {}
        words: dict[ItemKey, list[LeadItem]] = {}
        for part in parts:
            if isinstance(part, LeadChange):
                changes.setdefault(part.lead_id, []).append(part)
            else:
                words.setdefault(part.key, []).append(part)
        leads = self._change_leads(transaction, changes, {key[0] for key in words})
        self._change_items(transaction, {key: said for key, said in words.items() if key[0] not in leads.erased})
        return leads.now_erased

    def rekey(self, transaction: Transaction, plans: Sequence[Plan]) -> list[Plan]:
        """The plans with the keys of what they make of their leads, which are written where they are others."""
        changed = [rekeyed(plan, self._free_mail) for plan in plans]
        pairs = [(plan.lead, after.lead) for plan, after in zip(plans, changed, strict=True) if after is not plan]
        self._matches.change_keys(transaction, pairs)
        return changed

    def _change_leads(self, transaction: Transaction, changes: dict[str, list[LeadChange]], with_items: set[str]) -> _Erased:
        """Lock, fold and write the leads; the items of those that are erased are gone."""
        known = self._store.lock_leads(transaction, changes.keys() | with_items)
        before = {lead_id: known.get(lead_id) or Lead(lead_id) for lead_id in changes}
        changed = [rekey(apply(before[lead_id], said), said, self._free_mail) for lead_id, said in changes.items()]
        now_erased = [lead for lead in changed if lead.erased_at and not before[lead.lead_id].erased_at]
        self._matches.forget_customers(transaction, [lead.customer_id for lead in now_erased if lead.customer_id])
        # An item's lead is written before it is known itself, so that there is a row to lock.
        unheard = [Lead(lead_id) for lead_id in with_items - known.keys() - changes.keys()]
        self._store.change_leads(transaction, [lead for lead in changed if lead.lead_id in known])
        self._store.add_leads(transaction, [*unheard, *(lead for lead in changed if lead.lead_id not in known)])
        self._matches.move_keys(transaction, [(before[lead.lead_id], lead) for lead in changed])
        ids = [lead.lead_id for lead in now_erased]
        self._store.forget_items(transaction, ids)
        return _Erased({lead.lead_id for lead in known.values() if lead.erased_at}.union(ids), ids)

    def _change_items(self, transaction: Transaction, words: dict[ItemKey, list[LeadItem]]) -> None:
        known = self._store.known_items(transaction, words.keys())
        self._store.save_items(transaction, [apply_words(known.get(key) or Item(*key), said) for key, said in words.items()])
