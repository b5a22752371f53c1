"""`notification.events`: who is told what, once for each kind, subject and recipient."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from leadline.contracts.events.conversions import ConversionError
from leadline.contracts.events.types import Event, Line, OurId, ProspectStage, Text, Time, Word


class Notification(Event):
    """What all notifications carry."""

    notification_id: OurId
    recipient: OurId
    lead_id: OurId | None = None
    title: Line
    text: Text
    created_at: Time
    not_before: Time | None = Field(
        default=None, description="Not to be sent before: quiet hours or a digest; null: at once. The inbox shows it at once."
    )
    digest: bool | None = Field(default=None, description="Whether it goes into the recipient's digest; null: it does not.")


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


class NotificationStageChanged(Notification):
    """To those who subscribed: a customer became active or dormant."""

    kind: Literal["stage-changed"]
    customer_id: OurId
    previous_stage: ProspectStage | None = None
    stage: ProspectStage = Field(description="The prospect stage now.")
    reason: Word | None = Field(default=None, description="As the reason of customer.stage-changed.")
    changed_at: Time


class NotificationReminder(Notification):
    """To whose reminder it is, else to the salesperson, and to those who subscribed: what a conversion carried over is due."""

    kind: Literal["reminder"]
    customer_id: OurId
    item_id: OurId
    remind_at: Time


class NotificationWithdrawn(Event):
    """A notification that was not due yet holds no longer: what was not sent is not to be sent."""

    notification_id: OurId = Field(description="The notification that is withdrawn.")
    kind: Word
    recipient: OurId
    customer_id: OurId
    order_id: OurId
    reason: Word = Field(description="order-cancelled: the first sale's order was taken back; the list is open.")
    withdrawn_at: Time = Field(description="When it was withdrawn.")
