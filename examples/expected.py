"""What must come of a day, counted by the simulation under several orders of delivery.

Topics have no common order, so a fact counts only if every order gives it; where the orders differ for a single
request (two leads with one e-mail), all its possible outcomes are listed and the totals still have to agree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from examples.reading import Read, read
from examples.records import conversion_id, customer_id
from examples.simulation import COMPLETED, World

Json = dict[str, Any]


def expect(lines: Sequence[Json]) -> Json:
    """Return everything that may be compared with a run; raises AssertionError if the day depends on timing."""
    records = [read(line, order) for order, line in enumerate(lines)]
    worlds = [_run(order) for order in _orders(records)]
    totals = [_totals(world, records) for world in worlds]
    assert all(total == totals[0] for total in totals), "the day's totals depend on the order of delivery"
    retried = [sum(c.retries > 0 for c in world.conversions.values()) for world in worlds]
    return {
        "records": {"all": len(lines), **_count(record.topic for record in records)},
        **totals[0],
        "retried": {"at_least": min(retried), "at_most": max(retried)},
        "orders": _orders_placed(records),
        "outcomes": _outcomes(worlds),
    }


def _orders(records: list[Read]) -> list[list[Read]]:
    """As written; all lead events first; those first and the leads' requests the other way round, lead by lead."""
    events = [record for record in records if record.topic != "conversion.requests"]
    requests = [record for record in records if record.topic == "conversion.requests"]
    by_lead: dict[str | None, list[Read]] = {}
    for request in requests:
        by_lead.setdefault(request.subject, []).append(request)
    backwards = [request for group in reversed(by_lead.values()) for request in group]
    return [records, events + requests, events + backwards]


def _run(records: list[Read]) -> World:
    world = World()
    world.deliver(records)
    world.settle()
    return world


def _totals(world: World, records: list[Read]) -> Json:
    ended = world.conversions.values()
    failed = [conversion for conversion in ended if conversion.outcome != COMPLETED]
    completed = [conversion for conversion in ended if conversion.outcome == COMPLETED]
    return {
        "leads": {"known": len(world.leads), "converted": sum(lead.customer for lead in world.leads.values())},
        "conversions": {"all": len(ended), "completed": len(completed), "failed": len(failed)},
        "repeated_requests": world.repeats,
        "refused": _count(conversion.outcome or "" for conversion in failed),
        "dead_letters": {
            "converter": _count(world.converter_dead),
            "notifier": _count(code for topic, code in world.unreadable if topic == "order.events"),
        },
        "unreadable": {topic: _count(c for t, c in world.unreadable if t == topic) for topic in _topics(records)},
        "notifications": {
            "conversion-completed": sum(conversion.request.requester is not None for conversion in completed),
            "conversion-failed": sum(conversion.request.requester is not None for conversion in failed),
            "first-sale": _first_sales(world, records),
        },
    }


def _first_sales(world: World, records: list[Read]) -> int:
    buyers = {record.subject for record in records if record.name == "order.placed" and not record.fault}
    return sum(
        customer_id(key) in buyers and bool(world.leads[c.request.subject or ""].fields.get("discovered_by"))
        for key, c in world.conversions.items()
        if c.outcome == COMPLETED
    )


def _orders_placed(records: list[Read]) -> Json:
    good = [record for record in records if record.topic == "order.events" and not record.fault]
    placed = [record.body["order_id"] for record in good if record.name == "order.placed"]
    return {
        "placed": len(set(placed)),
        "repeated": len(placed) - len(set(placed)),
        "cancelled": sum(record.name == "order.cancelled" for record in good),
        "activities": sum(record.name == "activity.logged" for record in good),
    }


def _outcomes(worlds: list[World]) -> Json:
    """By idempotency key: the conversion and every outcome that it may have."""
    return {
        key: {
            "conversion_id": conversion_id(key),
            "lead_id": conversion.request.subject,
            "outcomes": sorted({world.conversions[key].outcome or "" for world in worlds}),
        }
        for key, conversion in worlds[0].conversions.items()
    }


def _count(values: Any) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _topics(records: list[Read]) -> list[str]:
    return sorted({record.topic for record in records})
