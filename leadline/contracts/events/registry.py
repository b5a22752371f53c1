"""Every event type of the contract: its model, its topic, and the one way to read a body.

A type that is not here, or that stands on another topic, is refused as TYPE_UNKNOWN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import ValidationError

from leadline.contracts.codes import ErrorCode
from leadline.contracts.events import (
    conversions,
    customer_requests,
    customers,
    erasures,
    leads,
    links,
    notification_requests,
    notifications,
    operations,
    orders,
    requests,
    stages,
)  # fmt: skip
from leadline.contracts.events.faults import check_hidden, refusal
from leadline.contracts.events.types import Part
from leadline.errors import Rejected

Direction = Literal["in", "out"]


@dataclass(frozen=True)
class EventType:
    """One event type; `name` is what `ce_type` says, `direction` is as Leadline sees it."""

    name: str
    model: type[Part]
    topics: tuple[str, ...]
    direction: Direction

    @property
    def short_name(self) -> str:
        """Thing and happening without prefix and version, such as `lead.qualified`."""
        return self.name.removeprefix("leadline.").removesuffix(".v1")


def _on(topic: str, direction: Direction, models: dict[str, type[Part]]) -> list[EventType]:
    return [EventType(f"leadline.{name}.v1", model, (topic,), direction) for name, model in models.items()]


_ALL = [
    *_on("lead.events", "in", {
        "lead.created": leads.LeadCreated,
        "lead.updated": leads.LeadUpdated,
        "lead.contacted": leads.LeadContacted,
        "lead.qualified": leads.LeadQualified,
        "lead.disqualified": leads.LeadDisqualified,
        "lead.nurturing-started": leads.LeadNurturingStarted,
        "lead.junked": leads.LeadJunked,
        "lead.restored": leads.LeadRestored,
        "lead.scored": leads.LeadScored,
        "lead.assigned": leads.LeadAssigned,
        "lead.item-added": leads.LeadItemAdded,
        "lead.item-changed": leads.LeadItemChanged,
        "lead.item-removed": leads.LeadItemRemoved,
        "lead.erased": leads.LeadErased,
    }),
    *_on("conversion.requests", "in", {
        "conversion.requested": requests.ConversionRequested,
        "conversion.retry-requested": requests.ConversionRetryRequested,
        "conversion.cancel-requested": requests.ConversionCancelRequested,
        "conversion.revert-requested": requests.ConversionRevertRequested,
    }),
    *_on("order.events", "in", {
        "order.placed": orders.OrderPlaced,
        "order.cancelled": orders.OrderCancelled,
        "activity.logged": orders.ActivityLogged,
        "opportunity.stage-changed": orders.OpportunityStageChanged,
    }),
    *_on("customer.requests", "in", {
        "customer.status-change-requested": customer_requests.CustomerStatusChangeRequested,
        "customer.message-logged": customer_requests.CustomerMessageLogged,
        "customer.task-added": customer_requests.CustomerTaskAdded,
        "customer.contact-added": customer_requests.CustomerContactAdded,
        "customer.note-added": customer_requests.CustomerNoteAdded,
        "opportunity.create-requested": customer_requests.OpportunityCreateRequested,
        "customer.defaults-set": customer_requests.CustomerDefaultsSet,
        "customer.billing-set": customer_requests.CustomerBillingSet,
    }),
    *_on("notification.requests", "in", {
        "notification.preferences-set": notification_requests.NotificationPreferencesSet,
        "notification.subscribed": notification_requests.NotificationSubscribed,
        "notification.unsubscribed": notification_requests.NotificationUnsubscribed,
        "team.members-set": notification_requests.TeamMembersSet,
    }),
    *_on("operations.events", "in", {
        "dead-letter.replay-requested": operations.DeadLetterReplayRequested,
        "dead-letter.discarded": operations.DeadLetterDiscarded,
        "dead-letter.reopened": operations.DeadLetterReopened,
    }),
    *_on("stage.ticks", "in", {
        "stage.ticked": stages.StageTicked,
    }),
    *_on("conversion.progress", "out", {
        "conversion.processing-started": requests.ConversionProcessingStarted,
    }),
    *_on("conversion.events", "out", {
        "conversion.accepted": conversions.ConversionAccepted,
        "conversion.retry-scheduled": conversions.ConversionRetryScheduled,
        "conversion.completed": conversions.ConversionCompleted,
        "conversion.failed": conversions.ConversionFailed,
        "conversion.cancelled": conversions.ConversionCancelled,
        "conversion.reverted": conversions.ConversionReverted,
        "conversion.revert-refused": conversions.ConversionRevertRefused,
    }),
    *_on("customer.events", "out", {
        "customer.created": customers.CustomerCreated,
        "customer.reverted": customers.CustomerReverted,
        "customer.lead-linked": links.CustomerLeadLinked,
        "customer.lead-unlinked": links.CustomerLeadUnlinked,
        "customer.updated": customers.CustomerUpdated,
        "customer.status-changed": customers.CustomerStatusChanged,
        "customer.stage-changed": customers.CustomerStageChanged,
        "contact.created": customers.ContactCreated,
        "contact.updated": customers.ContactUpdated,
        "opportunity.created": customers.OpportunityCreated,
        "message.logged": customers.MessageLogged,
        "task.added": customers.TaskAdded,
        "note.added": customers.NoteAdded,
        "assignment.closed": links.AssignmentClosed,
        "assignment.reopened": links.AssignmentReopened,
        "messages.linked": links.MessagesLinked,
        "documents.copied": links.DocumentsCopied,
        "tasks.carried-over": links.TasksCarriedOver,
        "customer.erased": erasures.CustomerErased,
    }),
    *_on("notification.events", "out", {
        "notification.conversion-completed": notifications.NotificationConversionCompleted,
        "notification.conversion-failed": notifications.NotificationConversionFailed,
        "notification.first-sale": notifications.NotificationFirstSale,
        "notification.stage-changed": notifications.NotificationStageChanged,
        "notification.reminder": notifications.NotificationReminder,
        "notification.withdrawn": notifications.NotificationWithdrawn,
    }),
]  # fmt: skip

EVENTS: dict[str, EventType] = {event.name: event for event in _ALL}
_VALIDATE = {name: event.model.__pydantic_validator__.validate_json for name, event in EVENTS.items()}
_ACCEPTED = {
    topic: frozenset(event.name for event in _ALL if topic in event.topics)
    for topic in {topic for event in _ALL for topic in event.topics}
}


def accepted_on(topic: str) -> frozenset[str]:
    """The full type names that belong on a business topic (name without prefix); none for any other topic.

    A record of a retry, replay or dead-letter topic is judged by the topic of its original.
    """
    return _ACCEPTED.get(topic, frozenset())


def decode(type: str, data: bytes) -> Part:
    """Read an event's body; the result is an instance of `EVENTS[type].model`.

    Raises Rejected with TYPE_UNKNOWN, PAYLOAD_NOT_JSON or SCHEMA_INVALID. Its message says what was expected where, and
    never repeats what was sent; `fields` are the paths.
    """
    validate = _VALIDATE.get(type)
    if validate is None:
        raise Rejected(ErrorCode.TYPE_UNKNOWN, "the event type is not part of the contract")
    try:
        text = str(data, "utf-8")
        if "\\u0000" in text or "NaN" in text or "Infinity" in text:
            check_hidden(text)
        event: Part = validate(text)
    except (ValidationError, UnicodeDecodeError) as error:
        raise refusal(error) from None
    return event
