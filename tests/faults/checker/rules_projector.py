"""The projector's rows say what the events say, no more and no less."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from tests.faults.checker.facts import ConversionRow, Violation
from tests.faults.checker.index import COMPLETED, FAILED, REFUSED, RETRY, REVERTED, Index

STATES = {
    "completed": "completed",
    "failed": "failed",
    "retry-scheduled": "pending",
    "accepted": "processing",
    "reverted": "reverted",
}


def conversions(index: Index) -> Iterator[Violation]:
    """projector.conversion: one row for each conversion, in the state of its last event."""
    rows = index.facts.tables.projected_conversions
    for conversion_id, times in Counter(row.conversion_id for row in rows).items():
        if times > 1:
            yield Violation("projector-conversion", conversion_id, f"{times} rows")
    shown = {row.conversion_id: row for row in rows}
    for conversion_id in index.story.keys() - shown.keys():
        yield Violation("projector-conversion", conversion_id, "events, but no row")
    for conversion_id, row in shown.items():
        differences = _differences(index, row)
        if differences:
            yield Violation("projector-conversion", conversion_id, "; ".join(differences))


def customers(index: Index) -> Iterator[Violation]:
    """projector.customer: the customers of customer.created."""
    expected = Counter(event.customer_id or "" for event in index.created)
    yield from _compare("projector-customer", Counter(dict.fromkeys(expected, 1)), index.facts.tables.projected_customers)


def leads(index: Index) -> Iterator[Violation]:
    """projector.lead: converted exactly where a conversion completed and was not taken back."""
    standing = (event for key, event in index.outcome.items() if event.type == COMPLETED and key not in index.reverted)
    expected = {event.lead_id or "" for event in standing}
    shown = [lead_id for lead_id, status in index.facts.tables.projected_leads.items() if status == "converted"]
    yield from _compare("projector-lead", Counter(expected), shown)


def dead_letters(index: Index) -> Iterator[Violation]:
    """projector.dead_letter: every dead letter, once however often it was replayed."""
    expected = Counter({letter.header("dlq-id") or "" for letter in index.facts.dead_letters})
    shown = set(index.facts.tables.projected_dead_letters)
    yield from _compare("projector-dead-letter", expected, sorted(shown))


def events(index: Index) -> Iterator[Violation]:
    """projector.conversion_event: one row for each event of conversion.events."""
    expected = Counter(dict.fromkeys(((e.conversion_id or "", e.ce_id) for e in index.facts.conversion_events), 1))
    yield from _compare("projector-event", expected, index.facts.tables.projected_events)


def _differences(index: Index, row: ConversionRow) -> list[str]:
    story = index.story.get(row.conversion_id)
    if not story:
        return _without_events(index, row)
    last = [event for event in story if event.type != REFUSED][-1]
    expected: dict[str, object] = {
        "lead_id": last.lead_id,
        "state": STATES.get(last.type.split(".")[-2], row.state),
        "attempt": max(event.attempt or 0 for event in story),
    }
    if last.type in (COMPLETED, REVERTED):
        expected |= {"customer_id": last.customer_id, "error_code": None}
    elif last.type in (FAILED, RETRY):
        expected["error_code"] = last.error_code
    return [f"{name} is {getattr(row, name)}, not {value}" for name, value in expected.items() if getattr(row, name) != value]


def _without_events(index: Index, row: ConversionRow) -> list[str]:
    codes = {letter.header("dlq-error-code") for letter in index.dead.get(row.conversion_id, {}).values()}
    if row.state == "failed" and row.error_code in codes:
        return []
    return [f"a row in state {row.state} without any event"]


def _compare(rule: str, expected: Counter[Any], shown: Iterable[Any]) -> Iterator[Violation]:
    rows = Counter(shown)
    for subject in expected - rows:
        yield Violation(rule, str(subject), "no row")
    for subject in rows - expected:
        yield Violation(rule, str(subject), f"{rows[subject]} rows, not {expected[subject]}")


RULES = (conversions, customers, leads, dead_letters, events)
