"""What the notifier remembers of customers' stages, in PostgreSQL: a fixed number of statements for a batch of any size.

The rows of the customers are locked before (`NotifierStore.load_sales`), so what is read here stays so until the commit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from leadline.contracts.times import time_now_text
from leadline.delivery.handler import Transaction
from leadline.postgres.queries import load_queries
from services.notifier.domain.sale import Order
from services.notifier.domain.stage import Life

MOST_AT_ONCE: Final = 5_000
"""Customers of one partition that a tick may send to sleep; the next tick has the rest, so no batch grows without bound."""

Named = Collection[tuple[str, str]]


class StagesStore:
    """Reads and writes through the transaction that it is given, and commits nothing."""

    def __init__(self) -> None:
        self._queries = load_queries(Path(__file__).with_name("stages.sql"))

    def find_due(self, transaction: Transaction, silent_since: Mapping[int, datetime]) -> set[str]:
        """The active customers, by partition, that nobody has heard of since; not locked."""
        if not silent_since:
            return set()
        parameters = {"partitions": list(silent_since), "silent_since": list(silent_since.values()), "most": MOST_AT_ONCE}
        return {row["customer_id"] for row in transaction.execute(self._queries["find_due"], parameters)}

    def load_lives(self, transaction: Transaction, ids: Collection[str], named: Named) -> dict[str, Life]:
        """What is known of these customers; `named` are the (customer, order) that are looked at one by one."""
        if not ids:
            return {}
        wanted = {"ids": sorted(ids), "customer_ids": [id for id, _ in named], "order_ids": [order for _, order in named]}
        newest = {
            row["customer_id"]: time_now_text(row["placed_at"])
            for row in transaction.execute(self._queries["find_newest_other_orders"], wanted)
        }
        orders: defaultdict[str, dict[str, Order]] = defaultdict(dict)
        for row in transaction.execute(self._queries["find_named_orders"], wanted):
            orders[row["customer_id"]][row["order_id"]] = Order(row["order_id"], _text(row["placed_at"]), row["is_cancelled"])
        rows = transaction.execute(self._queries["find_lives"], wanted)
        return {row["customer_id"]: _life(row, newest.get(row["customer_id"]), orders[row["customer_id"]]) for row in rows}

    def save_lives(self, transaction: Transaction, before: Mapping[str, Life], after: Mapping[str, Life]) -> None:
        """Write what has changed."""
        changed = [life for id, life in sorted(after.items()) if life is not before[id]]
        if not changed:
            return
        parameters = {
            "ids": [life.customer_id for life in changed],
            "partitions": [life.partition for life in changed],
            "first_stages": [life.first_stage for life in changed],
            "started_at": [life.started_at for life in changed],
            "activity_at": [life.activity_at for life in changed],
            "touched_at": [life.touched_at for life in changed],
            "stages": [life.stage for life in changed],
            "changed_at": [life.changed_at for life in changed],
            "changes": [life.changes for life in changed],
        }
        transaction.execute(self._queries["write_lives"], parameters)
        self._write_orders(
            transaction,
            [
                (life.customer_id, order)
                for life in changed
                for order_id, order in sorted(life.orders.items())
                if before[life.customer_id].orders.get(order_id) != order
            ],
        )

    def _write_orders(self, transaction: Transaction, orders: Sequence[tuple[str, Order]]) -> None:
        if orders:
            parameters = {
                "ids": [id for id, _ in orders],
                "order_ids": [order.order_id for _, order in orders],
                "placed_at": [order.placed_at for _, order in orders],
                "is_cancelled": [order.is_cancelled for _, order in orders],
            }
            transaction.execute(self._queries["write_orders"], parameters)

    def load_ticks(self, transaction: Transaction, partitions: Collection[int]) -> dict[int, str]:
        """How late it is on each of these partitions, where a tick has come."""
        if not partitions:
            return {}
        rows = transaction.execute(self._queries["find_ticks"], {"partitions": sorted(partitions)})
        return {row["partition"]: time_now_text(row["at"]) for row in rows}

    def save_ticks(self, transaction: Transaction, ticks: Mapping[int, str]) -> None:
        """It is at least this late."""
        if ticks:
            transaction.execute(self._queries["write_ticks"], {"partitions": list(ticks), "at": list(ticks.values())})


def _life(row: Mapping[str, Any], newest: str | None, orders: Mapping[str, Order]) -> Life:
    return Life(
        customer_id=row["customer_id"],
        is_known=row["known_at"] is not None or row["is_reverted"],
        partition=row["partition"],
        first_stage=row["first_stage"],
        started_at=_text(row["started_at"]),
        activity_at=_text(row["activity_at"]),
        other_order_at=newest,
        orders=orders,
        stage=row["stage"],
        changed_at=_text(row["stage_changed_at"]),
        changes=row["stage_changes"],
    )


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else time_now_text(moment)
