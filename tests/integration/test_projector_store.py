"""The status store in a real PostgreSQL: sets, merges, repeats and two instances at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from leadline.delivery.record import Record
from leadline.status.reader import StatusReader
from leadline.status.things import ask
from services.projector.domain.conversion import conversion_id_of
from tests.integration.projector_world import Projector
from tests.unit.service_records import (
    at,
    completed,
    conversion_event,
    customer,
    error,
    order,
    record,
    requested,
)
from tests.waiting import until_blocked


@pytest.fixture
def projector(database_url: str) -> Iterator[Projector]:
    projector = Projector(database_url)
    yield projector
    projector.close()


def history_of(conversion_id: str) -> list[Record]:
    return [
        record("lead.events", "lead.created", {"lead_id": "L-1", "first_name": "Ada", "source": "fair"}, second=1),
        record("lead.events", "lead.qualified", {"lead_id": "L-1"}, second=2),
        requested("key-1", second=3),
        record(
            "conversion.progress",
            "conversion.processing-started",
            {"conversion_ids": [conversion_id], "started_at": at(4)},
            second=4,
            key="L-1",
        ),
        conversion_event(
            "retry-scheduled",
            conversion_id,
            second=5,
            error=error("UNEXPECTED_ERROR", retryable=True),
            next_retry_at=at(10),
        ),
        conversion_event("accepted", conversion_id, attempt=2, second=30),
        completed(conversion_id, attempt=2),
        record("customer.events", "customer.created", customer(), second=30),
        record(
            "customer.events",
            "customer.stage-changed",
            {"customer_id": "C-1", "stage": "active", "changed_at": at(50)},
            second=50,
        ),
        order("placed", "O-1", second=40),
        order("placed", "O-2", second=41),
        order("cancelled", "O-2", second=42),
    ]


SNAPSHOT = {
    "conversion": "SELECT * FROM conversion ORDER BY conversion_id",
    "conversion_event": "SELECT * FROM conversion_event ORDER BY topic, kafka_offset, conversion_id",
    "lead": "SELECT * FROM lead ORDER BY lead_id",
    "lead_event": "SELECT * FROM lead_event ORDER BY kafka_offset",
    "customer": "SELECT * FROM customer ORDER BY customer_id",
    "customer_event": "SELECT * FROM customer_event ORDER BY kafka_offset, topic",
}


def everything(projector: Projector) -> dict[str, list[dict[str, Any]]]:
    return {name: projector.rows(query) for name, query in SNAPSHOT.items()}


@pytest.mark.parametrize("order_of", ["together", "one by one", "backwards", "twice"])
def test_the_store_is_the_same_however_records_are_batched_and_ordered(
    projector: Projector, database_url: str, order_of: str
) -> None:
    records = history_of(conversion_id_of("key-1"))
    batches: dict[str, list[Sequence[Record]]] = {
        "together": [records],
        "one by one": [[each] for each in records],
        "backwards": [[each] for each in reversed(records)],
        "twice": [records, records],
    }
    for batch in batches[order_of]:
        projector.take(*batch)
    found = everything(projector)
    conversion, lead, known = found["conversion"][0], found["lead"][0], found["customer"][0]
    assert (conversion["state"], conversion["attempt"], conversion["retry_count"]) == ("completed", 2, 1)
    assert (conversion["error_code"], conversion["customer_id"], conversion["origin"]) == (None, "C-1", "dialog")
    assert conversion["result"]["customer"]["name"] == "Byron Ltd"
    assert (lead["status"], lead["customer_id"], lead["source"]) == ("converted", "C-1", "fair")
    assert (known["orders"], known["customer_number"]) == (1, "CUST-C-1")
    assert known["first_order_at"] == datetime(2026, 11, 22, 8, 0, 40, tzinfo=UTC)
    assert known["data"]["prospect_stage"] == "active"
    assert [len(found[name]) for name in ("conversion_event", "lead_event", "customer_event")] == [5, 2, 5]


def test_the_timeline_of_a_conversion_has_each_step_and_each_retry_with_its_error(
    projector: Projector, database_url: str
) -> None:
    id = conversion_id_of("key-1")
    projector.take(*reversed(history_of(id)))
    with StatusReader(database_url) as reader:
        answer = ask(reader, "conversion", id)
    assert answer is not None
    told = [(each["at"].second, each["type"].split(".", 2)[2], each["attempt"]) for each in answer.timeline]
    assert told == [
        (3, "requested.v1", None), (4, "processing-started.v1", None), (5, "retry-scheduled.v1", 1), (30, "accepted.v1", 2),
        (30, "completed.v1", 2),
    ]  # fmt: skip
    assert answer.timeline[2]["detail"]["error"]["code"] == "UNEXPECTED_ERROR"


def test_a_failed_conversion_shows_its_error_and_whether_it_may_be_retried(projector: Projector) -> None:
    id = conversion_id_of("key-1")
    projector.take(requested("key-1"))
    assert projector.row("SELECT state, requested_by, retryable FROM conversion") == {
        "state": "pending",
        "requested_by": {"id": "rep-7"},
        "retryable": None,
    }
    projector.take(conversion_event("failed", id, second=9, error=error("LEAD_UNKNOWN", retryable=True)))
    row = projector.row("SELECT state, retryable, error_code, error_message, next_retry_at FROM conversion")
    assert row == {
        "state": "failed",
        "retryable": True,
        "error_code": "LEAD_UNKNOWN",
        "error_message": "lead_unknown",
        "next_retry_at": None,
    }
    assert projector.rows("SELECT * FROM lead") == []


def test_a_lead_is_converting_until_its_conversion_has_failed_for_good(projector: Projector) -> None:
    projector.take(record("lead.events", "lead.qualified", {"lead_id": "L-1"}))
    projector.take(requested("key-1"))
    assert projector.row("SELECT status, conversion_id FROM lead") == {
        "status": "converting",
        "conversion_id": conversion_id_of("key-1"),
    }
    projector.take(
        conversion_event("failed", conversion_id_of("key-1"), second=9, error=error("CUSTOMER_CODE_TAKEN", retryable=False))
    )
    assert projector.row("SELECT status FROM lead") == {"status": "qualified"}


def test_an_erased_lead_loses_its_fields_and_the_words_of_its_history(projector: Projector) -> None:
    created = record("lead.events", "lead.created", {"lead_id": "L-1", "email": "a@example.com"}, second=1)
    late = record("lead.events", "lead.contacted", {"lead_id": "L-1", "notes": "her number is 5"}, second=2)
    projector.take(created)
    projector.take(record("lead.events", "lead.erased", {"lead_id": "L-1"}, second=3))
    projector.take(late)
    projector.take(record("lead.events", "lead.updated", {"lead_id": "L-1", "email": "b@example.com"}, second=9))
    row = projector.row("SELECT email, data, status FROM lead")
    assert (row["email"], row["data"], row["status"]) == (None, {}, "contacted")
    assert [each["detail"] for each in projector.rows("SELECT detail FROM lead_event")] == [{}] * 4


def test_one_event_that_was_published_twice_is_one_line_of_history(projector: Projector) -> None:
    for _ in range(2):
        projector.take(record("lead.events", "lead.contacted", {"lead_id": "L-1"}, id="same"))
    assert len(projector.rows("SELECT * FROM lead_event")) == 1


def test_an_order_that_is_told_twice_counts_once_even_before_its_customer(projector: Projector) -> None:
    projector.take(order("placed"), order("placed"))
    projector.take(order("placed"))
    assert projector.rows("SELECT * FROM customer") == []
    projector.take(record("customer.events", "customer.created", customer()))
    assert projector.row("SELECT orders FROM customer") == {"orders": 1}


def test_a_notification_is_kept_once(projector: Projector) -> None:
    body = {
        "notification_id": "N-1",
        "kind": "first-sale",
        "recipient": "rep-2",
        "customer_id": "C-1",
        "lead_id": "L-1",
        "order_id": "O-1",
        "title": "First sale",
        "text": "…",
        "created_at": at(5),
    }
    for _ in range(2):
        projector.take(record("notification.events", "notification.first-sale", body))
    row = projector.row("SELECT * FROM notification")
    assert (row["kind"], row["recipient"], row["customer_id"], row["conversion_id"]) == (
        "first-sale",
        "rep-2",
        "C-1",
        None,
    )


def test_two_instances_that_work_on_one_conversion_wait_for_each_other(projector: Projector, database_url: str) -> None:
    id, other = conversion_id_of("key-1"), Projector(database_url)
    finished = threading.Event()

    def complete() -> None:
        other.take(completed(id))
        finished.set()

    with projector.work() as work:
        projector.take_unfinished(work, requested("key-1"))
        thread = threading.Thread(target=complete)
        thread.start()
        until_blocked(database_url)
        assert not finished.is_set()
    thread.join(10)
    other.close()
    row = projector.row("SELECT state, origin, customer_id FROM conversion")
    assert row == {"state": "completed", "origin": "dialog", "customer_id": "C-1"}


def test_an_order_and_its_customer_in_two_instances_do_not_miss_each_other(projector: Projector, database_url: str) -> None:
    other = Projector(database_url)
    with projector.work() as work:
        projector.take_unfinished(work, order("placed"))
        thread = threading.Thread(target=other.take, args=[record("customer.events", "customer.created", customer())])
        thread.start()
        until_blocked(database_url)
    thread.join(10)
    other.close()
    assert projector.row("SELECT orders FROM customer") == {"orders": 1}
