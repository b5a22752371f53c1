"""The checker can fail: each kind of fault, planted alone into a clean world, is found under its own name."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.checker import judge
from tests.faults.checker.facts import Event
from tests.faults.checker.judge import unfinished
from tests.faults.checker_world import (
    REQUESTS,
    clean_world,
    conversion_event,
    conversion_id,
    customer_event,
    dead_letter,
    line,
)
from tests.faults.plants import (
    Plant,
    add_events,
    alter,
    alter_row,
    both,
    conversion,
    customer,
    dead_letter_header,
    ledger,
    lose,
    lose_row,
    original,
    rules,
    tables,
)  # fmt: skip


def test_a_clean_world_has_no_violation() -> None:
    assert judge(clean_world()) == []


def test_an_unknown_delivery_may_have_happened_once() -> None:
    facts = add_events(clean_world(), conversion_event(20, "failed", "k7", "L7", code="LEAD_UNKNOWN"))
    assert "phantom" not in rules(facts)
    assert "two-ends" not in rules(facts)


def test_a_conversion_asked_for_again_by_hand_may_end_again() -> None:
    again = conversion_event(20, "failed", "k5", "L5", attempt=4, code="LEAD_UNKNOWN")
    facts = add_events(clean_world(), again)
    assert {"two-ends", "conversion-order"} <= rules(facts)
    assert not {"two-ends", "conversion-order"} & rules(replace(facts, reopened={conversion_id("k5"): 1}))


def test_what_time_may_cure_is_told_from_what_it_may_not() -> None:
    late = tables(projected_events=())(clean_world())
    assert {violation.rule for violation in unfinished(late)} == {"projector-event"}
    assert unfinished(add_events(clean_world(), clean_world().conversion_events[0])) == []


def test_the_notifier_is_held_to_its_promise_where_it_ran() -> None:
    assert rules(replace(clean_world(), notifier_ran=True)) == {"notification-missing"}


TWIN = replace(line("k8", "L8", "normal"), email="l1@example.com")
L8_DONE = (conversion_event(30, "accepted", "k8", "L8"), conversion_event(31, "completed", "k8", "L8"))
FIRST_SALE = Event("notification.events", 0, 0, "leadline.notification.first-sale.v1", "n", "", customer_id="c")

FAULTS: dict[str, tuple[str, Plant]] = {
    "an acked request without any end": ("no-end", ledger(line("k9", "L9", "normal"))),
    "a reused key without its dead letter": ("no-end", lose("dead_letters", 2)),
    "a conversion completed twice": ("two-ends", conversion(conversion_event(20, "completed", "k1", "L1", attempt=2))),
    "a conversion completed and failed": (
        "two-ends",
        conversion(conversion_event(20, "failed", "k1", "L1", code="X")),
    ),
    "a completed conversion with a dead letter": (
        "two-ends",
        lambda f: replace(f, dead_letters=[*f.dead_letters, dead_letter(1, "k1", "L1", "LEAD_UNKNOWN")[0]]),
    ),
    "one delivery with two dead letters": (
        "two-ends",
        lambda f: replace(f, dead_letters=[*f.dead_letters, dead_letter(3, "k6", "L6", "SCHEMA_INVALID")[0]]),
    ),
    "a good request refused": ("wrong-end", alter("ledger", 5, kind="normal")),
    "a bad request converted": ("wrong-end", alter("ledger", 2, kind="bad-schema")),
    "an e-mail refused that nobody has": (
        "wrong-end",
        both(
            ledger(TWIN),
            conversion(conversion_event(20, "failed", "k8", "L8", code="CUSTOMER_EMAIL_EXISTS")),
            alter("ledger", 0, email="else@example.com"),
        ),
    ),
    "a lead called converted that is not": ("wrong-end", alter("ledger", 3, lead_id="L4", seq=2)),
    "two customers with one e-mail": ("email-twice", both(ledger(TWIN), conversion(*L8_DONE))),
    "an event that nobody asked for": ("phantom", conversion(conversion_event(20, "failed", "k9", "L9", code="X"))),
    "an event of a request that was never sent": ("phantom", alter("ledger", 5, outcome="failed")),
    "a customer that nobody asked for": ("phantom", customer(customer_event(50, "customer.created", "k9", "L9"))),
    "a dead letter of no request": (
        "phantom",
        lambda f: replace(f, dead_letters=[*f.dead_letters, dead_letter(4, "k9", "L9", "SCHEMA_INVALID")[0]]),
    ),
    "two customers of one lead in the topic": (
        "customer-twice",
        customer(replace(customer_event(50, "customer.created", "k2", "L1"), customer_id="another")),
    ),
    "two customers of one lead in the table": ("customer-twice", alter_row("customers", 1, lead_id="L1")),
    "a customer number given twice": ("number-twice", alter_row("customers", 1, customer_number="CUST-L1")),
    "a customer in the table only": ("customer-table", lose("customer_events", 3)),
    "a customer in the topic only": ("customer-table", lose_row("customers", 0)),
    "a customer announced with another code": ("customer-table", alter("customer_events", 0, code="else")),
    "an event emitted twice": ("event-twice", lambda f: add_events(f, replace(f.conversion_events[0], offset=20))),
    "a customer event emitted twice": ("event-twice", lambda f: customer(f.customer_events[1])(f)),
    "an event that cannot be read": ("event-unreadable", alter("customer_events", 0, unreadable="no JSON")),
    "a lost link": ("event-missing", lose("customer_events", 1)),
    "a lost contact": ("event-missing", lose("customer_events", 2)),
    "a lost acceptance": ("event-missing", lose("conversion_events", 0)),
    "a customer whose completion is lost": ("event-missing", lose("conversion_events", 1)),
    "two times in one conversion": ("time-differs", alter("customer_events", 2, time="2026-03-12T09:00:00.001Z")),
    "a completion that names another customer": (
        "customer-differs",
        alter("conversion_events", 1, customer_id="else"),
    ),
    "a result before its acceptance": ("conversion-order", alter("conversion_events", 0, offset=21)),
    "a retry after the end": ("conversion-order", alter("conversion_events", 6, offset=21)),
    "an attempt that falls": ("attempt-fell", alter("conversion_events", 10, attempt=9)),
    "results of one lead in the wrong order": ("lead-order", alter("conversion_events", 4, offset=-1)),
    "one lead in two partitions": ("lead-order", alter("conversion_events", 4, partition=1)),
    "a conversion without a row": ("projector-conversion", lose_row("projected_conversions", 0)),
    "a row without events": ("projector-conversion", lose("conversion_events", 4)),
    "a row in the wrong state": ("projector-conversion", alter_row("projected_conversions", 0, state="processing")),
    "a row with the wrong attempt": ("projector-conversion", alter_row("projected_conversions", 3, attempt=1)),
    "a row with the wrong customer": ("projector-conversion", alter_row("projected_conversions", 0, customer_id="x")),
    "a row with the wrong error": ("projector-conversion", alter_row("projected_conversions", 3, error_code="X")),
    "a row that stands twice": (
        "projector-conversion",
        lambda f: tables(projected_conversions=[*f.tables.projected_conversions, f.tables.projected_conversions[0]])(f),
    ),
    "a customer not projected": ("projector-customer", tables(projected_customers=["customer-of-L1"])),
    "a customer projected twice": ("projector-customer", tables(projected_customers=["customer-of-L1"] * 2)),
    "a lead not shown as converted": ("projector-lead", tables(projected_leads={"L1": "converted"})),
    "a lead shown as converted": (
        "projector-lead",
        tables(projected_leads=dict.fromkeys(("L1", "L2", "L4"), "converted")),
    ),
    "a dead letter not projected": ("projector-dead-letter", tables(projected_dead_letters=[])),
    "an event not projected": ("projector-event", lose_row("projected_events", 0)),
    "progress beyond the end": ("progress-beyond-end", alter_row("progress", 0, next_offset=10)),
    "progress on an unknown partition": ("progress-beyond-end", alter_row("progress", 0, partition=7)),
    "input that nobody has read": ("input-unread", alter_row("progress", 0, next_offset=7)),
    "a journal that never left": ("journal-left", alter_row("journal", 0, next_offset=9)),
    "offsets ahead of the database": ("offset-ahead", lambda f: replace(f, committed={("converter", REQUESTS, 0): 9})),
    "a dead letter with another value": ("dead-letter-bytes", original(value=b"else")),
    "a dead letter with another key": ("dead-letter-bytes", original(key=None)),
    "a dead letter with a lost header": ("dead-letter-bytes", dead_letter_header("ce_id", None)),
    "a dead letter with headers in another order": (
        "dead-letter-bytes",
        lambda f: original(headers=f.originals[(REQUESTS, 0, 5)].headers[::-1])(f),
    ),
    "a dead letter with another timestamp": ("dead-letter-headers", original(timestamp_ms=2)),
    "a dead letter of no record": ("dead-letter-original", lambda f: replace(f, originals={})),
    "a dead letter without a fingerprint": ("dead-letter-headers", dead_letter_header("dlq-fingerprint", None)),
    "a dead letter with an endless message": (
        "dead-letter-headers",
        dead_letter_header("dlq-error-message", b"x" * 1001),
    ),
    "a dead letter of another service": ("dead-letter-headers", dead_letter_header("dlq-service", b"notifier")),
    "a dead letter with a wrong id": ("dead-letter-headers", dead_letter_header("dlq-id", b"conversion.requests/0/4")),
    "a dead letter at no time": ("dead-letter-headers", dead_letter_header("dlq-failed-at", b"yesterday")),
    "a dead letter that came twice": (
        "dead-letter-twice",
        lambda f: replace(f, dead_letters=[*f.dead_letters, f.dead_letters[0]]),
    ),
    "a fault in our own code": ("unexpected-error", dead_letter_header("dlq-error-code", b"UNEXPECTED_ERROR")),
    "somebody told twice": (
        "notified-twice",
        lambda f: replace(f, notifications=[replace(FIRST_SALE, ce_id=f"n{n}", offset=n) for n in range(2)]),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_checker_finds(fault: str) -> None:
    rule, plant = FAULTS[fault]
    assert rule in rules(plant(clean_world())), f"{fault} was not found"


def test_every_rule_has_a_planted_fault() -> None:
    sources = (Path(__file__).parent / "checker").glob("rules_*.py")
    pattern = re.compile(r'(?:Violation\(|_compare\(|rule = )"([a-z-]+)"')
    named = {rule for source in sources for rule in pattern.findall(source.read_text())}
    assert named - {"notification-missing"} <= {rule for rule, _ in FAULTS.values()}
