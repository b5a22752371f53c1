"""The CloudEvents 1.0 envelope of a Kafka record: read in binary and structured mode, written in binary mode.

Nothing is made up: what is missing is an error. Bodies are not parsed here, except to open a structured one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from leadline.contracts.attributes import (
    MAX_IDEMPOTENCY_KEY_CHARS,
    PLAIN_UTC,
    Envelope,
    as_text,
    correlation,
    idempotency_key,
    is_json_media,
    optional,
    refuse,
    required,
    traceparent,
    utc_time,
)
from leadline.contracts.codes import ErrorCode
from leadline.contracts.structured import read_structured
from leadline.contracts.times import parse_time, time_now_text
from leadline.errors import Rejected

__all__ = ["Envelope", "parse_time", "read_envelope", "time_now_text", "write_headers"]

_KNOWN_NAMES = {
    "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "ce_correlationid", "ce_causationid",
    "ce_traceparent", "ce_quiet", "content-type", "correlation_id", "traceparent", "idempotency-key",
}  # fmt: skip
_USUAL_CHARS = MAX_IDEMPOTENCY_KEY_CHARS  # of all texts together, so that none of them can be too long
_as_tuple = tuple.__new__  # half the time of Envelope(...)


def read_envelope(headers: Sequence[tuple[str, bytes | None]] | None, value: bytes | None) -> Envelope:
    """Read a record's envelope; header names of any case, the last of a name wins, a null header counts as absent.

    Raises Rejected with ENVELOPE_INVALID, or PAYLOAD_NOT_JSON where there is no body or no structured JSON one.
    """
    found = dict(headers) if headers else {}
    if headers and not found.keys() <= _KNOWN_NAMES:
        found = {name.lower(): text for name, text in headers}
    content_type = found.get("content-type")
    if content_type is not None and content_type != b"application/json" and _is_structured(content_type):
        return read_structured(found, value)
    return _read_usual(found, value) or _read_binary(found, value)


def _read_usual(found: dict[str, bytes | None], value: bytes | None) -> Envelope | None:
    """Three times as fast as `_read_binary` and equal to it; None for anything unusual, which that one then judges."""
    get = found.get
    try:
        id, source, type = found["ce_id"].decode(), found["ce_source"].decode(), found["ce_type"].decode()  # type: ignore[union-attr]
        time = None if (raw := get("ce_time")) is None else raw.decode()
        subject = raw.decode() if (raw := get("ce_subject")) else None
        correlation_id = raw.decode() if (raw := get("ce_correlationid") or get("correlation_id")) else None
        causation_id = raw.decode() if (raw := get("ce_causationid")) else None
        trace = traceparent(raw) if (raw := get("traceparent") or get("ce_traceparent")) else None
        key = None if (raw := get("idempotency-key")) is None else raw.decode()
    except (KeyError, AttributeError, UnicodeDecodeError):
        return None
    every = f"{id}{source}{type}{subject}{correlation_id}{causation_id}{key}"
    if not (id and source and type and len(every) <= _USUAL_CHARS and every.isprintable() and value is not None):
        return None
    if get("ce_specversion") != b"1.0" or key == "" or (time is not None and not PLAIN_UTC(time)):
        return None
    fields = (id, source, type, time, subject, correlation_id, causation_id, trace, key, value)
    return _as_tuple(Envelope, fields)


def _read_binary(found: dict[str, bytes | None], value: bytes | None) -> Envelope:
    get = found.get
    if get("ce_specversion") != b"1.0":
        refuse("ce_specversion must be 1.0")
    envelope = Envelope(
        required(get("ce_id"), "ce_id"),
        required(get("ce_source"), "ce_source"),
        required(get("ce_type"), "ce_type"),
        None if (time := get("ce_time")) is None else utc_time(as_text(time, "ce_time")),
        None if (subject := get("ce_subject")) is None else optional(subject, "ce_subject"),
        correlation(found),
        None if (causation := get("ce_causationid")) is None else optional(causation, "ce_causationid"),
        None if (trace := get("traceparent") or get("ce_traceparent")) is None else traceparent(trace),
        None if (key := get("idempotency-key")) is None else idempotency_key(key),
        value,  # type: ignore[arg-type]  # None is refused on the next line
    )
    if value is None:
        raise Rejected(ErrorCode.PAYLOAD_NOT_JSON, "the record has no value")
    return envelope


def write_headers(event: Envelope) -> list[tuple[str, bytes]]:
    """The headers of an outgoing record in binary mode; its value is `event.data`, its key is the caller's matter.

    `read_envelope(write_headers(event), event.data) == event` for every event that is valid.
    """
    headers = _fixed_headers(event.source, event.type).copy()
    headers.append(("ce_id", event.id.encode()))
    if event.time is not None:
        headers.append(("ce_time", event.time.encode()))
    if event.subject is not None:
        headers.append(("ce_subject", event.subject.encode()))
    if event.correlation_id is not None:
        correlation_id = event.correlation_id.encode()
        headers.append(("ce_correlationid", correlation_id))
        headers.append(("correlation_id", correlation_id))
    if event.causation_id is not None:
        headers.append(("ce_causationid", event.causation_id.encode()))
    if event.traceparent is not None:
        headers.append(("traceparent", event.traceparent.encode()))
    if event.idempotency_key is not None:
        headers.append(("idempotency-key", event.idempotency_key.encode()))
    return headers


@lru_cache(maxsize=256)
def _fixed_headers(source: str, type: str) -> list[tuple[str, bytes]]:
    return [
        ("ce_specversion", b"1.0"),
        ("ce_source", source.encode()),
        ("ce_type", type.encode()),
        ("content-type", b"application/json"),
    ]


def _is_structured(content_type: bytes) -> bool:
    """Whether the body is a whole CloudEvent; raises Rejected ENVELOPE_INVALID for what is no JSON at all."""
    media, _, parameters = as_text(content_type, "content-type").lower().partition(";")
    media, parameters = media.strip(), parameters.replace(" ", "").replace('"', "")
    if "charset=" in parameters and "charset=utf-8" not in parameters and "charset=us-ascii" not in parameters:
        refuse("content-type: the charset must be utf-8")
    if media == "application/cloudevents+json":
        return True
    if not is_json_media(media):
        refuse("content-type must be application/json or application/cloudevents+json")
    return False
