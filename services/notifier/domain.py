"""Who is told what, and that it is told once. Pure.

A first sale is noticed when a customer is known and has a placed order, in whatever order the two are heard of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple
from uuid import UUID, uuid5

# Fixed for ever: with another one, everybody would be told everything again.
NOTIFICATION_NAMESPACE = UUID("0b1f1f6e-4a51-5c0b-9a35-6d7c6d1d2a90")
ERROR_CHARS = 500


class Notice(NamedTuple):
    """Something to tell one person. `about` are the ids that go along; `created_at` is the time of what caused it."""

    kind: str
    subject: str
    recipient: str
    title: str
    text: str
    created_at: str
    about: Mapping[str, Any]

    @property
    def notification_id(self) -> str:
        """One for each kind, subject and recipient; lengths keep ids that hold a slash apart."""
        name = f"{self.kind}/{len(self.subject)}:{self.subject}/{self.recipient}"
        return str(uuid5(NOTIFICATION_NAMESPACE, name))


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
    """What is known about the first sale to one customer; `first` is final once it is there."""

    customer_id: str
    customer: Customer | None = None
    waiting: Mapping[str, Order] = field(default_factory=dict)
    first: Order | None = None


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


def _decide(sale: Sale) -> Sale:
    placed = [order for order in sale.waiting.values() if not order.is_cancelled]
    if sale.customer is None or not placed:
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


def conversion_completed(data: Mapping[str, Any], at: str) -> Notice | None:
    """To the requester, from `conversion.completed`."""
    recipient, customer = _requester(data), data["customer"]
    if recipient is None:
        return None
    return Notice(
        kind="conversion-completed",
        subject=data["conversion_id"],
        recipient=recipient,
        title="Conversion completed",
        text=f"{customer['name']} is now a customer ({customer['customer_number']}).",
        created_at=at,
        about=_ids(data) | {"customer_id": customer["customer_id"]},
    )


def conversion_failed(data: Mapping[str, Any], at: str) -> Notice | None:
    """To the requester, from `conversion.failed`; the customers that it may clash with are left out."""
    recipient, error = _requester(data), data["error"]
    if recipient is None:
        return None
    hint = " You can try again." if error["retryable"] else ""
    return Notice(
        kind="conversion-failed",
        subject=data["conversion_id"],
        recipient=recipient,
        title="Conversion failed",
        text=f"Lead {data['lead_id']} was not converted: {error['message'][:ERROR_CHARS].rstrip('.')}.{hint}",
        created_at=at,
        about=_ids(data) | {"error": {**error, "candidates": []}},
    )


def _requester(data: Mapping[str, Any]) -> str | None:
    found: str | None = (data.get("requested_by") or {}).get("id")
    return found


def _ids(data: Mapping[str, Any]) -> dict[str, Any]:
    return {"conversion_id": data["conversion_id"], "lead_id": data["lead_id"]}
