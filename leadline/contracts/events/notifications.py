"""`notification.events`: who is told what, once for each kind, subject and recipient."""

from __future__ import annotations

from typing import Literal

from leadline.contracts.events.conversions import ConversionError
from leadline.contracts.events.types import Event, Line, OurId, Text, Time


class Notification(Event):
    """What all notifications carry."""

    notification_id: OurId
    recipient: OurId
    lead_id: OurId | None = None
    title: Line
    text: Text
    created_at: Time


class NotificationConversionCompleted(Notification):
    """To the requester: the customer exists."""

    kind: Literal["conversion-completed"]
    conversion_id: OurId
    lead_id: OurId
    customer_id: OurId


class NotificationConversionFailed(Notification):
    """To the requester: the conversion failed, and why."""

    kind: Literal["conversion-failed"]
    conversion_id: OurId
    lead_id: OurId
    error: ConversionError


class NotificationFirstSale(Notification):
    """To the rep who discovered the lead, and to those who subscribed: the customer's first order came."""

    kind: Literal["first-sale"]
    customer_id: OurId
    order_id: OurId
