"""Turns a record into what the projector can keep, or says that it is somebody else's to complain about. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from leadline.contracts.codes import ErrorCode
from leadline.contracts.envelope import Envelope, read_envelope
from leadline.contracts.events import EVENTS, accepted_on, decode
from leadline.contracts.events.leads import LOST_REASONS
from leadline.contracts.lost_reasons import check_lost_reason
from leadline.delivery.message import Content, Message
from leadline.delivery.record import Record
from leadline.errors import Rejected
from services.projector.domain.dead_letter import is_dead_letter, read_dead_letter
from services.projector.domain.event import Event, Place, canonical_time, short_name, time_from_millis

INPUT_TOPICS: Final = (
    "lead.events", "conversion.requests", "conversion.events", "conversion.progress", "customer.events", "order.events",
    "notification.events", "converter.dlq", "notifier.dlq", "projector.dlq", "operations.events",
)  # fmt: skip

# What others write is dead-lettered by the service that owns it; the field is the record's key.
WRITTEN_BY_OTHERS: Final = {"lead.events": "lead_id", "conversion.requests": "lead_id", "order.events": "customer_id"}

_OWN_TOPICS: Final = ("projector.retry.", "projector.replay")
_NOT_READ: Final = Envelope("", "", "")


def read(record: Record, lost_reasons: Collection[str] = LOST_REASONS) -> Content:
    """Decode a record; its data is a DeadLetter, a body as JSON, or None for a record that another service refuses.

    No order key: what is kept of events does not depend on their order. Raises Rejected for what our own services
    should never have written. `lost_reasons` are all that a lead may be disqualified for.
    """
    is_own = record.topic.startswith(_OWN_TOPICS)
    if record.topic.endswith(".dlq") or (is_own and is_dead_letter(record)):
        return _first(_NOT_READ, read_dead_letter(record))
    try:
        envelope = read_envelope(record.headers, record.value)
        topic = _topic_of(envelope.type) if is_own else record.topic
        return _first(envelope, _body(record, envelope, topic, lost_reasons))
    except Rejected:
        if record.topic in WRITTEN_BY_OTHERS:
            return _first(_NOT_READ, None)
        raise


def to_event(message: Message) -> Event:
    """The event in a message whose body was read; one without a time has that of the broker."""
    envelope, origin = message.content.envelope, message.origin
    return Event(
        id=envelope.id,
        source=envelope.source,
        type=envelope.type,
        name=short_name(envelope.type),
        at=canonical_time(envelope.time) if envelope.time else time_from_millis(origin.timestamp_ms),
        appended_ms=max(origin.timestamp_ms, 0),
        key=envelope.idempotency_key or f"{envelope.source}#{envelope.id}",
        place=Place(origin.topic, origin.partition, origin.offset),
        data=message.content.data,
    )


def _first(envelope: Envelope, data: Any) -> Content:
    return Content(envelope, data, order_key=None, goes_first=True)


def _topic_of(event_type: str) -> str:
    known = EVENTS.get(event_type)
    return known.topics[0] if known else ""


def _body(record: Record, envelope: Envelope, topic: str, lost_reasons: Collection[str]) -> Mapping[str, Any]:
    if envelope.type not in accepted_on(topic):
        raise Rejected(ErrorCode.TYPE_UNKNOWN, f"the event type does not belong on {record.topic}")
    data = decode(envelope.type, envelope.data)
    if topic == "lead.events":
        check_lost_reason(short_name(envelope.type), data, lost_reasons)
    body = data.model_dump(mode="json", exclude_unset=True)
    key_field = WRITTEN_BY_OTHERS.get(topic)
    if key_field and body.get(key_field) and record.key != str(body[key_field]).encode():
        raise Rejected(ErrorCode.KEY_MISMATCH, f"the record's key is not its {key_field}")
    return body
