"""The verdict: every rule over the facts. Empty means that each promise held."""

from __future__ import annotations

from collections import Counter

from tests.faults.checker import (
    rules_customers,
    rules_dead_letters,
    rules_ends,
    rules_events,
    rules_order,
    rules_positions,
    rules_projector,
)
from tests.faults.checker.facts import Facts, Violation
from tests.faults.checker.index import Index

RULES = (
    *rules_ends.RULES,
    *rules_customers.RULES,
    *rules_events.RULES,
    *rules_order.RULES,
    *rules_projector.RULES,
    *rules_positions.RULES,
    *rules_dead_letters.RULES,
)

CURED_BY_WAITING = frozenset(
    {
        "no-end",
        "event-missing",
        "input-unread",
        "journal-left",
        "customer-table",
        "projector-conversion",
        "projector-customer",
        "projector-lead",
        "projector-dead-letter",
        "projector-event",
        "notification-missing",
    }
)
"""Rules that a healthy pipeline also breaks while it is still at work."""


def judge(facts: Facts) -> list[Violation]:
    """Return every broken promise, in the order of the rules."""
    index = Index(facts)
    return [violation for rule in RULES for violation in rule(index)]


def unfinished(facts: Facts) -> list[Violation]:
    """Return what may still come right by itself: empty once the pipeline is quiet."""
    return [violation for violation in judge(facts) if violation.rule in CURED_BY_WAITING]


def count(facts: Facts) -> dict[str, int]:
    """Return how much was judged, for people: a clean verdict over nothing proves nothing."""
    index = Index(facts)
    return {
        **{f"deliveries {outcome}": n for outcome, n in sorted(Counter(line.outcome for line in facts.ledger).items())},
        "requests": len(index.requests),
        **{f"ended {event}": n for event, n in sorted(Counter(_end(e.type) for e in index.outcome.values()).items())},
        **{f"refused {code}": n for code, n in sorted(Counter(_codes(index)).items())},
        "retries": sum(event.type.endswith(".retry-scheduled.v1") for event in facts.conversion_events),
        "customers": len(index.created),
        "conversion.events": len(facts.conversion_events),
        "customer.events": len(facts.customer_events),
        "notification.events": len(facts.notifications),
        "dead letters": len(facts.dead_letters),
        "projected conversions": len(facts.tables.projected_conversions),
    }


def _end(event_type: str) -> str:
    return event_type.split(".")[-2]


def _codes(index: Index) -> list[str]:
    return [event.error_code for event in index.outcome.values() if event.error_code]
