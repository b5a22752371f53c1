"""Reads a record of a dead-letter topic. It never refuses one: what is missing is left empty, the bytes are kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from leadline.contracts.times import normalise_time
from leadline.delivery.record import Headers, Record
from services.projector.domain.event import Place, canonical_time, time_from_millis

FIRST_HEADER = "dlq-id"
ID_LIMIT = 128  # characters of an id, by the contract
TEXT_LIMIT = 1_000  # characters; more than any text that we write, and few enough for an index entry
_INTEGER_DIGITS = 9  # PostgreSQL's integer holds any number of so many digits, its bigint one of 18
_BIGINT_DIGITS = 18
_KEYED_BY = {
    "lead.events": "lead", "conversion.requests": "lead", "conversion.events": "lead",
    "customer.requests": "customer", "customer.events": "customer", "order.events": "customer",
}  # fmt: skip


class DeadLetter(NamedTuple):
    """A dead letter with its original record; `dlq_topic` and the coordinates beside it say where it lies itself."""

    dlq_id: str
    service: str
    topic: str
    partition: int | None
    offset: int | None
    dlq_topic: str
    dlq_partition: int
    dlq_offset: int
    error_code: str
    error_message: str
    fingerprint: str
    attempts: int
    replays: int
    first_failed_at: str
    failed_at: str
    conversion_id: str | None
    key: bytes | None
    value: bytes | None
    headers: Headers
    subjects: tuple[str, ...] = ()
    """Whose record it is, as far as it says so: `lead/L-1`, `customer/C-1`."""

    @property
    def recency(self) -> tuple[int, str, int]:
        """Of two with one id, the one with the greater recency is the present one."""
        return self.replays, self.failed_at, self.dlq_offset


def read_dead_letter(record: Record) -> DeadLetter:
    """Take the `dlq-*` block off the end of the headers."""
    original, block = _split(record.headers)
    topic = block.get("dlq-topic") or record.topic
    failed_at = _time(block.get("dlq-failed-at"), time_from_millis(record.timestamp_ms))
    return DeadLetter(
        dlq_id=block.get("dlq-id", ""),
        service=block.get("dlq-service") or record.topic.removesuffix(".dlq"),
        topic=topic,
        partition=_number(block.get("dlq-partition")),
        offset=_number(block.get("dlq-offset"), digits=_BIGINT_DIGITS),
        dlq_topic=record.topic,
        dlq_partition=record.partition,
        dlq_offset=record.offset,
        error_code=block.get("dlq-error-code") or "UNKNOWN",
        error_message=block.get("dlq-error-message", ""),
        fingerprint=block.get("dlq-fingerprint", ""),
        attempts=_number(block.get("dlq-attempts")) or 0,
        replays=_number(block.get("dlq-replays")) or 0,
        first_failed_at=_time(block.get("dlq-first-failed-at"), failed_at),
        failed_at=failed_at,
        conversion_id=block.get("dlq-conversion-id") or None,
        key=record.key,
        value=record.value,
        headers=[(_storable(name), value) for name, value in original],
        subjects=subjects_of(topic, record._replace(headers=original)),
    )


def subjects_of(topic: str, record: Record) -> tuple[str, ...]:
    """The leads and customers that a record names: by its key and subject, as the topic takes them, and in its body."""
    kind = next((kind for name, kind in _KEYED_BY.items() if topic.endswith(name)), None)
    texts = [record.key, *(value for name, value in record.headers if name.lower() == "ce_subject")]
    keys = [(kind, text.decode("utf-8", "replace")) for text in texts if text] if kind else []
    return tuple(
        sorted({f"{kind}/{id}" for kind, id in (*keys, *_named_in(record.value)) if len(id) <= ID_LIMIT and "\0" not in id})
    )


def _named_in(body: bytes | None) -> Iterator[tuple[str, str]]:
    """The ids that stand where our events have them; none in what is no JSON."""
    try:
        document = json.loads(body or b"")
    except (ValueError, RecursionError):
        return
    for part in _documents(document, ("data", "customer", "opportunity", "lead")):
        for kind in ("lead", "customer"):
            id = part.get(f"{kind}_id")
            if isinstance(id, str | int) and not isinstance(id, bool):
                yield kind, _storable(str(id))


def _documents(document: object, names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """A document and those in it, at most three deep: the event of a structured record, and the things that it holds."""
    if isinstance(document, dict):
        yield document
        yield from (each for name in names for each in _documents(document.get(name), names[1:]))


def located(letter: DeadLetter, place: Place) -> DeadLetter:
    """Say where the dead letter lies, whatever retry topic it was read from; that names it if nothing else does."""
    topic, partition, offset = place
    dlq_id = letter.dlq_id or f"{topic}/{partition}/{offset}"
    return letter._replace(dlq_id=dlq_id, dlq_topic=topic, dlq_partition=partition, dlq_offset=offset)


def is_dead_letter(record: Record) -> bool:
    """Whether the record's headers hold a block of a dead letter."""
    return any(name == FIRST_HEADER for name, _ in record.headers)


def _split(headers: Headers) -> tuple[Headers, dict[str, str]]:
    names = [name for name, _ in headers]
    if FIRST_HEADER not in names:
        return headers, {}
    start = len(names) - 1 - names[::-1].index(FIRST_HEADER)  # the last block: a dead letter can die again elsewhere
    return headers[:start], {name: _text(value) for name, value in headers[start:]}


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace").replace("\0", "\ufffd")[:TEXT_LIMIT]


def _storable(name: str) -> str:
    return name.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _number(text: str | None, *, digits: int = _INTEGER_DIGITS) -> int | None:
    """A count or coordinate; None for what is none or would not fit its column."""
    fits = text is not None and text.isascii() and text.isdigit() and len(text) <= digits
    return int(text) if fits and text else None


def _time(text: str | None, otherwise: str) -> str:
    try:
        return canonical_time(normalise_time(text or ""))
    except ValueError:
        return otherwise
