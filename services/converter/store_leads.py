"""The tables of leads and their items, as lead events change them: set-based statements only, a handful for a batch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from leadline.contracts.times import time_now_text
from leadline.delivery.handler import Transaction
from leadline.postgres.queries import load_queries
from services.converter.domain.items import Item, ItemKey
from services.converter.domain.lead import Lead
from services.converter.domain.status import ERASED
from services.converter.store_matches import array_text


class LeadStore:
    """Named queries on the transaction of a batch."""

    def __init__(self) -> None:
        self._queries = load_queries(Path(__file__).with_name("store_leads.sql"))

    def lock_leads(self, transaction: Transaction, lead_ids: Iterable[str]) -> dict[str, Lead]:
        """The leads of these ids that are known, locked until the transaction ends."""
        rows = transaction.execute(self._queries["lock_leads"], {"ids": sorted(set(lead_ids))})
        return {row["lead_id"]: _lead(row) for row in rows}

    def add_leads(self, transaction: Transaction, leads: Sequence[Lead]) -> None:
        """Write leads that were not known; raises where another instance has added one of them meanwhile."""
        self._write_leads(transaction, "add_leads", leads)

    def change_leads(self, transaction: Transaction, leads: Sequence[Lead]) -> None:
        """Write leads that are locked as their events have left them."""
        self._write_leads(transaction, "change_leads", leads)

    def release_leads(self, transaction: Transaction, leads: Sequence[Lead]) -> None:
        """Write leads that are locked as they are without their conversions; of those that are erased nothing stays."""
        self._write_leads(transaction, "release_leads", leads)
        self.forget_items(transaction, [lead.lead_id for lead in leads if lead.status == ERASED])

    def _write_leads(self, transaction: Transaction, query: str, leads: Sequence[Lead]) -> None:
        if not leads:
            return
        ordered = sorted(leads, key=lambda lead: lead.lead_id)
        parameters = {
            "ids": [lead.lead_id for lead in ordered],
            "statuses": [lead.status for lead in ordered],
            "fields": [_json(lead.fields) for lead in ordered],
            "stamps": [_json(lead.stamps) for lead in ordered],
            "assignments": [lead.assignment and _json(lead.assignment) for lead in ordered],
            "histories": [_json(lead.history) for lead in ordered],
            "created": [lead.created_at for lead in ordered],
            "contacted": [lead.contacted_at for lead in ordered],
            "qualified": [lead.qualified_at for lead in ordered],
            "erased": [lead.erased_at for lead in ordered],
            "keys": [array_text(lead.match_keys) for lead in ordered],
        }
        transaction.execute(self._queries[query], parameters)

    def known_items(self, transaction: Transaction, keys: Collection[ItemKey]) -> dict[ItemKey, Item]:
        """Those of these items that are known, removed ones among them; their leads are to be locked."""
        if not keys:
            return {}
        leads, kinds, ids = (list(each) for each in zip(*keys, strict=True))
        rows = transaction.execute(self._queries["known_items"], {"leads": leads, "kinds": kinds, "ids": ids})
        return {(row["lead_id"], row["kind"], row["item_id"]): Item(*row.values()) for row in rows}

    def save_items(self, transaction: Transaction, items: Sequence[Item]) -> None:
        """Write items as their words have left them."""
        if not items:
            return
        ordered = sorted(items, key=lambda item: item[:3])
        parameters = {
            "leads": [item.lead_id for item in ordered],
            "kinds": [item.kind for item in ordered],
            "ids": [item.item_id for item in ordered],
            "fields": [_json(item.fields) for item in ordered],
            "stamps": [_json(item.stamps) for item in ordered],
            "said": [item.said for item in ordered],
            "removed": [item.removed for item in ordered],
            "are_removed": [item.is_removed for item in ordered],
        }
        transaction.execute(self._queries["save_items"], parameters)

    def forget_items(self, transaction: Transaction, lead_ids: Sequence[str]) -> None:
        """Delete all that hangs on these leads."""
        if lead_ids:
            transaction.execute(self._queries["forget_items"], {"ids": list(lead_ids)})


def _lead(row: Mapping[str, Any]) -> Lead:
    return Lead(
        row["lead_id"],
        row["status"],
        row["fields"],
        row["stamps"],
        row["assignment"],
        str(row["conversion_id"]) if row["conversion_id"] else None,
        str(row["customer_id"]) if row["customer_id"] else None,
        row["history"],
        erased_at=time_now_text(row["erased_at"]) if row["erased_at"] else None,
        match_keys=tuple(row["match_keys"]),
    )


def _json(value: Mapping[str, Any]) -> str:
    return orjson.dumps(value, default=dict).decode()  # an empty one may be a read-only view
