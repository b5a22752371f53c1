"""The headers that a record gains in retry, replay and dead-letter topics, and how they come off again.

They are always a block at the end of the original headers, so that the original ones stay byte for byte as they came.
A dead letter that is copied as it is to the replay topic is a replay: its `dlq-*` block says where it came from.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import NamedTuple

from leadline.delivery.message import Attempt, Failure
from leadline.delivery.record import Headers, Origin, Record

RETRY_FIRST = "retry-id"
DEAD_LETTER_FIRST = "dlq-id"
REPLAY_ID = "dlq-replay-id"
REPLAY_TOLD = "dlq-replay-told"
MESSAGE_LIMIT = 1_000
STACK_LIMIT = 8_000
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}").fullmatch
_DIGITS = re.compile(r"[0-9]{1,18}").fullmatch
_JOB = re.compile(r"[A-Za-z0-9-]{1,64}").fullmatch
FIRST_ATTEMPT = Attempt(1, 0, None)
_as_tuple = tuple.__new__  # this is done for every record there is


class Trail(NamedTuple):
    """A record with its own headers back, where it first came from and which attempt this is."""

    record: Record
    origin: Origin
    attempt: Attempt


def follow(record: Record, topic_prefix: str, block_begins: str | None) -> Trail:
    """Take our block of headers off, and say where the record first came from (its topic by its full name).

    `block_begins` is RETRY_FIRST for records of the service's retry topics, DEAD_LETTER_FIRST for those of its replay
    topic, None for its inputs: what stands there in a record's headers is the record's own.
    """
    if block_begins is None:
        return _as_tuple(Trail, (record, _as_tuple(Origin, (topic_prefix + record.topic, *record[1:4])), FIRST_ATTEMPT))
    names = [name for name, _ in record.headers]
    if block_begins in names:
        start = len(names) - 1 - names[::-1].index(block_begins)
        prefix = block_begins.removesuffix("id")
        block = {name.removeprefix(prefix): _text(value) for name, value in record.headers[start:]}
        trail = _read_block(record._replace(headers=record.headers[:start]), block, prefix)
        if trail:
            return trail
    origin = Origin(topic_prefix + record.topic, record.partition, record.offset, record.timestamp_ms)
    return Trail(record, origin, Attempt(1, 0 if block_begins != DEAD_LETTER_FIRST else 1, None))


def _read_block(record: Record, block: dict[str, str], prefix: str) -> Trail | None:
    is_retry = prefix == "retry-"
    try:
        origin = Origin(_topic(block), _count(block["partition"]), _count(block["offset"]), int(block["timestamp"]))
        number = _count(block["attempts"]) + 1 if is_retry else 1
        replays = _count(block.get("replays", "0")) + (0 if is_retry else 1)
    except (KeyError, ValueError):
        return None  # headers of these names that are not ours: leave them alone
    job, is_told = block.get("replay-id", ""), block.get("replay-told") == "true"
    return Trail(
        record, origin, Attempt(number, replays, block.get("first-failed-at") or None, job if _JOB(job) else None, is_told)
    )


def _topic(block: dict[str, str]) -> str:
    """A name that a topic may have: it is kept in the database, which could not store just any text."""
    if not _TOPIC(block["topic"]):
        raise ValueError
    return block["topic"]


def _count(text: str) -> int:
    if not _DIGITS(text):
        raise ValueError
    return int(text)


def retry_headers(trail: Trail, failure: Failure, *, attempts: int) -> Headers:
    """The original headers and what the next attempt has to know; `attempts` is how many there have been."""
    return [
        *trail.record.headers,
        (RETRY_FIRST, str(trail.origin).encode()),
        *_origin_headers("retry-", trail.origin),
        ("retry-attempts", str(attempts).encode()),
        ("retry-replays", str(trail.attempt.replays).encode()),
        *_replay_headers("retry-", trail.attempt),
        ("retry-first-failed-at", (trail.attempt.first_failed_at or "").encode()),
        ("retry-error-code", failure.code.encode()),
        ("retry-error-message", failure.message[:MESSAGE_LIMIT].encode()),
    ]


class Death(NamedTuple):
    """What a dead letter says of itself beside its record."""

    service: str
    failure: Failure
    failed_at: datetime
    conversion_id: str | None


def dead_letter_headers(trail: Trail, death: Death) -> Headers:
    """The original headers and the block of `dlq-*` headers (UTF-8 text)."""
    failed_at = death.failed_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    block: Headers = [
        (DEAD_LETTER_FIRST, str(trail.origin).encode()),
        ("dlq-service", death.service.encode()),
        *_origin_headers("dlq-", trail.origin),
        ("dlq-error-code", death.failure.code.encode()),
        ("dlq-error-message", _encode(death.failure.message[:MESSAGE_LIMIT])),
        ("dlq-error-stack", _encode(death.failure.stack[:STACK_LIMIT])),
        ("dlq-fingerprint", fingerprint(death.failure).encode()),
        ("dlq-attempts", str(trail.attempt.number).encode()),
        ("dlq-first-failed-at", (trail.attempt.first_failed_at or failed_at).encode()),
        ("dlq-failed-at", failed_at.encode()),
        ("dlq-replays", str(trail.attempt.replays).encode()),
    ]
    if death.conversion_id:
        block.append(("dlq-conversion-id", death.conversion_id.encode()))
    return [*trail.record.headers, *block, *_replay_headers("dlq-", trail.attempt._replace(is_told=False))]


def replay_headers(headers: Headers, replay_id: str, *, is_told: bool) -> Headers:
    """The headers of a dead letter as a job sends it to the replay topic; those of an earlier job are taken off."""
    start = len(headers) - 1 - [name for name, _ in headers][::-1].index(DEAD_LETTER_FIRST)
    block = [(name, value) for name, value in headers[start:] if name not in (REPLAY_ID, REPLAY_TOLD)]
    return [*headers[:start], *block, *_replay_headers("dlq-", Attempt(1, 1, None, replay_id, is_told))]


def fingerprint(failure: Failure) -> str:
    """Groups the same fault: the code and the place in the code, not the values in the message (16 hex digits)."""
    place = failure.stack.rsplit("  File ", 1)[-1].split("\n", 1)[0] if failure.stack else ""
    return hashlib.sha256(f"{failure.code}|{place}".encode()).hexdigest()[:16]


def _origin_headers(prefix: str, origin: Origin) -> Headers:
    return [
        (f"{prefix}topic", origin.topic.encode()),
        (f"{prefix}partition", str(origin.partition).encode()),
        (f"{prefix}offset", str(origin.offset).encode()),
        (f"{prefix}timestamp", str(origin.timestamp_ms).encode()),
    ]


def _replay_headers(prefix: str, attempt: Attempt) -> Headers:
    block: Headers = [(f"{prefix}replay-id", attempt.replay_id.encode())] if attempt.replay_id else []
    return [*block, (f"{prefix}replay-told", b"true")] if attempt.is_told else block


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "replace")
