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
from services.notifier.domain.keepers import Keepers
from services.notifier.domain.notice import ERASED_TEXT, Notice
from services.notifier.domain.sale import Customer, Order, Sale

Sales = Mapping[str, Sale]


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

    def save_sales(self, transaction: Transaction, before: Sales, after: Sales) -> None:
        """Write what has changed."""
        changed = [sale for id, sale in sorted(after.items()) if sale is not before[id]]
        met = {sale.customer_id for sale in changed if sale.customer and not before[sale.customer_id].customer}
        kept = {sale.customer_id for sale in changed if sale.keepers != before[sale.customer_id].keepers} - met
        self._write_customers(transaction, [sale for sale in changed if sale.customer_id in met])
        self._write_keepers(transaction, [sale for sale in changed if sale.customer_id in kept])
        erased = [sale.customer_id for sale in changed if sale.is_erased and not before[sale.customer_id].is_erased]
        self._erase(transaction, erased)
        self._write_reverted(transaction, [sale.customer_id for sale in changed if sale.is_reverted])
        self._take_back(transaction, [sale for sale in changed if sale.taken_back != before[sale.customer_id].taken_back])
        self._write_first(transaction, [sale for sale in changed if sale.first is not None])
        self._write_waiting(transaction, [sale for sale in changed if sale.first is None or sale.open_until is not None])

    def find_erased(self, transaction: Transaction, customer_ids: Collection[str]) -> set[str]:
        """Those of these customers that are erased; not locked."""
        if not customer_ids:
            return set()
        rows = transaction.execute(self._queries["find_erased"], {"ids": sorted(customer_ids)})
        return {row["customer_id"] for row in rows}

    def withdraw(self, transaction: Transaction, cancelled: Mapping[str, str]) -> dict[str, list[tuple[str, str]]]:
        """Take back the notices of these customers' first sales that wait, each customer with the time at which.

        Gives the (notification id, recipient) of each, by customer.
        """
        taken: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        if cancelled:
            parameters = {"customer_ids": list(cancelled), "at": list(cancelled.values())}
            for row in transaction.execute(self._queries["withdraw_first_sales"], parameters):
                taken[row["subject"]].append((row["notification_id"], row["recipient"]))
        return {id: sorted(notices) for id, notices in taken.items()}

    def remember(self, transaction: Transaction, notices: Mapping[str, Notice]) -> set[str]:
        """Note who is told what, by ids; gives the ids of what nobody has been told before."""
        if not notices:
            return set()
        told = notices.values()
        parameters = {
            "ids": list(notices),
            "kinds": [notice.kind for notice in told],
            "subjects": [notice.subject for notice in told],
            "recipients": [notice.recipient for notice in told],
            "created_at": [notice.created_at for notice in told],
            "not_before": [notice.not_before for notice in told],
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
                **_keepers([sale for sale in sales if sale.customer is not None]),
            }
            transaction.execute(self._queries["write_customers"], parameters)

    def _write_keepers(self, transaction: Transaction, sales: Sequence[Sale]) -> None:
        if sales:
            ids = [sale.customer_id for sale in sales]
            transaction.execute(self._queries["write_keepers"], {"ids": ids, **_keepers(sales)})

    def _erase(self, transaction: Transaction, ids: Sequence[str]) -> None:
        if ids:
            transaction.execute(self._queries["lock_letters"], {})
            transaction.execute(self._queries["erase_letters"], {"ids": ids, "text": ERASED_TEXT})
            transaction.execute(self._queries["erase_customers"], {"ids": ids})
            transaction.execute(self._queries["erase_reminders"], {"ids": ids})

    def _write_reverted(self, transaction: Transaction, ids: Sequence[str]) -> None:
        if ids:
            transaction.execute(self._queries["write_reverted"], {"ids": ids})

    def _take_back(self, transaction: Transaction, sales: Sequence[Sale]) -> None:
        if sales:
            ids = [sale.customer_id for sale in sales]
            transaction.execute(
                self._queries["write_taken_back"], {"ids": ids, "taken_back": [sale.taken_back for sale in sales]}
            )
            transaction.execute(self._queries["drop_first_orders"], {"ids": ids})

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
        """The first orders that are decided; those that wait go, but `_write_waiting` keeps what may still be wanted."""
        decided = [(sale, sale.first) for sale in sales if sale.first is not None]
        if decided:
            parameters = {
                "ids": [sale.customer_id for sale, _ in decided],
                "order_ids": [first.order_id for _, first in decided],
                "placed_at": [first.placed_at for _, first in decided],
                "open_until": [sale.open_until for sale, _ in decided],
            }
            transaction.execute(self._queries["write_first_orders"], parameters)
            transaction.execute(self._queries["drop_waiting_orders"], {"ids": parameters["ids"]})


def _keepers(sales: Sequence[Sale]) -> dict[str, list[str | None]]:
    return {
        "salespeople": [sale.keepers.salesperson_id for sale in sales],
        "salespeople_at": [sale.keepers.salesperson_at for sale in sales],
        "branches": [sale.keepers.branch_id for sale in sales],
        "branches_at": [sale.keepers.branch_at for sale in sales],
    }


def _sale(row: Mapping[str, Any], waiting: Mapping[str, Order], first: Mapping[str, Mapping[str, Any]]) -> Sale:
    id, known_at, customer, decided = row["customer_id"], row["known_at"], None, first.get(row["customer_id"])
    if known_at is not None:
        customer = Customer(row["lead_id"], row["discovered_by"], row["name"], time_now_text(known_at))
    return Sale(
        customer_id=id,
        customer=customer,
        waiting=waiting,
        first=_order(decided) if decided else None,
        open_until=_text(decided["open_until"]) if decided else None,
        taken_back=row["taken_back"],
        is_erased=row["is_erased"],
        is_reverted=row["is_reverted"],
        keepers=Keepers(row["salesperson_id"], _text(row["salesperson_at"]), row["branch_id"], _text(row["branch_at"])),
    )


def _order(row: Mapping[str, Any], *, is_cancelled: bool = False) -> Order:
    return Order(row["order_id"], _text(row["placed_at"]), is_cancelled)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else time_now_text(moment)
