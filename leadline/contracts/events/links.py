"""`customer.events`: what ties a lead to its customer: the link, what goes on with it, and the rep's work that it ends."""

from __future__ import annotations

from pydantic import Field

from leadline.contracts.events.types import Event, Line, OurId, OurIds, Part, Text, Time, Word


class CustomerLeadLinked(Event):
    """A lead and a customer belong together from now on."""

    customer_id: OurId
    lead_id: OurId
    conversion_id: OurId
    linked_at: Time


class UnlinkedItem(Part):
    """Something of the lead that is the customer's no longer."""

    kind: Word = Field(description="message, document, task, note, reminder or activity.")
    item_id: OurId


class CustomerLeadUnlinked(Event):
    """A lead's link to a customer that had existed before was taken back, with all that came with it."""

    customer_id: OurId
    lead_id: OurId
    conversion_id: OurId
    contact_ids: OurIds = Field(default=(), description="Contacts that are gone.")
    opportunity_ids: OurIds = Field(default=(), description="Opportunities that are gone.")
    items: tuple[UnlinkedItem, ...] = Field(default=(), description="Items that are the lead's alone again.")
    unlinked_at: Time


class AssignmentClosed(Event):
    """A rep's work on a lead is over."""

    assignment_id: OurId
    lead_id: OurId
    rep_id: OurId
    status: Word = Field(description="converted or released.")
    customer_id: OurId | None = None
    conversion_id: OurId | None = None
    closed_at: Time


class AssignmentReopened(Event):
    """A rep works on a lead again, since its conversion was taken back."""

    assignment_id: OurId
    lead_id: OurId
    rep_id: OurId
    customer_id: OurId | None = None
    conversion_id: OurId | None = None
    reopened_at: Time


class Carried(Event):
    """What all events about items taken along carry."""

    customer_id: OurId
    lead_id: OurId
    conversion_id: OurId


class MessagesLinked(Carried):
    """The lead's messages are the customer's too; there is one record of each."""

    message_ids: OurIds
    linked_at: Time


class CopiedDocument(Part):
    """A document of the customer that shares its content with one of the lead."""

    document_id: OurId
    copied_from: OurId = Field(description="The lead's document.")
    file_name: Line | None = None
    content_hash: Line | None = None


class DocumentsCopied(Carried):
    """The customer has its own records of the lead's documents."""

    documents: tuple[CopiedDocument, ...]
    copied_at: Time


class CarriedItem(Part):
    """A task, note or reminder that now belongs to the customer."""

    kind: Word = Field(description="task, note or reminder.")
    item_id: OurId
    text: Text | None = None
    remind_at: Time | None = None
    by: OurId | None = Field(default=None, description="Reminder: who is reminded; null: the customer's salesperson.")


class TasksCarriedOver(Carried):
    """The lead's tasks, notes and reminders go on with the customer."""

    items: tuple[CarriedItem, ...]
    carried_over_at: Time
