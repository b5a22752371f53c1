"""The state of a conversion does not depend on the order in which its facts arrive."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import pytest

from leadline.delivery.record import Record
from services.projector.domain.changes import Changes
from services.projector.domain.conversion import Facts, Status, conversion_id_of, join_facts, status_of
from services.projector.handler import gather
from services.projector.reading import read
from tests.unit.service_records import at, completed, conversion_event, error, messages, record, requested

REQUEST = requested("key-1")
ID = conversion_id_of("key-1")
TAKEN_BACK = conversion_event("retry-scheduled", ID, second=10, error=error("LEAD_UNKNOWN", retryable=True), next_retry_at=at(15))
FAILED = conversion_event("failed", ID, attempt=2, second=20, error=error("LEAD_UNKNOWN", retryable=True))
LOST = conversion_event("failed", ID, attempt=2, second=20, error=error("LEAD_NOT_QUALIFIED", retryable=False))
DONE = completed(ID, attempt=3, second=40)


def started(second: int) -> Record:
    body = {"conversion_ids": [ID, "another"], "started_at": at(second)}
    return record("conversion.progress", "conversion.processing-started", body, second=second, key="L-1")


def command(name: str, second: int) -> Record:
    body = {"conversion_id": ID, "lead_id": "L-1", "requested_by": {"id": "rep-7"}}
    return record("conversion.requests", f"conversion.{name}", body, second=second)


def changes_of(records: list[Record]) -> Changes:
    return gather(messages(read, records))


def joined(several: Sequence[Facts]) -> Status:
    facts: Facts = {}
    for each in several:
        facts = join_facts(facts, each)
    return status_of(facts)


def status_after(*records: Record) -> Status:
    return joined([changes_of([each]).facts[ID] for each in records])


@pytest.mark.parametrize(
    ("records", "state"),
    [
        ([REQUEST], "pending"),
        ([REQUEST, started(5)], "processing"),
        ([REQUEST, started(5), TAKEN_BACK], "pending"),
        ([REQUEST, started(5), TAKEN_BACK, started(16)], "processing"),
        ([REQUEST, started(5), TAKEN_BACK, started(16), FAILED], "failed"),
        ([REQUEST, TAKEN_BACK, FAILED, started(19)], "failed"),
        ([REQUEST, TAKEN_BACK, FAILED, command("retry-requested", 25)], "pending"),
        ([REQUEST, TAKEN_BACK, LOST, command("retry-requested", 25)], "failed"),
        ([REQUEST, FAILED, command("retry-requested", 25), started(26)], "processing"),
        ([REQUEST, started(5), TAKEN_BACK, FAILED, command("retry-requested", 25), DONE], "completed"),
        ([REQUEST, FAILED, conversion_event("cancelled", ID, attempt=2, second=30)], "cancelled"),
        ([DONE, conversion_event("reverted", ID, attempt=3, second=50, customer_id="C-1")], "reverted"),
        ([started(5)], "processing"),
    ],
)
def test_every_order_of_arrival_ends_in_the_same_status(records: list[Record], state: str) -> None:
    expected = status_after(*records)
    assert expected.state == state
    for arrival in permutations(changes_of([each]).facts[ID] for each in records):
        assert joined(arrival) == expected


def test_a_batch_says_what_its_records_say_one_by_one() -> None:
    records = [DONE, REQUEST, started(5), FAILED, TAKEN_BACK, REQUEST]
    assert status_of(changes_of(records).facts[ID]) == status_after(*records)


def test_a_retry_that_is_scheduled_shows_its_error_and_its_time() -> None:
    status = status_after(REQUEST, started(5), TAKEN_BACK)
    assert (status.retry_count, status.next_retry_at, status.attempt) == (1, at(15), 1)
    assert status.error is not None
    assert status.error["code"] == "LEAD_UNKNOWN"
    assert (status.retryable, status.finished_at, status.last_retry_at) == (None, None, None)


def test_a_failure_says_whether_it_may_be_retried_and_when_it_was() -> None:
    status = status_after(REQUEST, started(5), TAKEN_BACK, started(16), FAILED)
    assert (status.retryable, status.finished_at, status.next_retry_at) == (True, at(20), None)
    assert (status.started_at, status.last_retry_at) == (at(5), at(16))


def test_a_completed_conversion_has_a_customer_and_no_error() -> None:
    status = status_after(REQUEST, TAKEN_BACK, FAILED, DONE)
    assert (status.customer_id, status.error, status.attempt, status.retry_count) == ("C-1", None, 3, 1)
    assert (status.requested_at, status.finished_at) == (at(0), at(40))


def test_a_repeated_request_changes_nothing_but_the_timeline() -> None:
    first, again = requested("key-2"), requested("key-2", second=300)
    facts = changes_of([first]).facts
    both = changes_of([first, again])
    assert both.facts == facts
    assert len(both.conversion_timeline) == 2


def test_the_converter_decides_whose_request_a_key_stands_for() -> None:
    other = requested("key-1", lead_id="L-2", second=1)
    status = status_after(other, conversion_event("accepted", ID, second=3, lead_id="L-1"))
    assert status.lead_id == "L-1"


def test_a_request_without_a_key_is_named_by_its_source_and_id() -> None:
    request = record("conversion.requests", "conversion.requested", {"lead_id": "L", "requested_by": {"id": "r"}}, id="x")
    assert list(changes_of([request]).facts) == [conversion_id_of("/tests#x")]
