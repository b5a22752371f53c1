"""The attributes of an envelope and the rules that each of them keeps, whichever way the event is written."""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

from leadline.contracts.codes import ErrorCode
from leadline.contracts.times import normalise_time
from leadline.errors import Rejected

MAX_ATTRIBUTE_CHARS = 500
MAX_IDEMPOTENCY_KEY_CHARS = 200
PLAIN_UTC = re.compile(  # the everyday form, which needs no calendar: days 1 to 28, `Z`, at most microseconds
    r"[12][0-9]{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?Z"
).fullmatch
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}").fullmatch
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]").search  # by CloudEvents 1.0, section 3.1


class Envelope(NamedTuple):
    """What a record says about itself. `time` is UTC text with `Z`; `data` is the body's JSON, not yet looked at."""

    id: str
    source: str
    type: str
    time: str | None = None
    subject: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None
    idempotency_key: str | None = None
    data: bytes = b""


def required(raw: bytes | None, name: str) -> str:
    """The text of an attribute that must be there; raises Rejected ENVELOPE_INVALID."""
    if not raw:
        refuse(f"{name} is missing or empty")
    return checked(as_text(raw, name), name)


def optional(raw: bytes | None, name: str) -> str | None:
    """The text of an attribute that may be absent; an empty one counts as absent."""
    return checked(as_text(raw, name), name) if raw else None


def checked(text: str, name: str) -> str:
    """`text` itself, unless it is too long or holds control characters: then Rejected ENVELOPE_INVALID."""
    if len(text) > MAX_ATTRIBUTE_CHARS:
        refuse(f"{name} is longer than {MAX_ATTRIBUTE_CHARS} characters")
    if not text.isprintable() and _FORBIDDEN(text):
        refuse(f"{name} holds a control character")
    return text


def utc_time(text: str | None) -> str | None:
    """`text` as UTC time text; raises Rejected ENVELOPE_INVALID where it is no RFC 3339 time."""
    if text is None or PLAIN_UTC(text):
        return text
    try:
        return normalise_time(text)
    except ValueError:
        refuse("ce_time must be an RFC 3339 time such as 2026-11-22T13:30:00Z")


def correlation(found: dict[str, bytes | None]) -> str | None:
    """The correlation id: the attribute, else the plain header `correlation_id`."""
    raw = found.get("ce_correlationid") or found.get("correlation_id")
    return None if raw is None else optional(raw, "ce_correlationid")


def traceparent(raw: bytes) -> str | None:
    """The W3C trace context; one that is malformed is dropped, as W3C asks, since a trace must not stop a lead."""
    text = raw.decode("ascii", "replace")
    return text if _TRACEPARENT(text) else None


def idempotency_key(raw: bytes) -> str:
    """The key of 1-200 characters; raises Rejected ENVELOPE_INVALID."""
    text = as_text(raw, "idempotency-key")
    if not 1 <= len(text) <= MAX_IDEMPOTENCY_KEY_CHARS:
        refuse(f"idempotency-key must have 1-{MAX_IDEMPOTENCY_KEY_CHARS} characters")
    return checked(text, "idempotency-key")


def is_json_media(media: str) -> bool:
    """Whether a media type without parameters, in lower case, stands for one JSON document."""
    if media.startswith("application/cloudevents"):
        return False
    return media in ("application/json", "text/json") or media.endswith("+json")


def as_text(raw: bytes, name: str) -> str:
    """UTF-8 `raw` as text; raises Rejected ENVELOPE_INVALID."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        refuse(f"{name} is not UTF-8")


def refuse(message: str) -> NoReturn:
    """Raise Rejected ENVELOPE_INVALID; `message` says what is expected and never repeats what was sent."""
    raise Rejected(ErrorCode.ENVELOPE_INVALID, message)
