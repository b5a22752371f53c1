"""The first sale to a customer: it is noticed when a customer is known and has a placed order, whichever is heard of first.

Pure. A cancelled order is none. A first sale stands for ever, except that while notices of it wait (quiet hours, a digest) it
may still be taken back: then the next order that stands is the first one, told to those whom no notice has reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from services.notifier.domain.keepers import NOBODY, Keepers
from services.notifier.domain.notice import Notice

FIRST_SALE: Final = "first-sale"
UNSETTLED: Final = "~"
"""`open_until` of a sale whose notices are not made yet; it sorts behind every time."""


class Customer(NamedTuple):
    """What is needed of a customer."""

    lead_id: str | None
    discovered_by: str | None
    name: str | None
    known_at: str


class Order(NamedTuple):
    """An order that waits for its customer; one that was cancelled waits for nothing, but is remembered."""

    order_id: str
    placed_at: str | None
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Sale:
    """What is known about the first sale to one customer, and who looks after it.

    `first` is final once it is there, unless it is before `open_until`. `taken_back` is how often that has happened.
    An erasure is final too. There is no first sale any more to one that `is_reverted`: its conversion was taken back.
    """

    customer_id: str
    customer: Customer | None = None
    waiting: Mapping[str, Order] = field(default_factory=dict)
    first: Order | None = None
    open_until: str | None = None
    taken_back: int = 0
    keepers: Keepers = NOBODY
    is_erased: bool = False
    is_reverted: bool = False


def place(sale: Sale, order_id: str, placed_at: str) -> Sale:
    """An order was placed."""
    known = sale.waiting.get(order_id)
    if _is_final(sale) or (known is not None and known.is_cancelled) or (sale.first and sale.first.order_id == order_id):
        return sale
    return decide(replace(sale, waiting={**sale.waiting, order_id: Order(order_id, placed_at)}))


def cancel(sale: Sale, order_id: str) -> Sale:
    """An order was cancelled; nothing is decided here, so that all cancellations of a batch count before it is."""
    if _is_final(sale):
        return sale
    cancelled = replace(sale, waiting={**sale.waiting, order_id: Order(order_id, None, is_cancelled=True)})
    if sale.first is None or sale.first.order_id != order_id:
        return cancelled
    return replace(cancelled, first=None, open_until=None, taken_back=sale.taken_back + 1)


def meet(sale: Sale, customer: Customer, keepers: Keepers = NOBODY) -> Sale:
    """The customer became known, with those who look after it; who it is stays as first heard."""
    if sale.customer is not None:
        return sale if keepers == sale.keepers else replace(sale, keepers=keepers)
    named = customer._replace(name=None) if sale.is_erased else customer
    return decide(replace(sale, customer=named, keepers=keepers))


def forget(sale: Sale) -> Sale:
    """The customer was erased: it is still told of, and named nowhere."""
    if sale.is_erased:
        return sale
    return replace(sale, is_erased=True, customer=sale.customer and sale.customer._replace(name=None))


def revert(sale: Sale) -> Sale:
    """The conversion that made the customer was taken back."""
    return sale if sale.is_reverted else replace(sale, is_reverted=True)


def decide(sale: Sale) -> Sale:
    """Take the order that was placed first, if there is one and none is taken yet."""
    placed = [order for order in sale.waiting.values() if not order.is_cancelled]
    if sale.first is not None or sale.customer is None or sale.is_reverted or not placed:
        return sale
    first = min(placed, key=lambda order: (order.placed_at or "", order.order_id))
    others = {id: order for id, order in sale.waiting.items() if id != first.order_id}
    return replace(sale, waiting=others, first=first, open_until=UNSETTLED)


def settle(sale: Sale, open_until: str | None) -> Sale:
    """The notices are made, and the last of them waits until then; None: no notice waits."""
    return replace(sale, open_until=open_until, waiting=sale.waiting if open_until else {})


def lapse(sale: Sale, now: str) -> Sale:
    """It is this late: a sale whose notices wait no longer stands for ever."""
    return settle(sale, None) if sale.open_until is not None and sale.open_until <= now else sale


def _is_final(sale: Sale) -> bool:
    return sale.first is not None and sale.open_until is None


def first_sale(sale: Sale, at: str, subscribers: Iterable[str] = ()) -> list[Notice]:
    """To the rep who discovered the lead, where there is one, and to the subscribers."""
    if sale.first is None or sale.customer is None:
        return []
    name, discoverer = sale.customer.name or "A customer", sale.customer.discovered_by
    told = dict.fromkeys(subscribers, f"{name} placed a first order.")
    if discoverer:
        told[discoverer] = f"{name}, whom you discovered, placed a first order."
    about = {"customer_id": sale.customer_id, "lead_id": sale.customer.lead_id, "order_id": sale.first.order_id}
    return [
        Notice(FIRST_SALE, sale.customer_id, recipient, "First sale", text, at, about, round=sale.taken_back)
        for recipient, text in told.items()
    ]
