"""`conversion.events`: what became of each conversion."""

from __future__ import annotations

from pydantic import Field

from leadline.contracts.events.customers import Contact, Customer, Hint, Opportunity
from leadline.contracts.events.types import (
    Attempt,
    Code,
    Count,
    Email,
    Event,
    LeadStatus,
    Line,
    OurId,
    OurIds,
    Part,
    Text,
    Time,
    Word,
)  # fmt: skip


class RequestedBy(Part):
    """Who asked for it."""

    id: OurId
    name: Line | None = None
    email: Email | None = None


class Candidate(Part):
    """A customer that the lead may be the same as."""

    customer_id: OurId
    customer_number: Code | None = None
    name: Line | None = None
    email: Email | None = None


class ConversionError(Part):
    """Why it failed; the codes are listed in docs/errors.md, and the list may grow."""

    code: str = Field(pattern="^[A-Z][A-Z0-9_]{0,99}$", description="Stable code, such as LEAD_NOT_QUALIFIED.")
    message: Text
    retryable: bool = Field(description="Whether the Retry button may be offered.")
    fields: tuple[Line, ...] = Field(default=(), description="Paths of the fields that are wrong.")
    candidates: tuple[Candidate, ...] = Field(default=(), description="Customers with the same e-mail address.")
    existing_conversion_id: OurId | None = Field(default=None, description="The conversion that came first.")
    existing_customer_id: OurId | None = Field(default=None, description="The customer that exists for the lead.")


class ConversionEvent(Event):
    """What all events of a conversion carry."""

    conversion_id: OurId
    lead_id: OurId
    requested_by: RequestedBy | None = Field(default=None, description="Null only where the request could not be read.")
    attempt: Attempt = Field(description="1 for the first attempt.")
    requested_at: Time
    batch_id: OurId | None = Field(default=None, description="The bulk request that it belongs to.")


class ConversionAccepted(ConversionEvent):
    """The request was checked and its conversion began."""

    accepted_at: Time
    implied: tuple[Word, ...] = Field(
        default=(), description="Steps of the lead that the request stands for: lead.contacted, lead.qualified."
    )


class ConversionRetryScheduled(ConversionEvent):
    """An attempt failed; the next one comes by itself."""

    error: ConversionError
    next_retry_at: Time
    scheduled_at: Time


class Skipped(Part):
    """Something that was not taken along."""

    id: OurId
    reason: Line


class ManifestPart(Part):
    """What became of one kind of thing."""

    created: OurIds = ()
    linked: OurIds = ()
    copied: OurIds = ()
    carried_over: OurIds = ()
    closed: OurIds = ()
    skipped: tuple[Skipped, ...] = ()
    count: Count | None = Field(default=None, description="How many were taken along.")


class Manifest(Part):
    """Everything that the conversion created, linked, copied, carried over and skipped."""

    contacts: ManifestPart = ManifestPart()
    opportunities: ManifestPart = ManifestPart()
    messages: ManifestPart = ManifestPart()
    documents: ManifestPart = ManifestPart()
    tasks: ManifestPart = ManifestPart()
    notes: ManifestPart = ManifestPart()
    reminders: ManifestPart = ManifestPart()
    activities: ManifestPart = ManifestPart()
    assignments: ManifestPart = ManifestPart()
    custom_fields: ManifestPart = ManifestPart()


class Warning(Hint):
    """Something to look at after a conversion, such as a customer that may be the same; nothing was refused for it."""

    code: Word = Field(description="Such as DUPLICATE_SUSPECTED or PROBABILITY_OUTSIDE_GUIDELINE; the list is open.")
    reason: Word | None = Field(
        default=None, description="What is the same: name, vat, phone, domain or email_variant; the list is open."
    )
    candidates: tuple[Candidate, ...] = Field(
        default=(), description="At most five customers that may be the same, the latest first."
    )


class ConvertedLead(Part):
    """The lead after its conversion."""

    lead_id: OurId
    status: LeadStatus
    converted_at: Time | None = None


class ConversionCompleted(ConversionEvent):
    """The customer exists: the whole result."""

    completed_at: Time
    customer: Customer
    contacts: tuple[Contact, ...]
    opportunity: Opportunity | None = None
    lead: ConvertedLead
    manifest: Manifest
    warnings: tuple[Warning, ...] = Field(default=(), description="What to look at; empty: nothing.")


class ConversionFailed(ConversionEvent):
    """The conversion ended without a customer; nothing of it remains."""

    failed_at: Time
    error: ConversionError


class ConversionCancelled(ConversionEvent):
    """The conversion was stopped on request; nothing of it remains."""

    cancelled_at: Time
    cancelled_by: RequestedBy | None = None
    reason: Line | None = None


class ConversionReverted(ConversionEvent):
    """A completed conversion was taken back on request."""

    reverted_at: Time
    reverted_by: RequestedBy | None = None
    reason: Line | None = None
    customer_id: OurId
    lead: ConvertedLead | None = Field(default=None, description="The lead after the revert; null: it was erased meanwhile.")


class Blocking(Part):
    """Something that has come of the conversion and has to be undone or moved first."""

    kind: Word = Field(description="order, opportunity, lead, message, task, note, contact and so on; the list is open.")
    id: OurId


class RevertError(ConversionError):
    """Why a conversion is not taken back."""

    blocking: tuple[Blocking, ...] = Field(default=(), description="What stands in the way, at most 20.")
    blocking_count: Count | None = Field(default=None, description="How many stand in the way.")


class ConversionRevertRefused(ConversionEvent):
    """A request to take a conversion back was not granted; the conversion stands as it was."""

    refused_at: Time
    revert_requested_by: RequestedBy | None = None
    reason: Line | None = None
    customer_id: OurId | None = None
    error: RevertError
