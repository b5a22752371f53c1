"""The headers of retry, replay and dead-letter topics go on and come off, and leave everybody else's alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.delivery.message import Attempt, Failure
from leadline.delivery.record import Headers, Origin, Record
from leadline.delivery.trail import (
    DEAD_LETTER_FIRST,
    MESSAGE_LIMIT,
    RETRY_FIRST,
    STACK_LIMIT,
    Death,
    Trail,
    dead_letter_headers,
    fingerprint,
    follow,
    replay_headers,
    retry_headers,
)

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
OURS = ["retry-id", "retry-topic", "retry-attempts", "dlq-id", "dlq-topic", "dlq-replays", "ce_id"]
names = st.one_of(st.sampled_from(OURS), st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8))
headers = st.lists(st.tuples(names, st.none() | st.binary(max_size=8)), max_size=6)
topics = st.from_regex(r"[A-Za-z0-9._-]{1,30}", fullmatch=True)
trails = st.builds(
    Trail,
    st.builds(Record, topics, st.integers(0, 99), st.integers(0, 2**40), st.just(5), st.none(), st.binary(), headers),
    st.builds(Origin, topics, st.integers(0, 99), st.integers(0, 2**40), st.integers(-1, 2**41)),
    st.builds(
        Attempt,
        st.integers(1, 9),
        st.integers(0, 9),
        st.none() | st.just("2026-11-22T08:00:00Z"),
        st.none() | st.just("job-1"),
        st.booleans(),
    ),
)
failures = st.builds(Failure, st.sampled_from(["UNEXPECTED_ERROR", ""]), st.text(max_size=40), st.text(max_size=40))


def carried(trail: Trail, on: str, block: Headers) -> Record:
    """The record as it lies on one of our topics."""
    return trail.record._replace(topic=on, partition=3, offset=77, timestamp_ms=99, headers=block)


@settings(deadline=None, max_examples=50)
@given(trails, failures)
def test_a_retried_record_comes_back_as_it_was_one_attempt_later(trail: Trail, failure: Failure) -> None:
    record = carried(trail, "svc.retry.5s", retry_headers(trail, failure, attempts=trail.attempt.number))
    back = follow(record, "p.", RETRY_FIRST)
    assert back.record == record._replace(headers=trail.record.headers)
    assert back.origin == trail.origin
    assert back.attempt == trail.attempt._replace(number=trail.attempt.number + 1)


@settings(deadline=None, max_examples=50)
@given(trails)
def test_a_record_that_was_held_back_has_made_no_attempt(trail: Trail) -> None:
    block = retry_headers(trail, Failure("", "waits"), attempts=trail.attempt.number - 1)
    assert follow(carried(trail, "svc.retry.5s", block), "", RETRY_FIRST).attempt == trail.attempt


@settings(deadline=None, max_examples=50)
@given(trails, failures, st.none() | st.just("K-1"))
def test_a_replayed_dead_letter_is_its_original_at_its_first_attempt(
    trail: Trail, failure: Failure, conversion_id: str | None
) -> None:
    block = dead_letter_headers(trail, Death("svc", failure, NOW, conversion_id))
    record = carried(trail, "svc.replay", block)
    back = follow(record, "p.", DEAD_LETTER_FIRST)
    assert back.record == record._replace(headers=trail.record.headers)
    assert back.origin == trail.origin
    first_failed_at = trail.attempt.first_failed_at or "2026-11-22T08:00:00.000Z"
    assert back.attempt == Attempt(1, trail.attempt.replays + 1, first_failed_at, trail.attempt.replay_id)


@settings(deadline=None, max_examples=50)
@given(trails, failures, st.booleans())
def test_a_replay_knows_its_own_job_and_nothing_of_an_earlier_one(trail: Trail, failure: Failure, is_told: bool) -> None:
    died = dead_letter_headers(trail, Death("svc", failure, NOW, "K-1"))
    block = replay_headers(replay_headers(died, "job-0", is_told=True), "job-2", is_told=is_told)
    back = follow(carried(trail, "svc.replay", block), "p.", DEAD_LETTER_FIRST)
    assert back.record.headers == trail.record.headers
    assert (back.attempt.replay_id, back.attempt.is_told) == ("job-2", is_told)
    assert [name for name, _ in block].count("dlq-replay-id") == 1 + [n for n, _ in trail.record.headers].count("dlq-replay-id")


@settings(deadline=None, max_examples=50)
@given(trails, failures)
def test_a_dead_letter_that_died_again_through_a_retry_is_the_same_dead_letter(trail: Trail, failure: Failure) -> None:
    block = dead_letter_headers(trail, Death("svc", failure, NOW, None))
    replayed = follow(carried(trail, "svc.replay", block), "", DEAD_LETTER_FIRST)
    retried = follow(carried(replayed, "svc.retry.5s", retry_headers(replayed, failure, attempts=1)), "", RETRY_FIRST)
    again = dict(dead_letter_headers(retried, Death("svc", failure, NOW, None))[len(trail.record.headers) :])
    assert again["dlq-id"] == dict(block[len(trail.record.headers) :])["dlq-id"]
    assert again["dlq-replays"] == str(trail.attempt.replays + 1).encode()
    assert again["dlq-attempts"] == b"2"


@settings(deadline=None, max_examples=50)
@given(trails)
def test_a_record_of_an_input_keeps_headers_that_look_like_ours(trail: Trail) -> None:
    block = retry_headers(trail, Failure("A", "b"), attempts=1) + dead_letter_headers(
        trail, Death("x", Failure("A", "b"), NOW, None)
    )
    record = carried(trail, "lead.events", block)
    back = follow(record, "p.", None)
    assert back.record == record
    assert back.origin == Origin("p.lead.events", 3, 77, 99)
    assert back.attempt == Attempt(1, 0, None)


GOOD = {"id": b"x", "topic": b"t", "partition": b"0", "offset": b"1", "timestamp": b"2", "attempts": b"1", "replays": b"0"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("topic", None),
        ("topic", b""),
        ("topic", b"a\0b"),
        ("topic", b"a/b"),
        ("partition", b"x"),
        ("partition", "٣".encode()),
        ("offset", b"-1"),
        ("offset", b"1" * 30),
        ("timestamp", b"soon"),
        ("attempts", b"-7"),
        ("replays", b"-2"),
    ],
)
@pytest.mark.parametrize(("begins", "prefix"), [(RETRY_FIRST, "retry-"), (DEAD_LETTER_FIRST, "dlq-")])
def test_a_block_that_looks_like_ours_but_is_not_stays_with_the_record(
    name: str, value: bytes | None, begins: str, prefix: str
) -> None:
    if (name, prefix) == ("attempts", "dlq-"):
        return  # a replay begins anew
    block: Headers = [(prefix + each, text) for each, text in (GOOD | {name: value}).items()]
    record = Record("svc.retry.5s", 1, 2, 3, None, None, block)
    assert follow(record, "", begins).record.headers == block
    assert follow(record, "", begins).origin == Origin("svc.retry.5s", 1, 2, 3)
    assert follow(record._replace(headers=[(prefix + n, v) for n, v in GOOD.items()]), "", begins).record.headers == []


def test_a_record_put_into_the_replay_topic_by_hand_is_a_replay() -> None:
    assert follow(Record("svc.replay", 0, 0, 0, None, None, []), "", DEAD_LETTER_FIRST).attempt.replays == 1


def test_a_dead_letter_says_no_more_than_its_limits() -> None:
    trail = Trail(Record("t", 0, 0, 0, None, None, []), Origin("t", 0, 0, 0), Attempt(1, 0, None))
    failure = Failure("A", "é" * 5_000, "s" * 50_000)
    block = dict(dead_letter_headers(trail, Death("svc", failure, NOW, None)))
    assert len((block["dlq-error-message"] or b"").decode()) == MESSAGE_LIMIT
    assert len(block["dlq-error-stack"] or b"") == STACK_LIMIT


def test_a_fingerprint_is_of_the_code_and_the_innermost_place_not_of_the_message() -> None:
    stack = '  File "a.py", line 1, in f\n  File "b.py", line 2, in g\n'
    one = fingerprint(Failure("A", "one", stack))
    assert one == fingerprint(Failure("A", "two", '  File "z.py", line 9, in h\n  File "b.py", line 2, in g\n'))
    assert one != fingerprint(Failure("A", "one", stack.replace("line 2", "line 3")))
    assert one != fingerprint(Failure("B", "one", stack))
