"""From records to what the notifier looks at. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from leadline.contracts.codes import ErrorCode
from leadline.contracts.envelope import read_envelope
from leadline.contracts.events import EVENTS, accepted_on, decode
from leadline.contracts.time_zones import check_time_zone
from leadline.contracts.times import parse_time, time_now_text
from leadline.delivery.handler import Input
from leadline.delivery.message import Content, Message
from leadline.delivery.record import Record
from leadline.errors import Rejected
from services.notifier.domain.wish import PREFERENCES_SET

# A tick is looked at when the orders that were there before it have been: else a backlog would pass for a silence.
INPUTS: Final = (
    Input("order.events"),
    Input("conversion.events"),
    Input("customer.events"),
    Input("notification.requests"),
    Input("stage.ticks", after="order.events"),
)

CONVERSION_COMPLETED: Final = "leadline.conversion.completed.v1"
TICKED: Final = "leadline.stage.ticked.v1"
ORDER_PLACED: Final = "leadline.order.placed.v1"
ORDER_CANCELLED: Final = "leadline.order.cancelled.v1"
ACTIVITY_LOGGED: Final = "leadline.activity.logged.v1"
CUSTOMER_CREATED: Final = "leadline.customer.created.v1"
CUSTOMER_ERASED: Final = "leadline.customer.erased.v1"
CUSTOMER_REVERTED: Final = "leadline.customer.reverted.v1"
CUSTOMER_UPDATED: Final = "leadline.customer.updated.v1"
CONVERSION_REVERTED: Final = "leadline.conversion.reverted.v1"
CARRIED_OVER: Final = "leadline.tasks.carried-over.v1"

_OWN_TOPICS: Final = ("notifier.retry.", "notifier.replay")
_LOOKED_AT: Final = frozenset(
    {
        CONVERSION_COMPLETED,
        "leadline.conversion.failed.v1",
        CONVERSION_REVERTED,
        CUSTOMER_CREATED,
        CUSTOMER_ERASED,
        CUSTOMER_REVERTED,
        CUSTOMER_UPDATED,
        CARRIED_OVER,
        TICKED,
    }
)
_KEEPERS: Final = ("salesperson_id", "branch_id")


def read(record: Record) -> Content:
    """Decode a record; its data is the body as JSON, or None for an event that tells nobody anything.

    The notifier owns order.events and notification.requests: whatever cannot be read there is refused here, for everybody.
    No order key: what is decided does not rely on the order of records. Raises Rejected.
    """
    envelope = read_envelope(record.headers, record.value)
    topic = _topic_of(envelope.type) if record.topic.startswith(_OWN_TOPICS) else record.topic
    if envelope.type not in accepted_on(topic):
        raise Rejected(ErrorCode.TYPE_UNKNOWN, f"the event type does not belong on {topic or record.topic}")
    is_owned = topic in _KEY_OF
    if not is_owned and envelope.type not in _LOOKED_AT:
        return Content(envelope, None, order_key=None, goes_first=True)
    body = decode(envelope.type, envelope.data).model_dump(mode="json", exclude_unset=envelope.type == CUSTOMER_UPDATED)
    if is_owned:
        _check_key(record, topic, body)
    if envelope.type == PREFERENCES_SET:
        check_time_zone(body["time_zone"])
    return Content(envelope, body if _says_something(envelope.type, body) else None, order_key=None, goes_first=True)


def time_of(message: Message) -> str:
    """The event's time in the one form that sorts as the moments do; the broker's where the event says none."""
    if message.content.envelope.time:
        return time_now_text(parse_time(message.content.envelope.time))
    return time_now_text(_appended_at(message))


def heard_at(message: Message) -> datetime:
    """How late it is when a message is heard: its own time, or the broker's where that is later."""
    appended_at, time = _appended_at(message), message.content.envelope.time
    return max(parse_time(time), appended_at) if time else appended_at


def latest_ticks(messages: Iterable[Message]) -> dict[int, str]:
    """How late it is by the ticks of a batch, for each of their partitions."""
    late: dict[int, str] = {}
    for message in messages:
        if message.content.envelope.type == TICKED:
            partition, at = message.origin.partition, message.content.data["at"]
            late[partition] = max(late.get(partition, ""), at)
    return late


def _appended_at(message: Message) -> datetime:
    return datetime.fromtimestamp(max(message.origin.timestamp_ms, 0) / 1000, UTC)


def _topic_of(event_type: str) -> str:
    known = EVENTS.get(event_type)
    return known.topics[0] if known else ""


def _check_key(record: Record, topic: str, body: Mapping[str, Any]) -> None:
    named = (body.get("subscriber") or {}).get("id")
    wanted = named or next(body[name] for name in _KEY_OF[topic] if name in body)
    if record.key != wanted.encode():
        raise Rejected(ErrorCode.KEY_MISMATCH, f"the record's key is not its {' or '.join(_KEY_OF[topic])}")


_KEY_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "order.events": ("customer_id",),
    "notification.requests": ("user_id", "team_id"),
}


def _says_something(event_type: str, body: Mapping[str, Any]) -> bool:
    """Whether anything follows from an event of a type that often says what is others' matter."""
    if event_type == CUSTOMER_UPDATED:
        return any(name in body["changes"] for name in _KEEPERS)
    if event_type == CARRIED_OVER:
        return any(item["kind"] == "reminder" and item["remind_at"] for item in body["items"])
    return True
