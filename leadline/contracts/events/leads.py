"""`lead.events`: what upstream tells about a lead. An older event never overwrites a newer one."""

from __future__ import annotations

from typing import Final, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from leadline.contracts.events.types import (
    Address,
    Bytes,
    Code,
    Currency,
    CustomFields,
    Day,
    Email,
    Event,
    Id,
    Line,
    Link,
    Money,
    Origin,
    Part,
    Percent,
    Score,
    Stage,
    Text,
    Time,
    Word,
)  # fmt: skip

NAMING = ("first_name", "last_name", "company_name", "email")
"""A lead is created with at least one of these."""
_NAMED = ConfigDict(
    json_schema_extra={
        "anyOf": [{"properties": {name: {"type": "string", "minLength": 1}}, "required": [name]} for name in NAMING]
    }
)

LOST_REASONS: Final = frozenset(
    {"no_budget", "no_authority", "no_need", "no_timeline", "bad_fit", "competitor", "not_ready", "other"}
)
"""Why a lead may be lost; LEADLINE_LOST_REASONS adds others."""
CHECKLIST: Final = (
    "budget_confirmed", "decision_maker_engaged", "need_stated", "realistic_timeline", "technical_needs_understood",
    "good_fit", "no_blocking_competitor",
)  # fmt: skip
"""The check points of a qualification; others may be added."""

GivenStatus = Literal["new", "contacted", "qualified", "nurturing", "disqualified", "junk"]
SetStatus = Literal["contacted", "nurturing"]
ItemKind = Literal["contact", "message", "document", "note", "task", "reminder", "activity", "opportunity"]


class Geo(Part):
    """A position on the map."""

    latitude: float = Field(ge=-90, le=90, allow_inf_nan=False, description="Degrees, north is positive.")
    longitude: float = Field(ge=-180, le=180, allow_inf_nan=False, description="Degrees, east is positive.")


class LeadScore(Part):
    """The two halves of a lead's score; total, grade and temperature follow from them."""

    behavioral: Score = Field(description="0-50, from what the person does.")
    demographic: Score = Field(description="0-50, from who the person is.")


class Qualification(Part):
    """What is known by the BANT method (budget, authority, need, timeline) and the checklist."""

    budget: Text | None = None
    authority: Text | None = None
    need: Text | None = None
    timeline: Text | None = None
    checklist: dict[Word, bool] | None = Field(
        default=None, description=f"Check points by name, done or not, said as a whole: {', '.join(CHECKLIST)}, or others."
    )
    notes: Text | None = None


class LeadFields(Part):
    """Every field of a lead but its status; absent and null mean the same, except in lead.updated."""

    code: Code | None = Field(default=None, description="The lead's own code in the source system.")
    name: Line | None = Field(default=None, description="Name to display, where it is not the parts put together.")
    first_name: Line | None = None
    last_name: Line | None = None
    company_name: Line | None = None
    department: Line | None = None
    job_title: Line | None = None
    email: Email | None = None
    phone: Line | None = None
    address: Address | None = Field(default=None, description="Said as a whole: a new address keeps no part of the old one.")
    vat: Line | None = Field(default=None, description="VAT number as its source wrote it.")
    geo: Geo | None = None
    source: Line | None = Field(default=None, description="How the lead was won, such as fair or website.")
    origin: Origin | None = None
    tags: tuple[Line, ...] | None = Field(default=None, description="Words to find it by, said as a whole.")
    notes: Text | None = None
    custom_fields: CustomFields | None = Field(
        default=None,
        description="Fields that only this installation has, by name; one that is not said stays, null clears them all.",
    )
    estimated_value: Money | None = None
    currency: Currency | None = Field(default=None, description="ISO 4217 code of estimated_value, such as EUR.")
    probability: Percent | None = Field(default=None, description="Chance of a sale in percent.")
    score: LeadScore | None = None
    qualification: Qualification | None = Field(
        default=None, description="What is known by the BANT method; a part that is not said stays, null clears them all."
    )
    lost_reason: Word | None = Field(default=None, description="Why the lead is lost: as the reason of lead.disqualified.")
    discovered_by: Id | None = Field(default=None, description="The rep who found the lead.")
    assigned_to: Id | None = Field(default=None, description="The rep who works the lead.")
    consent: CustomFields | None = Field(
        default=None, description="What the person agreed to, by name; one that is not said stays, null clears them all."
    )
    created_at: Time | None = Field(default=None, description="When the source system had it first; else the event's time.")
    contacted_at: Time | None = Field(default=None, description="First contact, where it is older than what events tell.")
    qualified_at: Time | None = Field(default=None, description="Last qualification, where no event tells a later one.")


class Item(Part):
    """Something that hangs on a lead; which fields it has depends on its kind, and all of them are optional."""

    kind: ItemKind
    item_id: Id
    first_name: Line | None = Field(default=None, description="Contact.")
    last_name: Line | None = Field(default=None, description="Contact.")
    email: Email | None = Field(default=None, description="Contact: e-mail address.")
    phone: Line | None = Field(default=None, description="Contact.")
    job_title: Line | None = Field(default=None, description="Contact.")
    role: Line | None = Field(default=None, description="Contact: such as champion or supervisor.")
    is_primary: bool | None = Field(default=None, description="Contact: whether it is the main one.")
    subject: Line | None = Field(default=None, description="Message, task, reminder or activity: its title.")
    text: Text | None = Field(default=None, description="Message, note, reminder or activity: its words.")
    direction: Literal["in", "out"] | None = Field(default=None, description="Message: received or sent.")
    channel: Word | None = Field(default=None, description="Message: such as email or phone.")
    file_name: Line | None = Field(default=None, description="Document.")
    media_type: Line | None = Field(default=None, description="Document: such as application/pdf.")
    content_hash: Line | None = Field(default=None, description="Document: names the content, so that copies share it.")
    size_bytes: Bytes | None = Field(default=None, description="Document: size in bytes.")
    url: Link | None = Field(default=None, description="Document: where the content is.")
    due_date: Day | None = Field(default=None, description="Task: the day it is due.")
    remind_at: Time | None = Field(default=None, description="Reminder: when to remind.")
    priority: Word | None = Field(default=None, description="Task: such as high.")
    done: bool | None = Field(default=None, description="Task or reminder: whether it is done.")
    activity: Word | None = Field(default=None, description="Activity: what was done, such as visit or call.")
    name: Line | None = Field(default=None, description="Opportunity.")
    value: Money | None = Field(default=None, description="Opportunity: decimal text in the unit of its currency.")
    currency: Currency | None = Field(default=None, description="Opportunity: ISO 4217 code.")
    stage: Stage | None = Field(default=None, description="Opportunity.")
    probability: Percent | None = Field(default=None, description="Opportunity: chance of winning in percent.")
    expected_close_date: Day | None = Field(default=None, description="Opportunity: day it is expected to be closed.")
    by: Id | None = Field(default=None, description="Who wrote or did it.")
    occurred_at: Time | None = Field(default=None, description="When it was written, sent or done.")


class LeadEvent(Event):
    """What all events of a lead carry."""

    lead_id: Id


class NamedLead(LeadFields):
    """A lead that somebody could call or write to: it has a name, a company or an e-mail address."""

    model_config = _NAMED

    status: GivenStatus | None = Field(
        default=None, description="Status in the source system, for leads that are not new; only a conversion gives others."
    )

    @model_validator(mode="after")
    def _has_a_name(self) -> Self:
        if not (self.first_name or self.last_name or self.company_name or self.email):
            raise PydanticCustomError("lead_name", "expected at least one of first_name, last_name, company_name, email")
        return self


class LeadCreated(NamedLead, LeadEvent):
    """A lead came into being in the source system."""


class LeadSnapshot(NamedLead):
    """A whole lead with its items, for an upstream that publishes no lead events."""

    lead_id: Id | None = Field(default=None, description="Where given, the same as the request's lead_id.")
    items: tuple[Item, ...] = ()


class LeadUpdated(LeadFields, LeadEvent):
    """Some fields of a lead changed: a field that is absent stays, null clears it (see `model_fields_set`)."""

    status: SetStatus | None = Field(
        default=None, description="As lead.contacted or lead.nurturing-started; every other status has an event of its own."
    )


class LeadContacted(LeadEvent):
    """Somebody spoke or wrote to the lead."""

    notes: Text | None = None
    by: Id | None = None


class LeadQualified(LeadEvent):
    """The lead is fit to be converted."""

    notes: Text | None = Field(default=None, description="Kept as the notes of the qualification, if that has none itself.")
    by: Id | None = None
    qualification: Qualification | None = None


class LeadDisqualified(LeadEvent):
    """The lead is lost."""

    reason: Word = Field(
        description="One of no_budget, no_authority, no_need, no_timeline, bad_fit, competitor, not_ready and other, "
        "or what LEADLINE_LOST_REASONS adds; any other is refused."
    )
    notes: Text | None = None
    by: Id | None = None


class LeadNurturingStarted(LeadEvent):
    """The lead is kept warm for later."""

    notes: Text | None = None
    by: Id | None = None
    tags: tuple[Line, ...] | None = None


class LeadJunked(LeadEvent):
    """The lead is no real one: spam, a test or a mistake."""

    reason: Line | None = None
    by: Id | None = None


class LeadRestored(LeadEvent):
    """A lead that was junk is back, as new."""

    reason: Line | None = None
    by: Id | None = None


class LeadScored(LeadEvent):
    """The lead's score was set anew."""

    behavioral: Score = Field(description="0-50, from what the person does.")
    demographic: Score = Field(description="0-50, from who the person is.")
    reason: Text | None = None
    by: Id | None = None


class LeadAssigned(LeadEvent):
    """A rep works the lead from now on; an earlier assignment ends."""

    rep_id: Id
    assignment_id: Id | None = Field(default=None, description="Names the assignment; else the event's id does.")
    by: Id | None = None


class LeadItemAdded(Item, LeadEvent):
    """A contact, message, document, note, task, reminder, activity or opportunity was put to the lead."""


class LeadItemChanged(Item, LeadEvent):
    """Some fields of an item changed: a field that is absent stays, null clears it (see `model_fields_set`)."""


class LeadItemRemoved(LeadEvent):
    """An item was taken from the lead."""

    kind: ItemKind
    item_id: Id
    by: Id | None = None


class LeadErased(LeadEvent):
    """The person asked to be forgotten (GDPR). Final: no event before or after it brings anything of the lead back."""

    reason: Line | None = None
    by: Id | None = None
