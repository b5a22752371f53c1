"""A lead, from its events in whatever order they came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from services.projector.domain.event import Event, Json, canonical_time
from services.projector.domain.fields import NOTHING_SAID, Fields, split_parts
from services.projector.domain.lead_status import Saying, Sayings, milestones, saying_of, saying_of_embedded

SAID_BY_PARTS = frozenset({"custom_fields", "consent", "qualification"})
_MILESTONES = ("contacted_at", "qualified_at")
_NOT_A_FIELD = frozenset({"lead_id", "status", "items"})


@dataclass(frozen=True, slots=True)
class Lead:
    """What is known of one lead. `erased` is the stamp of its first erasure, which is final: no field is kept, whenever said.

    When it had which status before is no personal data and stays.
    """

    lead_id: str
    fields: Fields = NOTHING_SAID
    sayings: Sayings = field(default_factory=dict)
    created_at: str | None = None
    updated_at: str | None = None
    erased: str | None = None


def apply_event(lead: Lead, event: Event) -> Lead:
    """Merge one event of `lead.events`."""
    if event.name == "lead.erased":
        return _erase(lead, event)
    return _say(_merge(lead, event, _changes(event)), event, saying_of(event))


def apply_embedded(lead: Lead, event: Event, embedded: Json) -> Lead:
    """Merge the lead that a conversion request brought along, with the request's time."""
    return _say(_merge(lead, event, _plain_fields(embedded)), event, saying_of_embedded(embedded))


def apply_conversion(lead: Lead, event: Event) -> Lead:
    """Take note that a conversion of the lead has ended; what it means is told by the lead's conversions."""
    return _seen(lead, event.at)


def _changes(event: Event) -> Json:
    """The fields that an event sets."""
    fields = _FIELDS.get(event.name)
    return fields(event) if fields else {}


def _plain_fields(data: Json) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in _NOT_A_FIELD}


def _given(data: Json, name: str) -> dict[str, Any]:
    return {} if data.get(name) is None else {name: data[name]}


_FIELDS: Mapping[str, Callable[[Event], Json]] = {
    "lead.created": lambda event: _plain_fields(event.data),
    "lead.updated": lambda event: _plain_fields(event.data),
    "lead.assigned": lambda event: {"assigned_to": event.data.get("rep_id")},
    "lead.scored": lambda event: {"score": {name: event.data[name] for name in ("behavioral", "demographic")}},
    "lead.qualified": lambda event: _given(event.data, "qualification"),
    "lead.disqualified": lambda event: {"lost_reason": event.data.get("reason")},
    "lead.nurturing-started": lambda event: _given(event.data, "tags"),
}


def _say(lead: Lead, event: Event, saying: Saying | None) -> Lead:
    return lead if saying is None else replace(lead, sayings={**lead.sayings, event.stamp: saying})


def _merge(lead: Lead, event: Event, changes: Mapping[str, Any]) -> Lead:
    born = changes.get("created_at")
    lead = _seen(_seen(lead, event.at), canonical_time(born) if born else event.at)
    if lead.erased is not None:
        return lead
    return replace(lead, fields=lead.fields.merge(split_parts(changes, SAID_BY_PARTS), event.stamp))


def _erase(lead: Lead, event: Event) -> Lead:
    stamp = min(event.stamp, lead.erased or event.stamp)
    return replace(_seen(lead, event.at), fields=NOTHING_SAID, erased=stamp)


def contacted_and_qualified(lead: Lead) -> tuple[str | None, str | None]:
    """The first contact and the newest qualification; a source system may know of an older contact or a newer qualification."""
    told = milestones(sayings_of(lead))
    given = [canonical_time(text) if (text := lead.fields.values.get(name)) else None for name in _MILESTONES]
    contacts, qualifications = ([time for time in times if time] for times in zip(told, given, strict=True))
    return min(contacts, default=None), max(qualifications, default=None)


def sayings_of(lead: Lead) -> Sayings:
    """What counts for the lead's status: nothing that was said after its erasure."""
    if lead.erased is None:
        return lead.sayings
    return {stamp: saying for stamp, saying in lead.sayings.items() if stamp < lead.erased}


def _seen(lead: Lead, at: str) -> Lead:
    """Widen the time from creation to the last word; a lead may be older than its first event."""
    return replace(lead, created_at=min(lead.created_at or at, at), updated_at=max(lead.updated_at or at, at))
