"""A small clean world for the checker's own tests: what a correct run of six requests leaves behind."""

from __future__ import annotations

import uuid
from dataclasses import replace

from tests.faults.checker.facts import (
    ConversionRow,
    CustomerRow,
    DeadLetter,
    Event,
    Facts,
    LedgerLine,
    ProgressRow,
    Record,
    Tables,
)
from tests.faults.checker.index import COMPLETED, NAMESPACE

TIME = "2026-03-12T09:00:00.000Z"
REQUESTS, CONVERSIONS, CUSTOMERS = "conversion.requests", "conversion.events", "customer.events"


def conversion_id(key: str) -> str:
    """The conversion id of a key, by the contract."""
    return str(uuid.uuid5(NAMESPACE, key))


def line(key: str, lead: str, kind: str, seq: int = 1, outcome: str = "acked") -> LedgerLine:
    """A line of the ledger."""
    return LedgerLine(key, conversion_id(key), lead, kind, seq, outcome, f"{lead}@example.com".lower())


def conversion_event(offset: int, name: str, key: str, lead: str, attempt: int = 1, code: str | None = None) -> Event:
    """An event of conversion.events."""
    return Event(
        CONVERSIONS,
        0,
        offset,
        f"leadline.conversion.{name}.v1",
        f"{key}-{name}-{attempt}",
        TIME,
        conversion_id=conversion_id(key),
        lead_id=lead,
        attempt=attempt,
        error_code=code,
        customer_id=f"customer-of-{lead}" if name == "completed" else None,
    )


def customer_event(offset: int, event_type: str, key: str, lead: str) -> Event:
    """An event of customer.events."""
    return Event(
        CUSTOMERS,
        0,
        offset,
        f"leadline.{event_type}.v1",
        f"{key}-{event_type}",
        TIME,
        conversion_id=conversion_id(key),
        lead_id=lead,
        customer_id=f"customer-of-{lead}",
        customer_number=f"CUST-{lead}",
        code=f"code-{lead}",
    )


def dead_letter(offset: int, key: str, lead: str, code: str) -> tuple[DeadLetter, Record]:
    """A dead letter of the request at that offset, and its original."""
    original = Record(lead.encode(), b'{"lead_id": "?"}', (("idempotency-key", key.encode()), ("ce_id", b"e")), 1000)
    why = {
        "dlq-id": f"{REQUESTS}/0/{offset}",
        "dlq-service": "converter",
        "dlq-topic": REQUESTS,
        "dlq-partition": "0",
        "dlq-offset": str(offset),
        "dlq-timestamp": "1970-01-01T00:00:01.000Z",
        "dlq-error-code": code,
        "dlq-error-message": "said why",
        "dlq-error-stack": "",
        "dlq-fingerprint": "f1",
        "dlq-attempts": "1",
        "dlq-first-failed-at": TIME,
        "dlq-failed-at": TIME,
        "dlq-replays": "0",
    }
    headers = original.headers + tuple((name, value.encode()) for name, value in why.items())
    return DeadLetter(("converter.dlq", 0, offset), replace(original, headers=headers)), original


def _completed(first_offset: int, key: str, lead: str) -> tuple[list[Event], list[Event]]:
    story = [conversion_event(first_offset + n, name, key, lead) for n, name in enumerate(("accepted", "completed"))]
    types = ("customer.created", "customer.lead-linked", "contact.created")
    return story, [customer_event(first_offset * 10 + n, name, key, lead) for n, name in enumerate(types)]


def clean_world() -> Facts:
    """Two customers, a repeat, a second request, a late refusal, an unknown lead, a reused key and a broken body."""
    first, first_customer = _completed(0, "k1", "L1")
    other, other_customer = _completed(2, "k2", "L2")
    unknown, unknown_original = dead_letter(5, "k5", "L5", "LEAD_UNKNOWN")
    broken, broken_original = dead_letter(6, "k6", "L6", "SCHEMA_INVALID")
    reused, reused_original = dead_letter(7, "k1", "L1", "IDEMPOTENCY_KEY_REUSED")
    story = [
        *first,
        *other,
        conversion_event(4, "failed", "k3", "L1", code="LEAD_ALREADY_CONVERTED"),
        conversion_event(5, "accepted", "k4", "L4"),
        conversion_event(6, "retry-scheduled", "k4", "L4", code="LEAD_NOT_QUALIFIED"),
        conversion_event(7, "failed", "k4", "L4", attempt=2, code="LEAD_NOT_QUALIFIED"),
        conversion_event(8, "accepted", "k5", "L5"),
        conversion_event(9, "retry-scheduled", "k5", "L5", code="LEAD_UNKNOWN"),
        conversion_event(10, "retry-scheduled", "k5", "L5", attempt=2, code="LEAD_UNKNOWN"),
        conversion_event(11, "failed", "k5", "L5", attempt=3, code="LEAD_UNKNOWN"),
    ]
    return Facts(
        ledger=(
            line("k1", "L1", "normal"),
            line("k1", "L1", "repeat", seq=2),
            line("k2", "L2", "normal"),
            line("k3", "L1", "second", seq=3),
            line("k1", "L1", "key-reused", seq=4),
            line("k4", "L4", "not-qualified"),
            line("k5", "L5", "unknown-lead"),
            line("k6", "L6", "bad-schema"),
            line("k7", "L7", "normal", outcome="unknown"),
        ),
        conversion_events=story,
        customer_events=[*first_customer, *other_customer],
        dead_letters=(unknown, broken, reused),
        originals={
            (REQUESTS, 0, 5): unknown_original,
            (REQUESTS, 0, 6): broken_original,
            (REQUESTS, 0, 7): reused_original,
        },
        tables=_tables(story),
        ends={(REQUESTS, 0): 9},
        last_offsets={(REQUESTS, 0): 7},
        committed={("converter", REQUESTS, 0): 8},
    )


def _tables(story: list[Event]) -> Tables:
    last = {event.conversion_id: event for event in story}
    done = [event for event in story if event.type == COMPLETED]
    return Tables(
        customers=[_customer(event) for event in done],
        progress=[ProgressRow("converter", REQUESTS, 0, 2, 8)],
        journal=[ProgressRow("converter", REQUESTS, 0, 0, 8)],
        projected_conversions=[_conversion(event) for event in last.values()],
        projected_customers=[event.customer_id or "" for event in done],
        projected_leads={"L1": "converted", "L2": "converted", "L4": "contacted"},
        projected_dead_letters=[f"{REQUESTS}/0/{offset}" for offset in (5, 6, 7)],
        projected_events=[(event.conversion_id or "", event.ce_id) for event in story],
    )


def _customer(event: Event) -> CustomerRow:
    lead = event.lead_id or ""
    return CustomerRow(event.customer_id or "", f"CUST-{lead}", f"code-{lead}", lead, event.conversion_id or "")


def _conversion(event: Event) -> ConversionRow:
    state = "completed" if event.type == COMPLETED else "failed"
    lead, attempt = event.lead_id or "", event.attempt or 0
    return ConversionRow(event.conversion_id or "", lead, state, attempt, event.customer_id, event.error_code)
