"""What the notifier remembers, in PostgreSQL: a fixed number of statements for a batch of any size.

Customers are locked in the order of their ids before anything of theirs is read, so that an order and its customer,
handled at one time by two instances, cannot miss each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from leadline.contracts.times import time_now_text
from leadline.delivery.handler import Transaction
from leadline.postgres.queries import load_queries
from services.notifier.domain.notice import Notice
from services.notifier.domain.sale import Customer, Order, Sale


class NotifierStore:
    """Reads and writes through the transaction that it is given, and commits nothing."""

    def __init__(self) -> None:
        self._queries = load_queries(Path(__file__).with_name("store.sql"))

    def load_sales(self, transaction: Transaction, customer_ids: Collection[str]) -> dict[str, Sale]:
        """What is known of each customer's first sale; their rows are locked."""
        if not customer_ids:
            return {}
        ids = {"ids": sorted(customer_ids)}
        transaction.execute(self._queries["claim_customers"], ids)
        customers = transaction.execute(self._queries["lock_customers"], ids).fetchall()
        first = {row["customer_id"]: row for row in transaction.execute(self._queries["find_first_orders"], ids)}
        waiting: defaultdict[str, dict[str, Order]] = defaultdict(dict)
        for row in transaction.execute(self._queries["find_waiting_orders"], ids):
            waiting[row["customer_id"]][row["order_id"]] = _order(row, is_cancelled=row["is_cancelled"])
        return {row["customer_id"]: _sale(row, waiting[row["customer_id"]], first) for row in customers}

    def save_sales(self, transaction: Transaction, before: Mapping[str, Sale], after: Mapping[str, Sale]) -> None:
        """Write what has changed."""
        changed = [sale for id, sale in sorted(after.items()) if sale is not before[id]]
        self._write_customers(transaction, [sale for sale in changed if before[sale.customer_id].customer is None])
        self._write_reverted(transaction, [sale for sale in changed if sale.is_reverted])
        self._write_waiting(transaction, [sale for sale in changed if sale.first is None])
        self._write_first(transaction, [sale for sale in changed if sale.first is not before[sale.customer_id].first])

    def remember(self, transaction: Transaction, notices: Collection[Notice]) -> set[str]:
        """Note who is told what; gives the ids of what nobody has been told before."""
        if not notices:
            return set()
        parameters = {
            "ids": [notice.notification_id for notice in notices],
            "kinds": [notice.kind for notice in notices],
            "subjects": [notice.subject for notice in notices],
            "recipients": [notice.recipient for notice in notices],
            "created_at": [notice.created_at for notice in notices],
        }
        rows = transaction.execute(self._queries["remember_notifications"], parameters)
        return {row["notification_id"] for row in rows}

    def _write_customers(self, transaction: Transaction, sales: Sequence[Sale]) -> None:
        met = [(sale.customer_id, sale.customer) for sale in sales if sale.customer is not None]
        if met:
            parameters = {
                "ids": [id for id, _ in met],
                "known_at": [customer.known_at for _, customer in met],
                "lead_ids": [customer.lead_id for _, customer in met],
                "discovered_by": [customer.discovered_by for _, customer in met],
                "names": [customer.name for _, customer in met],
            }
            transaction.execute(self._queries["write_customers"], parameters)

    def _write_reverted(self, transaction: Transaction, sales: Sequence[Sale]) -> None:
        if sales:
            transaction.execute(self._queries["write_reverted"], {"ids": [sale.customer_id for sale in sales]})

    def _write_waiting(self, transaction: Transaction, sales: Sequence[Sale]) -> None:
        orders = [(sale.customer_id, order) for sale in sales for order in sale.waiting.values()]
        if orders:
            parameters = {
                "ids": [id for id, _ in orders],
                "order_ids": [order.order_id for _, order in orders],
                "placed_at": [order.placed_at for _, order in orders],
                "is_cancelled": [order.is_cancelled for _, order in orders],
            }
            transaction.execute(self._queries["write_waiting_orders"], parameters)

    def _write_first(self, transaction: Transaction, sales: Sequence[Sale]) -> None:
        decided = [(sale.customer_id, sale.first) for sale in sales if sale.first is not None]
        if decided:
            parameters = {
                "ids": [id for id, _ in decided],
                "order_ids": [first.order_id for _, first in decided],
                "placed_at": [first.placed_at for _, first in decided],
            }
            transaction.execute(self._queries["write_first_orders"], parameters)
            transaction.execute(self._queries["drop_waiting_orders"], {"ids": parameters["ids"]})


def _sale(row: Mapping[str, Any], waiting: Mapping[str, Order], first: Mapping[str, Mapping[str, Any]]) -> Sale:
    id, known_at, customer = row["customer_id"], row["known_at"], None
    if known_at is not None:
        customer = Customer(row["lead_id"], row["discovered_by"], row["name"], time_now_text(known_at))
    return Sale(id, customer, waiting, _order(first[id]) if id in first else None, row["is_reverted"])


def _order(row: Mapping[str, Any], *, is_cancelled: bool = False) -> Order:
    placed_at: datetime | None = row["placed_at"]
    return Order(row["order_id"], time_now_text(placed_at) if placed_at else None, is_cancelled)
