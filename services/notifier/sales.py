"""The first sales of a batch's customers: what its events do to them, one after the other, and which are decided by that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from leadline.contracts.times import time_now_text
from leadline.delivery.message import Message
from services.notifier.domain import sale as sales
from services.notifier.domain.keepers import keep
from services.notifier.domain.sale import Customer, Sale
from services.notifier.reading import (
    CUSTOMER_CREATED,
    CUSTOMER_ERASED,
    CUSTOMER_REVERTED,
    CUSTOMER_UPDATED,
    ORDER_CANCELLED,
    ORDER_PLACED,
    heard_at,
    time_of,
)

ABOUT_SALES: Final = frozenset(
    {ORDER_PLACED, ORDER_CANCELLED, CUSTOMER_CREATED, CUSTOMER_ERASED, CUSTOMER_REVERTED, CUSTOMER_UPDATED}
)
_ENDS: Final = {CUSTOMER_ERASED: sales.forget, CUSTOMER_REVERTED: sales.revert}


class Sales:
    """The customers as they were found (`before`) and as they are now (`known`).

    All cancellations, erasures and reverts of the batch count from its begin: nobody is to be told of an order or a customer that
    is known to be over, nor by a name that is known to be forgotten.
    `taken_back` has, for each customer whose first sale was decided before and is taken back now, the message that does it.
    """

    def __init__(self, before: Mapping[str, Sale], messages: Sequence[Message]) -> None:
        self.before = before
        self.known = dict(before)
        self.taken_back: dict[str, Message] = {}
        for message in messages:
            if message.content.envelope.type == ORDER_CANCELLED:
                self._cancel(message)
            elif end := _ENDS.get(message.content.envelope.type):
                id = message.content.data["customer_id"]
                self.known[id] = end(self.known[id])

    def take(self, message: Message) -> Sale | None:
        """The sale that one message decides, after those before it; None: none."""
        if message.content.data is None or message.content.envelope.type not in ABOUT_SALES:
            return None
        sale = self._lapsed(message)
        moved = self.known[sale.customer_id] = _move(sale, message)
        return moved if sale.first is None and moved.first is not None else None

    def settle(self, customer_id: str, open_until: str | None) -> None:
        """The notices of a sale that was decided are made; the last that waits does so until then."""
        self.known[customer_id] = sales.settle(self.known[customer_id], open_until)

    def _cancel(self, message: Message) -> None:
        sale = self._lapsed(message)
        moved = self.known[sale.customer_id] = sales.cancel(sale, message.content.data["order_id"])
        if moved.taken_back > sale.taken_back:
            self.taken_back[sale.customer_id] = message

    def _lapsed(self, message: Message) -> Sale:
        sale = self.known[message.content.data["customer_id"]]
        return sale if sale.open_until is None else sales.lapse(sale, time_now_text(heard_at(message)))


def _move(sale: Sale, message: Message) -> Sale:
    data = message.content.data
    match message.content.envelope.type:
        case "leadline.order.placed.v1":
            return sales.place(sale, data["order_id"], data["placed_at"])
        case "leadline.order.cancelled.v1":
            return sales.decide(sale)
        case "leadline.customer.erased.v1" | "leadline.customer.reverted.v1":
            return sale
        case "leadline.customer.updated.v1":
            return replace(sale, keepers=keep(sale.keepers, data["changes"], time_of(message)))
    at = time_of(message)
    customer = Customer(data["lead_id"], data["discovered_by"], data["name"], at)
    return sales.meet(sale, customer, keep(sale.keepers, data, at))
