"""Records as an upstream sends them: CloudEvents in binary mode."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from leadline.delivery.record import Headers, Outgoing

CONVERSIONS = uuid.UUID("6f1c2a52-6f0e-5d57-9c62-3f6c2b0c7a11")
LEADS, REQUESTS = "lead.events", "conversion.requests"
REQUESTER = {"id": "rep-7"}


def conversion_id(key: str) -> str:
    """What the contract says that the conversion of this idempotency key is called."""
    return str(uuid.uuid5(CONVERSIONS, key))


def envelope(kind: str, subject: str, **headers: str) -> Headers:
    """The headers of an event of this kind (`lead.created`), with an id of its own."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    names = {
        "ce_specversion": "1.0",
        "ce_id": str(uuid.uuid4()),
        "ce_source": "/scenario",
        "ce_type": f"leadline.{kind}.v1",
        "ce_time": now,
        "ce_subject": subject,
        "content-type": "application/json",
        **{name.replace("_key", "-key"): text for name, text in headers.items()},
    }
    return [(name, text.encode()) for name, text in names.items()]


def lead_event(kind: str, /, lead_id: str, **fields: Any) -> Outgoing:
    """One event of a lead."""
    return Outgoing(LEADS, lead_id.encode(), as_json({"lead_id": lead_id, **fields}), envelope(kind, lead_id))


def qualified_lead(lead_id: str, **fields: Any) -> list[Outgoing]:
    """A lead that can be converted: created, then qualified."""
    named = {"first_name": "Ada", "last_name": "Byron", "email": f"{lead_id}@example.com", **fields}
    return [lead_event("lead.created", lead_id, **named), lead_event("lead.qualified", lead_id)]


def request(lead_id: str, key: str, **body: Any) -> Outgoing:
    """Ask for the conversion of a lead under an idempotency key."""
    return raw_request(lead_id.encode(), as_json({"lead_id": lead_id, "requested_by": REQUESTER, **body}), key)


def raw_request(record_key: bytes | None, value: bytes | None, key: str) -> Outgoing:
    """A request whose record key and body are whatever they are."""
    subject = (record_key or b"nobody").decode(errors="replace")
    return Outgoing(REQUESTS, record_key, value, envelope("conversion.requested", subject, idempotency_key=key))


def as_json(body: Mapping[str, Any]) -> bytes:
    """The body as bytes."""
    return json.dumps(body, ensure_ascii=False).encode()
