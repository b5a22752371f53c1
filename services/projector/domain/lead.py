"""A lead, from its events in whatever order they came, and from the conversion that made a customer of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from services.projector.domain.event import Event, Json
from services.projector.domain.fields import NOTHING_SAID, Fields

_STATUS = {
    "lead.created": "new",
    "lead.contacted": "contacted",
    "lead.qualified": "qualified",
    "lead.disqualified": "disqualified",
    "lead.nurturing-started": "nurturing",
    "lead.junked": "junk",
    "lead.restored": "new",
}
_NOT_A_FIELD = frozenset({"lead_id", "status", "items"})
_NOT_PERSONAL = frozenset({"status", "status_at"})
_NOT_WHILE_CONVERTING = frozenset({"disqualified", "junk"})


@dataclass(frozen=True, slots=True)
class Lead:
    """What is known of one lead. `erased` is the stamp of its erasure: nothing said before it is kept.

    `customer_id` and `conversion_id` come from the conversion that succeeded.
    """

    lead_id: str
    fields: Fields = NOTHING_SAID
    created_at: str | None = None
    updated_at: str | None = None
    erased: str | None = None
    converted_at: str | None = None
    customer_id: str | None = None
    conversion_id: str | None = None

    def status(self, *, has_open_conversion: bool) -> str:
        """Converted stays converted; converting is shown while a conversion is under way."""
        said = str(self.fields.values.get("status", "new"))
        if self.customer_id is not None:
            return "converted"
        return "converting" if has_open_conversion and said not in _NOT_WHILE_CONVERTING else said


def apply_event(lead: Lead, event: Event) -> Lead:
    """Merge one event of `lead.events`."""
    if event.name == "lead.erased":
        return _erase(lead, event)
    return _merge(lead, event, _changes(event))


def apply_embedded(lead: Lead, event: Event, embedded: Json) -> Lead:
    """Merge the lead that a conversion request brought along, with the request's time."""
    return _merge(lead, event, _plain_fields(embedded) | _status(embedded.get("status"), event.at))


def apply_conversion(lead: Lead, event: Event) -> Lead:
    """Take over from `conversion.completed` that the lead is converted; the first one stands."""
    lead = _seen(lead, event.at)
    if lead.converted_at is not None and lead.converted_at <= event.at:
        return lead
    return replace(
        lead,
        converted_at=event.at,
        customer_id=(event.data.get("customer") or {}).get("customer_id"),
        conversion_id=event.data["conversion_id"],
    )


def _changes(event: Event) -> dict[str, Any]:
    """The fields that an event sets; items are kept in the history only."""
    data = event.data
    match event.name:
        case "lead.created" | "lead.updated":
            changes = _plain_fields(data)
        case "lead.assigned":
            changes = {"assigned_to": data.get("rep_id")}
        case "lead.scored":
            changes = {"score": _score(data)}
        case "lead.contacted":
            changes = {"contacted_at": event.at}
        case "lead.qualified":
            changes = {"qualified_at": event.at} | _given(data, "qualification")
        case "lead.disqualified":
            changes = {"lost_reason": data.get("reason")}
        case "lead.nurturing-started":
            changes = _given(data, "tags")
        case _:
            changes = {}
    status = _given(data, "status").get("status", _STATUS.get(event.name))
    return changes | _status(status, event.at)


def _plain_fields(data: Json) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in _NOT_A_FIELD}


def _status(status: str | None, at: str) -> dict[str, Any]:
    """The fields of a new status, unless it is one that only a conversion gives."""
    return {"status": status, "status_at": at} if status in _STATUS.values() else {}


def _given(data: Json, name: str) -> dict[str, Any]:
    return {} if data.get(name) is None else {name: data[name]}


def _score(data: Json) -> Mapping[str, Any]:
    behavioral, demographic = data["behavioral"], data["demographic"]
    return {"behavioral": behavioral, "demographic": demographic, "total": behavioral + demographic}


def _merge(lead: Lead, event: Event, changes: Mapping[str, Any]) -> Lead:
    lead = _seen(_seen(lead, event.at), changes.get("created_at") or event.at)
    if lead.erased is not None and event.stamp <= lead.erased:
        changes = {name: value for name, value in changes.items() if name in _NOT_PERSONAL}
    return replace(lead, fields=lead.fields.merge(changes, event.stamp))


def _erase(lead: Lead, event: Event) -> Lead:
    """Drop every field that was said before, but what is no personal data."""
    stamp = max(event.stamp, lead.erased or "")
    kept = {name for name, said in lead.fields.times.items() if said > stamp or name in _NOT_PERSONAL}
    fields = Fields({name: lead.fields.values[name] for name in kept}, {name: lead.fields.times[name] for name in kept})
    return replace(_seen(lead, event.at), fields=fields, erased=stamp)


def _seen(lead: Lead, at: str) -> Lead:
    """Widen the time from creation to the last word; a lead may be older than its first event."""
    return replace(lead, created_at=min(lead.created_at or at, at), updated_at=max(lead.updated_at or at, at))
