"""What came of a day: counted on the topics, as any reader outside would, and compared with what was expected. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from leadline.delivery.record import Record


@dataclass(slots=True)
class Tally:
    """The numbers of a day."""

    leads: set[str] = field(default_factory=set)
    converted: Counter[str] = field(default_factory=Counter)
    customers: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    retried: set[str] = field(default_factory=set)
    dead_letters: Counter[tuple[str, str]] = field(default_factory=Counter)
    notifications: Counter[str] = field(default_factory=Counter)
    event_ids: Counter[tuple[str, str]] = field(default_factory=Counter)


def count(records: Iterable[Record]) -> Tally:
    """Count what the topics hold."""
    tally = Tally()
    for record in records:
        headers = {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers}
        kind = headers.get("ce_type", "").removeprefix("leadline.").removesuffix(".v1")
        if record.topic.endswith(".dlq"):
            tally.dead_letters[record.topic.removesuffix(".dlq"), headers["dlq-error-code"]] += 1
        elif record.topic in ("conversion.events", "customer.events", "notification.events"):
            tally.event_ids[record.topic, headers["ce_id"]] += 1
            _count_event(tally, kind, orjson.loads(record.value or b"{}"))
    return tally


def _count_event(tally: Tally, kind: str, body: Mapping[str, Any]) -> None:
    if kind == "conversion.completed":
        tally.converted[body["lead_id"]] += 1
    elif kind == "conversion.failed":
        tally.refused[body["error"]["code"]] += 1
    elif kind == "conversion.retry-scheduled":
        tally.retried.add(body["conversion_id"])
    elif kind == "customer.created":
        tally.customers[body["lead_id"]] += 1
    elif kind.startswith("notification."):
        tally.notifications[kind.removeprefix("notification.")] += 1


def differences(tally: Tally, leads: int, expected: Mapping[str, Any]) -> list[str]:
    """Every number that is not as expected, as a sentence; empty if all are."""
    found: list[tuple[str, Any, Any]] = [
        ("leads", leads, expected["leads"]["known"]),
        ("converted", len(tally.converted), expected["leads"]["converted"]),
        ("customers", len(tally.customers), expected["leads"]["converted"]),
        ("refused", dict(sorted(tally.refused.items())), dict(sorted(expected["refused"].items()))),
        ("notifications", dict(sorted(tally.notifications.items())), dict(sorted(expected["notifications"].items()))),
    ]
    for service, codes in expected["dead_letters"].items():
        counted = {code: number for (owner, code), number in sorted(tally.dead_letters.items()) if owner == service}
        found.append((f"dead letters of the {service}", counted, dict(sorted(codes.items()))))
    wrong = [f"{what}: {got}, expected {wanted}" for what, got, wanted in found if got != wanted]
    limits = expected["retried"]
    if not limits["at_least"] <= len(tally.retried) <= limits["at_most"]:
        wrong.append(f"retried: {len(tally.retried)}, expected {limits['at_least']} to {limits['at_most']}")
    wrong += [f"lead {lead} has {number} customers" for lead, number in tally.customers.items() if number > 1]
    wrong += [f"event {name} stands {number} times" for (_, name), number in tally.event_ids.items() if number > 1]
    return wrong


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest of the values that at least so many percent of them do not exceed.

    >>> percentile([4.0, 1.0, 2.0, 3.0], 50)
    2.0
    """
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
