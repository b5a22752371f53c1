"""Keeps reminders until they are due, in PostgreSQL: statements only for batches that carry some over or have a tick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import orjson

from leadline.contracts.times import time_now_text
from leadline.delivery.handler import Transaction
from leadline.postgres.queries import load_queries
from services.notifier.domain.reminder import Reminder

MOST_AT_ONCE: Final = 5_000
"""Reminders of one partition that a tick may tell; the next tick has the rest, so no batch grows without bound."""


class RemindersStore:
    """Reads and writes through the transaction that it is given, and commits nothing."""

    def __init__(self) -> None:
        self._queries = load_queries(Path(__file__).with_name("reminders.sql"))

    def add(self, transaction: Transaction, reminders: Sequence[Reminder]) -> None:
        """What was carried over; a reminder that is there already stays as it is."""
        if reminders:
            ordered = sorted(reminders, key=lambda each: (each.customer_id, each.lead_id, each.item_id))
            rows = orjson.dumps([each._asdict() for each in ordered])
            transaction.execute(self._queries["write_reminders"], {"rows": rows.decode()})

    def revert(self, transaction: Transaction, reverted: Mapping[str, str]) -> None:
        """These conversions were taken back, each at this time: what they have carried over, or will have, is never due."""
        if reverted:
            parameters = {"ids": list(reverted), "at": list(reverted.values())}
            transaction.execute(self._queries["write_reverted_conversions"], parameters)

    def find_due(self, transaction: Transaction, late: Mapping[int, str]) -> list[Reminder]:
        """Those that nobody was reminded of yet, by how late it is on each partition."""
        if not late:
            return []
        parameters = {"partitions": list(late), "at": list(late.values()), "most": MOST_AT_ONCE}
        rows = transaction.execute(self._queries["find_due_reminders"], parameters)
        return [Reminder(**{**row, "remind_at": time_now_text(row["remind_at"])}) for row in rows]

    def close(self, transaction: Transaction, told: Sequence[tuple[Reminder, str]]) -> None:
        """These were told, each at this time; they are not due again."""
        if told:
            parameters = {
                "customer_ids": [reminder.customer_id for reminder, _ in told],
                "lead_ids": [reminder.lead_id for reminder, _ in told],
                "item_ids": [reminder.item_id for reminder, _ in told],
                "at": [at for _, at in told],
            }
            transaction.execute(self._queries["close_reminders"], parameters)
