"""What the erasure of leads means beyond their own rows: requests are forgotten, customers are erased and told of.

A fixed number of statements for a batch, none where nobody is erased. Leads are locked before customers, by whoever locks
both. Who handles a request later finds the lead or the customer erased, and adds nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from leadline.delivery.handler import Transaction
from leadline.delivery.message import Done, Message, Outcome
from leadline.delivery.record import Outgoing
from leadline.postgres.queries import load_queries
from services.converter import events

_OF_CUSTOMERS: Final = (
    "forget_customers", "forget_fills", "forget_contacts", "forget_opportunities", "forget_customer_items",
    "forget_customer_messages", "forget_customer_tasks", "forget_customer_notes", "forget_customer_requests",
)  # fmt: skip


class Erasure:
    """Carries erasures out; the leads' own rows are locked, and erased already."""

    def __init__(self) -> None:
        self._queries = load_queries(Path(__file__).with_name("erasure.sql"))

    def handle(
        self, transaction: Transaction, messages: Sequence[Message], lead_ids: Collection[str], now: str
    ) -> dict[int, Outcome]:
        """Forget what is kept of these leads; each customer that is erased by it is told of once, by a message of its lead."""
        customers = self._erase(transaction, lead_ids, now)
        by_lead = {message.content.order_key: message for message in messages}
        outcomes: dict[int, Outcome] = {}
        for customer in customers:
            message = by_lead[customer["lead_id"]]
            told = outcomes.setdefault(id(message), Done([]))
            told.emit.append(_tell(message, customer, now))
        return outcomes

    def _erase(self, transaction: Transaction, lead_ids: Collection[str], now: str) -> list[Mapping[str, Any]]:
        """Gives the customers that are erased now, and were not before; those that were taken back are in no table any more."""
        leads = {"ids": sorted(lead_ids)}
        transaction.execute(self._queries["forget_requests"], leads)
        customers: list[Mapping[str, Any]] = transaction.execute(self._queries["lock_customers"], leads).fetchall()
        if customers:
            parameters = {"ids": [each["customer_id"] for each in customers], "at": now}
            for query in _OF_CUSTOMERS:
                transaction.execute(self._queries[query], parameters)
        return [*customers, *transaction.execute(self._queries["reverted_customers"], leads)]


def _tell(message: Message, customer: Mapping[str, Any], now: str) -> Outgoing:
    about = events.About(str(customer["conversion_id"]), now, message.content.envelope.traceparent)
    customer_id = str(customer["customer_id"])
    data = {"customer_id": customer_id, "lead_id": customer["lead_id"], "erased_at": now}
    return about.subject(customer_id).say("customer.erased", orjson.dumps(data))
