"""Requests that cannot be read: whoever asked hears of it, where the record still says which conversion it was about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from pydantic_core import from_json

from leadline.contracts.codes import ErrorCode
from leadline.contracts.events import accepted_on
from leadline.contracts.times import time_now_text
from leadline.delivery.handler import Transaction
from leadline.delivery.message import Failure
from leadline.delivery.record import Outgoing
from leadline.delivery.trail import Trail
from services.converter import events
from services.converter.decode import LEADS, REQUESTED, REQUESTS
from services.converter.domain import names
from services.converter.domain.decision import Request
from services.converter.store import ConverterStore, Ending

# Their faults are told by the dead letter alone: they are no conversion of their own.
_OTHERS: Final = (accepted_on(REQUESTS) | accepted_on(LEADS)) - {REQUESTED}
MAX_KEY_CHARS: Final = 200
MAX_ID_CHARS: Final = 128


class Unreadable(NamedTuple):
    """What could be read of a request after all."""

    request: Request
    origin: str


def unreadable_request(trail: Trail) -> Unreadable | None:
    """Who asked for what, as far as the record says it; None where key or lead cannot be read, and for replays."""
    record = trail.record
    if not trail.origin.topic.endswith(REQUESTS) or trail.attempt.replays:
        return None
    headers = {name.lower(): _text(value) for name, value in record.headers if value is not None}
    key = _idempotency_key(headers)
    body = _document(record.value)
    lead_id = _id(body.get("lead_id")) or _id(_text(record.key))
    if not key or not lead_id or headers.get("ce_type") in _OTHERS:
        return None
    request = Request(
        conversion_id=names.conversion_id(key, "", ""),
        idempotency_key=key,
        lead_id=lead_id,
        body=record.value or b"",
        requested_by=_requester(body.get("requested_by")),
        requested_at=time_now_text(datetime.fromtimestamp(trail.origin.timestamp_ms / 1000, UTC)),
        options=None,
    )
    return Unreadable(request, str(trail.origin))


def note_unreadable(
    store: ConverterStore, transaction: Transaction, found: Unreadable, failure: Failure, now: datetime
) -> list[Outgoing]:
    """The conversion has failed, unless its key has named another request before; then that one stands."""
    request = found.request
    if store.known_conversions(transaction, [request.conversion_id]):
        return []
    error = events.describe_code(ErrorCode(failure.code), failure.message)
    at = time_now_text(now)
    ending = Ending(request, found.origin, is_new=True, state="failed", attempt=1, finished_at=at, error=error)
    store.save_endings(transaction, [ending])
    return [events.failed(request, 1, error, events.About(request.conversion_id, at))]


def _text(raw: bytes | None) -> str:
    """The text that can be read and kept, else none: a part of a key might be the key of another request."""
    try:
        text = (raw or b"").decode()
    except UnicodeDecodeError:
        return ""
    return "" if "\0" in text else text


def _idempotency_key(headers: dict[str, str]) -> str | None:
    key = headers.get("idempotency-key")
    if key is not None:
        return key if 0 < len(key) <= MAX_KEY_CHARS else None
    source, event_id = headers.get("ce_source"), headers.get("ce_id")
    return f"{source}#{event_id}" if source and event_id else None


def _document(body: bytes | None) -> dict[str, Any]:
    """The body as far as it is a JSON object."""
    try:
        document = from_json(body or b"", allow_inf_nan=False)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _id(value: object) -> str | None:
    if not isinstance(value, str | int) or isinstance(value, bool):
        return None
    text = str(value)
    return text if 0 < len(text) <= MAX_ID_CHARS and "\0" not in text else None


def _requester(value: object) -> dict[str, Any]:
    requester_id = _id(value.get("id")) if isinstance(value, dict) else None
    return {"id": requester_id} if requester_id else {}
