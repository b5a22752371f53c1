"""From bytes to what the converter's rules work on: lead changes, lead items, conversion requests. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from leadline.contracts import events
from leadline.contracts.codes import ErrorCode
from leadline.contracts.envelope import Envelope, read_envelope
from leadline.contracts.times import time_now_text
from leadline.delivery.message import Content
from leadline.delivery.record import Record
from leadline.errors import Rejected
from services.converter.domain import names
from services.converter.domain.decision import Request
from services.converter.domain.lead import LeadChange, LeadItem, stamp

LEADS: Final = "lead.events"
REQUESTS: Final = "conversion.requests"
REQUESTED: Final = "leadline.conversion.requested.v1"
_ACCEPTED: Final = {topic: events.accepted_on(topic) for topic in (LEADS, REQUESTS)}
_EVERY: Final = frozenset().union(*_ACCEPTED.values())
_ITEM_EVENTS: Final = {"lead.item-added": False, "lead.item-changed": False, "lead.item-removed": True}
_ABOUT_THE_EVENT: Final = {"lead_id", "notes", "reason", "by", "rep_id", "assignment_id"}


def decode(record: Record) -> Content:
    """Read a record of any of the converter's topics; raises Rejected for what can never be read."""
    envelope = read_envelope(record.headers, record.value)
    if envelope.type not in _ACCEPTED.get(record.topic, _EVERY):
        raise Rejected(ErrorCode.TYPE_UNKNOWN, "this event type does not belong on this topic")
    data: Any = events.decode(envelope.type, envelope.data)
    lead_id = data.lead_id
    if lead_id is not None and record.key != lead_id.encode():
        raise Rejected(ErrorCode.KEY_MISMATCH, "the record's key is not the lead_id of its body")
    kind = envelope.type[len("leadline.") : -len(".v1")]
    if kind == "conversion.requested":
        return _request(record, envelope, data)
    if kind.startswith("conversion."):
        # A command goes before the records of its lead that wait for their next attempt: it is about them.
        return Content(envelope, data, order_key=_key_text(record), goes_first=True, conversion_id=data.conversion_id)
    content = _item(record, envelope, data) if kind in _ITEM_EVENTS else _change(kind, record, envelope, data)
    return Content(envelope, content, order_key=lead_id, goes_first=True)


def _key_text(record: Record) -> str:
    if not record.key:
        raise Rejected(ErrorCode.KEY_MISMATCH, "the record has no key: it must be the lead_id")
    try:
        key = record.key.decode()
    except UnicodeDecodeError:
        raise Rejected(ErrorCode.KEY_MISMATCH, "the record's key is not UTF-8: it must be the lead_id") from None
    if "\0" in key:  # the database could not even look for those that wait in retry
        raise Rejected(ErrorCode.KEY_MISMATCH, "the record's key holds a NUL: it must be the lead_id")
    return key


def event_time(record: Record, envelope: Envelope) -> str:
    """When it happened: `ce_time`, else the broker's time of the record."""
    return envelope.time or time_now_text(datetime.fromtimestamp(record.timestamp_ms / 1000, UTC))


def _request(record: Record, envelope: Envelope, data: Any) -> Content:
    conversion_id = names.conversion_id(envelope.idempotency_key, envelope.source, envelope.id)
    key = envelope.idempotency_key or f"{envelope.source}#{envelope.id}"
    at = event_time(record, envelope)
    snapshot = _snapshot(data, at, record.offset, envelope.id) if data.lead is not None else ()
    request = _asked(data, (conversion_id, key, envelope.data, at), snapshot)
    return Content(
        envelope, request, data.lead_id, repeat_key=f"{conversion_id}{hash(request.body)}", conversion_id=conversion_id
    )


def stored_request(stored: Any) -> Request:
    """The request of a conversion that is kept (`store.Commanded`)."""
    data: Any = events.decode(REQUESTED, stored.body)
    at = stored.requested_at
    snapshot = _snapshot(data, at, 0, stored.conversion_id) if data.lead is not None else ()
    return _asked(data, (stored.conversion_id, stored.idempotency_key, stored.body, at), snapshot)


def _asked(data: Any, identity: tuple[str, str, bytes, str], snapshot: tuple[LeadChange | LeadItem, ...]) -> Request:
    conversion_id, key, body, requested_at = identity
    requester = data.requested_by
    return Request(
        conversion_id,
        key,
        data.lead_id,
        body,
        {"id": requester.id, "name": requester.name, "email": requester.email},
        requested_at,
        data.options,
        snapshot,
        data.origin,
        data.profile,
        data.batch_id,
        data.fingerprint,
    )


def _snapshot(data: Any, at: str, offset: int, event_id: str) -> tuple[LeadChange | LeadItem, ...]:
    """The lead that a request brings along, as events of the request's time."""
    mark = stamp(at, offset)
    fields = data.lead.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"lead_id", "items"})
    change = LeadChange(data.lead_id, "lead.snapshot", mark, event_id, at, fields)
    items = (
        LeadItem(data.lead_id, item.kind, item.item_id, _set_fields(item, {"kind", "item_id"}), mark, is_removed=False)
        for item in data.lead.items
    )
    return (change, *items)


def _change(kind: str, record: Record, envelope: Envelope, data: Any) -> LeadChange:
    at = event_time(record, envelope)
    fields = _set_fields(data, _ABOUT_THE_EVENT) if kind in ("lead.created", "lead.updated") else {}
    extra = _EXTRA_FIELDS.get(kind)
    if extra:
        fields = extra(data)
    return LeadChange(data.lead_id, kind, stamp(at, record.offset), envelope.id, at, fields)


def _set_fields(data: Any, leave_out: set[str]) -> dict[str, Any]:
    fields: dict[str, Any] = data.model_dump(mode="json", exclude_unset=True, exclude=leave_out - {"notes"})
    return fields


_EXTRA_FIELDS: Final[dict[str, Callable[[Any], dict[str, Any]]]] = {
    "lead.assigned": lambda data: {"assigned_to": data.rep_id},
    "lead.disqualified": lambda data: {"lost_reason": data.reason},
    "lead.scored": lambda data: {"score": {"behavioral": data.behavioral, "demographic": data.demographic}},
}


def _item(record: Record, envelope: Envelope, data: Any) -> LeadItem:
    fields = _set_fields(data, {"lead_id", "kind", "item_id"})
    mark = stamp(event_time(record, envelope), record.offset)
    removed = _ITEM_EVENTS[envelope.type[len("leadline.") : -len(".v1")]]
    return LeadItem(data.lead_id, data.kind, data.item_id, fields, mark, is_removed=removed)
