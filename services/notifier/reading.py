"""From records to what the notifier looks at, and from notices to records. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from leadline.contracts.codes import ErrorCode
from leadline.contracts.envelope import Envelope, read_envelope, write_headers
from leadline.contracts.events import EVENTS, accepted_on, decode
from leadline.contracts.times import parse_time, time_now_text
from leadline.delivery.message import Content, Message
from leadline.delivery.record import Outgoing, Record
from leadline.errors import Rejected
from services.notifier.domain import Notice

INPUT_TOPICS: Final = ("order.events", "conversion.events", "customer.events")
OUTPUT_TOPIC: Final = "notification.events"
SOURCE: Final = "/leadline/notifier"

_OWN_TOPICS: Final = ("notifier.retry.", "notifier.replay")
_LOOKED_AT: Final = frozenset(
    {"leadline.conversion.completed.v1", "leadline.conversion.failed.v1", "leadline.customer.created.v1"}
)


def read(record: Record) -> Content:
    """Decode a record; its data is the body as JSON, or None for an event that tells nobody anything.

    The notifier owns order.events: whatever cannot be read there is refused here, for everybody. No order key: what
    is decided does not rely on the order of records. Raises Rejected.
    """
    envelope = read_envelope(record.headers, record.value)
    topic = _topic_of(envelope.type) if record.topic.startswith(_OWN_TOPICS) else record.topic
    if envelope.type not in accepted_on(topic):
        raise Rejected(ErrorCode.TYPE_UNKNOWN, f"the event type does not belong on {topic or record.topic}")
    if topic != "order.events" and envelope.type not in _LOOKED_AT:
        return Content(envelope, None, order_key=None, goes_first=True)
    body = decode(envelope.type, envelope.data).model_dump(mode="json")
    if topic == "order.events" and record.key != body["customer_id"].encode():
        raise Rejected(ErrorCode.KEY_MISMATCH, "the record's key is not its customer_id")
    return Content(envelope, body, order_key=None, goes_first=True)


def time_of(message: Message) -> str:
    """The event's time in the one form that sorts as the moments do; the broker's where the event says none."""
    if message.content.envelope.time:
        return time_now_text(parse_time(message.content.envelope.time))
    return time_now_text(datetime.fromtimestamp(max(message.origin.timestamp_ms, 0) / 1000, UTC))


def to_record(notice: Notice, cause: Envelope) -> Outgoing:
    """The record of a notice: the same for the same cause, whenever it is made."""
    body = _body(notice)
    headers = write_headers(
        Envelope(
            id=notice.notification_id,
            source=SOURCE,
            type=f"leadline.notification.{notice.kind}.v1",
            time=notice.created_at,
            subject=notice.recipient,
            correlation_id=notice.about.get("conversion_id") or cause.correlation_id,
            causation_id=cause.id,
            traceparent=cause.traceparent,
            data=body,
        )
    )
    return Outgoing(OUTPUT_TOPIC, notice.recipient.encode(), body, [*headers])


def _body(notice: Notice) -> bytes:
    said: Mapping[str, Any] = {
        "notification_id": notice.notification_id,
        "kind": notice.kind,
        "recipient": notice.recipient,
        **notice.about,
        "title": notice.title,
        "text": notice.text,
        "created_at": notice.created_at,
    }
    return orjson.dumps(said)


def _topic_of(event_type: str) -> str:
    known = EVENTS.get(event_type)
    return known.topics[0] if known else ""
