"""The first sale to a customer: it is noticed when a customer is known and has a placed order, whichever is heard of first.

Pure. A cancelled order is none, unless it was noticed before it was cancelled: then the notice stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from services.notifier.domain.notice import Notice


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
    """What is known about the first sale to one customer; `first` is final once it is there.

    There is none any more to one that `is_reverted`: its conversion was taken back.
    """

    customer_id: str
    customer: Customer | None = None
    waiting: Mapping[str, Order] = field(default_factory=dict)
    first: Order | None = None
    is_reverted: bool = False


def place(sale: Sale, order_id: str, placed_at: str) -> Sale:
    """An order was placed."""
    known = sale.waiting.get(order_id)
    if sale.first is not None or (known is not None and known.is_cancelled):
        return sale
    order = Order(order_id, placed_at)
    return _decide(replace(sale, waiting={**sale.waiting, order_id: order}))


def cancel(sale: Sale, order_id: str) -> Sale:
    """An order was cancelled; once a first order is decided on, that changes nothing."""
    if sale.first is not None:
        return sale
    return replace(sale, waiting={**sale.waiting, order_id: Order(order_id, None, is_cancelled=True)})


def meet(sale: Sale, customer: Customer) -> Sale:
    """The customer became known; who it is stays as first heard."""
    return sale if sale.customer is not None else _decide(replace(sale, customer=customer))


def take_back(sale: Sale) -> Sale:
    """The conversion that made the customer was taken back."""
    return sale if sale.is_reverted else replace(sale, is_reverted=True)


def _decide(sale: Sale) -> Sale:
    placed = [order for order in sale.waiting.values() if not order.is_cancelled]
    if sale.customer is None or sale.is_reverted or not placed:
        return sale
    first = min(placed, key=lambda order: (order.placed_at or "", order.order_id))
    return replace(sale, waiting={}, first=first)


def first_sale(sale: Sale, at: str) -> Notice | None:
    """To the rep who discovered the lead; nobody is told where there is none."""
    if sale.first is None or sale.customer is None or not sale.customer.discovered_by:
        return None
    return Notice(
        kind="first-sale",
        subject=sale.customer_id,
        recipient=sale.customer.discovered_by,
        title="First sale",
        text=f"{sale.customer.name or 'A customer'}, whom you discovered, placed a first order.",
        created_at=at,
        about={"customer_id": sale.customer_id, "lead_id": sale.customer.lead_id, "order_id": sale.first.order_id},
    )
