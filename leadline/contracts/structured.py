"""CloudEvents 1.0 structured mode: the whole event is one JSON document in the record's value."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import Any

from pydantic_core import from_json, to_json

from leadline.contracts.attributes import (
    Envelope,
    checked,
    idempotency_key,
    is_json_media,
    refuse,
    traceparent,
    utc_time,
)
from leadline.contracts.codes import ErrorCode
from leadline.errors import Rejected


def read_structured(found: dict[str, bytes | None], value: bytes | None) -> Envelope:
    """Read the event in `value`; `found` are the headers by lower-case name, of which only the idempotency key counts.

    Raises Rejected with ENVELOPE_INVALID or PAYLOAD_NOT_JSON.
    """
    event = _parse(value)
    if event.get("specversion") != "1.0":
        refuse("specversion must be 1.0")
    _check_content_type(event)
    trace = found.get("traceparent") or (_attribute(event, "traceparent") or "").encode() or None
    key = found.get("idempotency-key")
    return Envelope(
        _required(event, "id"),
        _required(event, "source"),
        _required(event, "type"),
        utc_time(_attribute(event, "time")),
        _attribute(event, "subject"),
        _attribute(event, "correlationid"),
        _attribute(event, "causationid"),
        None if trace is None else traceparent(trace),
        None if key is None else idempotency_key(key),
        _data(event),
    )


def _parse(value: bytes | None) -> dict[str, Any]:
    if value is None:
        raise Rejected(ErrorCode.PAYLOAD_NOT_JSON, "the record has no value")
    try:
        event = from_json(value, allow_inf_nan=False)
    except ValueError as error:
        raise Rejected(ErrorCode.PAYLOAD_NOT_JSON, f"the structured event is not JSON: {error}") from None
    if not isinstance(event, dict):
        refuse("a structured event must be a JSON object")
    return event


def _required(event: dict[str, Any], name: str) -> str:
    return _attribute(event, name) or refuse(f"{name} is missing or empty")


def _attribute(event: dict[str, Any], name: str) -> str | None:
    text = event.get(name)
    if text is None or (text == "" and name != "time"):
        return None
    if not isinstance(text, str):
        refuse(f"{name} must be text")
    return checked(text, name)


def _check_content_type(event: dict[str, Any]) -> None:
    media = (_attribute(event, "datacontenttype") or "application/json").partition(";")[0]
    if not is_json_media(media.strip().lower()):
        refuse("datacontenttype must be application/json")


def _data(event: dict[str, Any]) -> bytes:
    if "data" in event:
        return to_json(event["data"], inf_nan_mode="constants")  # 1e999 becomes Infinity, which decoding refuses
    if not isinstance(event.get("data_base64"), str):
        raise Rejected(ErrorCode.PAYLOAD_NOT_JSON, "the structured event has neither data nor data_base64")
    try:
        return b64decode(event["data_base64"], validate=True)
    except (binascii.Error, ValueError):
        raise Rejected(ErrorCode.PAYLOAD_NOT_JSON, "data_base64 is not base64") from None
