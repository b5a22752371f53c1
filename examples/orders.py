"""Orders and activities of customers: some before the customer is one, some twice, some cancelled."""

from __future__ import annotations

from collections.abc import Sequence

from examples.names import REPS
from examples.records import ORDERS, Body, Day, Line, customer_id, time_of

EVENING = 11 * 3600.0


def place_orders(day: Day, converted: Sequence[str]) -> None:
    """Orders for four in ten of the customers to be, named by the keys of their requests."""
    rng = day.rng
    buyers = [key for key in converted if rng.random() < 0.4] or list(converted[:1])
    for number, key in enumerate(buyers):
        early = rng.random() < 0.2
        at = rng.uniform(0, 1800) if early else rng.uniform(8 * 3600, EVENING)
        first = _order(day, customer_id(key), at)
        if rng.random() < 0.15:
            day.repeat(at + rng.choice((0.001, 600.0)), first)
        if rng.random() < 0.3 or number == 0:
            _order(day, customer_id(key), at + rng.uniform(60, 1800))
        if number == 0:
            _cancel(day, first, at + 900)
        if rng.random() < 0.1 or number == 1:
            _activity(day, customer_id(key), at + 30)
    _order(day, customer_id("a key that nobody ever used"), rng.uniform(0, EVENING))


def _order(day: Day, customer: str, at: float) -> Line:
    amount = f"{day.rng.randrange(5, 5000)}.{day.rng.randrange(100):02d}"
    body: Body = {
        "order_id": f"O-{day.uuid()[:8]}",
        "customer_id": customer,
        "amount": amount,
        "currency": day.rng.choice(("EUR", "EUR", "GBP", "JPY")),
        "placed_at": time_of(at),
    }
    return day.event(at, ORDERS, customer, "order.placed", body)


def _cancel(day: Day, order: Line, at: float) -> None:
    placed = order["value"]
    body = {
        "order_id": placed["order_id"],
        "customer_id": placed["customer_id"],
        "cancelled_at": time_of(at),
        "reason": "changed mind",
    }
    day.event(at, ORDERS, placed["customer_id"], "order.cancelled", body)


def _activity(day: Day, customer: str, at: float) -> None:
    body = {
        "customer_id": customer,
        "kind": "call",
        "occurred_at": time_of(at),
        "by": day.rng.choice(REPS)[0],
        "text": "Läuft 👍",
    }
    day.event(at, ORDERS, customer, "activity.logged", body)
