"""What the projector refuses, what it leaves to others, and what it reads whatever it is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.contracts.codes import ErrorCode
from leadline.delivery.message import Attempt, Failure
from leadline.delivery.record import Origin, Record
from leadline.delivery.trail import Death, Trail, dead_letter_headers
from leadline.errors import Rejected
from services.projector.domain.dead_letter import DeadLetter, located, read_dead_letter
from services.projector.domain.event import Place, canonical_time, short_name, time_from_millis
from services.projector.handler import gather
from services.projector.reading import read
from tests.unit.service_records import at, messages, order, record, requested

FAILURE = Failure("UNEXPECTED_ERROR", "unexpected KeyError", '  File "x.py", line 1, in f\n')


def dead(original: Record, *, replays: int = 0, service: str = "converter") -> Record:
    origin = Origin(original.topic, original.partition, original.offset, original.timestamp_ms)
    trail = Trail(original, origin, Attempt(4, replays, at(1)))
    death = Death(service, FAILURE, datetime(2026, 11, 22, 9, replays, tzinfo=UTC), "K-1")
    return Record(f"{service}.dlq", 3, 70 + replays, 5, original.key, original.value, dead_letter_headers(trail, death))


@pytest.mark.parametrize("topic", ["lead.events", "conversion.requests", "order.events"])
def test_what_others_wrote_and_nobody_can_read_is_left_to_its_owner(topic: str) -> None:
    broken = Record(topic, 0, 1, 0, b"k", b"\xff{", [("ce_id", b"1")])
    assert read(broken).data is None
    assert gather(messages(read, [broken])).conversion_timeline == []


def test_a_key_that_is_not_the_id_is_left_to_the_owner_too() -> None:
    assert read(order("placed")._replace(key=b"other")).data is None
    assert read(requested("k")._replace(key=b"other")).data is None
    assert read(requested("k")).data is not None


@pytest.mark.parametrize("topic", ["conversion.events", "customer.events", "notification.events", "operations.events"])
def test_what_our_own_services_wrote_must_be_readable(topic: str) -> None:
    with pytest.raises(Rejected) as caught:
        read(order("placed")._replace(topic=topic))
    assert caught.value.code == ErrorCode.TYPE_UNKNOWN


def test_an_event_in_the_projectors_own_retry_topic_is_read_by_its_type() -> None:
    assert read(order("placed")._replace(topic="projector.retry.5s")).data["order_id"] == "O-1"


def test_a_dead_letter_is_read_from_its_headers_and_keeps_its_bytes() -> None:
    original = requested("k")._replace(value=b"\xff\x00")
    letter = read(dead(original)).data
    assert isinstance(letter, DeadLetter)
    assert (letter.service, letter.topic, letter.offset) == ("converter", "conversion.requests", original.offset)
    assert (letter.error_code, letter.attempts, letter.conversion_id) == ("UNEXPECTED_ERROR", 4, "K-1")
    assert (letter.value, letter.headers) == (b"\xff\x00", original.headers)
    assert (letter.first_failed_at, letter.failed_at) == (at(1), "2026-11-22T09:00:00.000000Z")


def test_a_dead_letter_of_the_projector_about_a_dead_letter_is_the_outer_one() -> None:
    inner = dead(requested("k"))
    outer = read(dead(inner, service="projector")).data
    assert (outer.service, outer.topic) == ("projector", "converter.dlq")
    assert outer.headers == inner.headers


def test_of_one_dead_letter_that_died_again_the_last_death_stays() -> None:
    original = requested("k")
    for records in ([dead(original), dead(original, replays=1)], [dead(original, replays=1), dead(original)]):
        letters = gather(messages(read, records)).dead_letters
        assert [letter.replays for letter in letters.values()] == [1]


def test_a_dead_letter_stands_in_its_conversions_timeline_and_decides_nothing() -> None:
    changes = gather(messages(read, [dead(requested("k"))]))
    assert [entry.type for entry in changes.conversion_timeline] == ["dead-letter"]
    assert changes.facts == {}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["dlq-id", "dlq-partition", "dlq-offset", "dlq-failed-at", "dlq-replays", "x\x00", "ce_id"]),
            st.none() | st.binary(max_size=30),
        )
    ),
    st.none() | st.binary(max_size=50),
    st.integers(-1, 10**15),
)
def test_no_record_of_a_dead_letter_topic_is_ever_refused(
    headers: list[tuple[str, bytes | None]], value: bytes | None, timestamp_ms: int
) -> None:
    letter = located(
        read_dead_letter(Record("converter.dlq", 1, 2, timestamp_ms, None, value, headers)),
        Place("converter.dlq", 1, 2),
    )
    assert letter.dlq_id
    assert "\x00" not in letter.dlq_id + letter.error_message + "".join(name for name, _ in letter.headers)
    assert letter.value == value


def test_operators_decisions_are_taken_from_operations_events() -> None:
    body = {"dlq_id": "lead.events/0/7", "service": "converter", "requested_by": {"id": "ops-1"}}
    discarded = record(
        "operations.events", "dead-letter.discarded", {**body, "reason": "test data", "discarded_at": at(2)}, second=2
    )
    decision = gather(messages(read, [discarded])).decisions["lead.events/0/7"]
    assert (decision.state, decision.decided_by, decision.reason) == ("discarded", "ops-1", "test data")


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2026-01-02T00:00:00Z", "2026-01-02T00:00:00.000000Z"),
        ("2026-01-02T01:00:00.5+01:00", "2026-01-02T00:00:00.500000Z"),
        ("2026-01-02T00:00:00.123456Z", "2026-01-02T00:00:00.123456Z"),
    ],
)
def test_times_are_written_in_one_form(text: str, canonical: str) -> None:
    assert canonical_time(text) == canonical


def test_a_type_is_named_without_its_frame() -> None:
    assert short_name("leadline.lead.item-added.v1") == "lead.item-added"
    assert time_from_millis(-1) == "1970-01-01T00:00:00.000000Z"


def test_a_reason_that_nobody_has_registered_is_left_to_the_converter() -> None:
    lost = record("lead.events", "lead.disqualified", {"lead_id": "L-1", "reason": "moved_away"})
    assert read(lost).data is None
    assert read(lost, {"moved_away"}).data is not None
