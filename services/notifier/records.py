"""From notices, their withdrawals and changes of stage to records: the same for the same cause, whenever they are made. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import orjson

from leadline.contracts.envelope import Envelope, write_headers
from leadline.delivery.message import Message
from leadline.delivery.record import Outgoing
from services.notifier.domain.notice import Notice
from services.notifier.domain.sale import FIRST_SALE
from services.notifier.domain.stage import StageChange

NOTIFICATIONS: Final = "notification.events"
CUSTOMERS: Final = "customer.events"
SOURCE: Final = "/leadline/notifier"


class Withdrawn(NamedTuple):
    """A notice of a first sale that is taken back, and the order that was cancelled."""

    notification_id: str
    recipient: str
    customer_id: str
    order_id: str


def notice_record(notification_id: str, notice: Notice, cause: Envelope) -> Outgoing:
    """The record of a notice with its id."""
    body = _notice_body(notification_id, notice)
    headers = write_headers(
        Envelope(
            id=notification_id,
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
    return Outgoing(NOTIFICATIONS, notice.recipient.encode(), body, [*headers])


def _notice_body(notification_id: str, notice: Notice) -> bytes:
    said: Mapping[str, Any] = {
        "notification_id": notification_id,
        "kind": notice.kind,
        "recipient": notice.recipient,
        **notice.about,
        "title": notice.title,
        "text": notice.text,
        "created_at": notice.created_at,
    }
    waits = {"not_before": notice.not_before} if notice.not_before else {}
    return orjson.dumps({**said, **waits, **({"digest": True} if notice.is_digest else {})})


def withdrawn_record(withdrawn: Withdrawn, at: str, cause: Envelope) -> Outgoing:
    """The record that takes a notice of a first sale back."""
    notification_id, recipient, customer_id, order_id = withdrawn
    body = orjson.dumps(
        {
            "notification_id": notification_id,
            "kind": FIRST_SALE,
            "recipient": recipient,
            "customer_id": customer_id,
            "order_id": order_id,
            "reason": "order-cancelled",
            "withdrawn_at": at,
        }
    )
    headers = write_headers(
        Envelope(
            id=f"{notification_id}:withdrawn",
            source=SOURCE,
            type="leadline.notification.withdrawn.v1",
            time=at,
            subject=recipient,
            causation_id=cause.id,
            traceparent=cause.traceparent,
            data=body,
        )
    )
    return Outgoing(NOTIFICATIONS, recipient.encode(), body, [*headers])


def stage_record(change: StageChange, message: Message) -> Outgoing:
    """The record of a change of stage; its `ce_id` is made of the customer and the number of the change."""
    cause = message.content.envelope
    body = orjson.dumps(
        {
            "customer_id": change.customer_id,
            "previous_stage": change.previous,
            "stage": change.stage,
            "reason": change.reason,
            "changed_at": change.at,
        }
    )
    headers = write_headers(
        Envelope(
            id=f"{change.customer_id}:customer.stage-changed:{change.number}",
            source=SOURCE,
            type="leadline.customer.stage-changed.v1",
            time=change.at,
            subject=change.customer_id,
            causation_id=cause.id,
            traceparent=cause.traceparent,
            data=body,
        )
    )
    return Outgoing(CUSTOMERS, change.customer_id.encode(), body, [*headers])
