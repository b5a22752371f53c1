"""What a careful reader makes of one line: an event, or the code of the error that keeps it from being one.

Part of the independent simulation: it knows the contract and nothing of the services or of how the lines were made.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

TYPES = {
    "lead.events": frozenset({
        "lead.created", "lead.updated", "lead.contacted", "lead.qualified", "lead.disqualified", "lead.junked",
        "lead.nurturing-started", "lead.restored", "lead.scored", "lead.assigned", "lead.erased",
        "lead.item-added", "lead.item-changed", "lead.item-removed",
    }),
    "conversion.requests": frozenset({"conversion.requested"}),
    "order.events": frozenset({"order.placed", "order.cancelled", "activity.logged"}),
}  # fmt: skip
KEY_FIELD = {"lead.events": "lead_id", "conversion.requests": "lead_id", "order.events": "customer_id"}
MONEY = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,4})?")


@dataclass(frozen=True)
class Read:
    """A line as read; `fault` is None where everything is in order."""

    topic: str
    name: str
    time: str
    body: dict[str, Any] = field(default_factory=dict)
    fault: str | None = None
    subject: str | None = None
    """lead_id or customer_id."""
    key: str | None = None
    """The idempotency key, also of a faulty request."""
    requester: str | None = None
    order: int = 0


def read(line: dict[str, Any], order: int) -> Read:
    """Read one line of the file."""
    headers = {name.lower(): value for name, value in line["headers"].items()}
    raw = _raw(line)
    body = _json(raw)
    if headers.get("content-type", "").startswith("application/cloudevents+json") and isinstance(body, dict):
        headers |= {f"ce_{name}": value for name, value in body.items() if name != "data"}
        body = body.get("data")
    name = str(headers.get("ce_type", "")).removeprefix("leadline.").removesuffix(".v1")
    fields = body if isinstance(body, dict) else {}
    topic = line["topic"]
    subject = _id(fields.get(KEY_FIELD[topic])) or _record_key(line)
    requester = fields.get("requested_by")
    fault = _envelope_fault(headers) or (None if name in TYPES[topic] else "TYPE_UNKNOWN")
    fault = fault or ("PAYLOAD_NOT_JSON" if body is None else None) or _schema_fault(name, topic, fields)
    if fault is None and _record_key(line) != subject:
        fault = "KEY_MISMATCH"
    return Read(
        topic=topic,
        name=name,
        time=str(headers.get("ce_time", "")),
        body=fields,
        fault=fault,
        subject=subject,
        key=_idempotency_key(headers),
        requester=_id(requester.get("id")) if isinstance(requester, dict) else None,
        order=order,
    )


def _raw(line: dict[str, Any]) -> bytes | None:
    if "value_base64" in line:
        return base64.b64decode(line["value_base64"])
    if "value_text" in line:
        return str(line["value_text"]).encode()
    return None if line.get("value") is None else json.dumps(line["value"]).encode()


def _json(raw: bytes | None) -> Any:
    try:
        return None if raw is None else json.loads(raw.decode())
    except ValueError:
        return None


def _record_key(line: dict[str, Any]) -> str | None:
    try:
        return base64.b64decode(line["key_base64"]).decode() if "key_base64" in line else line.get("key")
    except (ValueError, binascii.Error):
        return None


def _idempotency_key(headers: dict[str, Any]) -> str | None:
    own = headers.get("idempotency-key")
    named = headers.get("ce_id") and headers.get("ce_source")
    return own or (f"{headers['ce_source']}#{headers['ce_id']}" if named else None)


def _envelope_fault(headers: dict[str, Any]) -> str | None:
    required = all(headers.get(f"ce_{name}") for name in ("id", "source", "type"))
    good = required and headers.get("ce_specversion") == "1.0" and _is_time(headers.get("ce_time"))
    return None if good else "ENVELOPE_INVALID"


def _is_time(text: object) -> bool:
    try:
        return datetime.fromisoformat(str(text)).tzinfo is not None
    except ValueError:
        return False


def _schema_fault(name: str, topic: str, body: dict[str, Any]) -> str | None:
    good = _id(body.get(KEY_FIELD[topic])) is not None
    if topic == "lead.events":
        good = good and isinstance(body.get("email"), str | None)
    if topic == "conversion.requests":
        deal = (body.get("options") or {}).get("opportunity") or {"value": "0"}
        good = good and isinstance(body.get("requested_by"), dict) and "id" in body["requested_by"] and _is_money(deal["value"])
    if name == "order.placed":
        good = good and _is_money(body.get("amount")) and _id(body.get("order_id")) is not None
    return None if good else "SCHEMA_INVALID"


def _is_money(text: object) -> bool:
    return isinstance(text, str) and MONEY.fullmatch(text) is not None


def _id(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) if 1 <= len(str(value)) <= 128 else None
