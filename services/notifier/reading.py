"""From records to what the notifier looks at. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from leadline.contracts.codes import ErrorCode
from leadline.contracts.envelope import read_envelope
from leadline.contracts.events import EVENTS, accepted_on, decode
from leadline.contracts.times import parse_time, time_now_text
from leadline.delivery.handler import Input
from leadline.delivery.message import Content, Message
from leadline.delivery.record import Record
from leadline.errors import Rejected

# A tick is looked at when the orders that were there before it have been: else a backlog would pass for a silence.
INPUTS: Final = (
    Input("order.events"),
    Input("conversion.events"),
    Input("customer.events"),
    Input("stage.ticks", after="order.events"),
)

_OWN_TOPICS: Final = ("notifier.retry.", "notifier.replay")
_LOOKED_AT: Final = frozenset(
    {
        "leadline.conversion.completed.v1",
        "leadline.conversion.failed.v1",
        "leadline.customer.created.v1",
        "leadline.customer.reverted.v1",
        "leadline.stage.ticked.v1",
    }
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


def _topic_of(event_type: str) -> str:
    known = EVENTS.get(event_type)
    return known.topics[0] if known else ""
