"""`conversion.requests`: what people and systems ask for; and `conversion.progress`, which says that work has begun."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from leadline.contracts.events.leads import LeadSnapshot
from leadline.contracts.events.types import (
    Code,
    Currency,
    CustomerType,
    Day,
    DuplicatePolicy,
    Email,
    Event,
    FieldName,
    Id,
    Ids,
    Line,
    Money,
    Origin,
    OurId,
    OurIds,
    Part,
    Percent,
    Stage,
    Text,
    Time,
    Word,
)  # fmt: skip


class Requester(Part):
    """Who asks; only the id is needed."""

    id: Id
    name: Line | None = None
    email: Email | None = None


class CustomFieldChoice(Part):
    """What becomes of one custom field of the lead."""

    as_: Literal["custom", "standard", "skip"] = Field(
        alias="as", description="custom: stays a custom field; standard: goes into `target`; skip: is left out."
    )
    target: Word | None = Field(default=None, description="Standard field of the customer; needed with `standard`.")


class OpportunityOptions(Part):
    """The opportunity to open; what is missing is answered by OPPORTUNITY_INVALID, so nothing is required here."""

    name: Line | None = None
    value: Money | None = None
    currency: Currency | None = None
    stage: Stage | None = None
    probability: Percent | None = Field(default=None, description="Chance of winning in percent.")
    expected_close_date: Day | None = None


class ConversionOptions(Part):
    """How to convert; what is absent or null follows the profile."""

    customer_code: Code | None = Field(default=None, description="The customer's code; null: the lead's, else a new one.")
    branch_id: Id | None = None
    customer_type: CustomerType | None = Field(default=None, description="Null: as the profile says.")
    notes: Text | None = Field(default=None, description="About this conversion.")
    copy_messages: bool | None = Field(default=None, description="Link the lead's messages to the customer too.")
    copy_documents: bool | None = Field(default=None, description="Give the customer copies of the lead's documents.")
    contact_ids: Ids | None = Field(default=None, description="The lead's contacts to take along; null: as the profile says.")
    duplicate_policy: DuplicatePolicy | None = Field(
        default=None,
        description="Where a customer has this e-mail address: reject, link_existing, or fill_empty (link, fill gaps).",
    )
    custom_fields: dict[FieldName, CustomFieldChoice] | None = None
    opportunity: OpportunityOptions | None = None


class ConversionRequested(Event):
    """Turn this lead into a customer."""

    lead_id: Id
    requested_by: Requester
    origin: Origin | None = None
    profile: Word | None = Field(default=None, description="Profile to convert by; null: that of the installation.")
    options: ConversionOptions | None = None
    batch_id: Id | None = Field(default=None, description="Names the bulk request that this one belongs to.")
    fingerprint: Word | None = Field(
        default=None, description="Of a preview: refused where the lead or a candidate has changed since."
    )
    lead: LeadSnapshot | None = None


class ConversionCommand(Event):
    """What all requests about a conversion that exists carry."""

    conversion_id: Id
    lead_id: Id | None = Field(default=None, description="The record's key, repeated.")
    requested_by: Requester
    reason: Line | None = None


class ConversionRetryRequested(ConversionCommand):
    """Try this conversion again, now."""

    duplicate_policy: DuplicatePolicy | None = Field(default=None, description="Another policy than that of the request.")


class ConversionCancelRequested(ConversionCommand):
    """Stop this conversion, if it is not over."""


class ConversionRevertRequested(ConversionCommand):
    """Take this completed conversion back."""


class ConversionProcessingStarted(Event):
    """The converter works on these conversions; best effort, and never a promise about their outcome."""

    conversion_ids: OurIds
    started_at: Time
    instance: OurId | None = Field(default=None, description="The process that works on them.")
