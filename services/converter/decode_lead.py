"""From what lead events say to changes of leads and words about their items. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from services.converter.domain.lead import LeadChange, LeadItem
from services.converter.domain.status import ASKED_BY, given
from services.converter.moment import Moment

_ITEM_EVENTS: Final = {"lead.item-added": False, "lead.item-changed": False, "lead.item-removed": True}


def read_lead_event(kind: str, data: Any, moment: Moment) -> LeadChange | LeadItem:
    """What an event of lead.events says, its kind such as `lead.created`."""
    if kind in _ITEM_EVENTS:
        return _item(data.lead_id, data, moment, is_removed=_ITEM_EVENTS[kind])
    if kind == "lead.created":
        return _whole_lead(data.lead_id, data, moment)
    fields = _FIELDS[kind](data) if kind in _FIELDS else {}
    asked = ASKED_BY.get(kind) or fields.pop("status", None)
    return _change(data.lead_id, fields, moment, asked)


def read_snapshot(data: Any, moment: Moment) -> tuple[LeadChange | LeadItem, ...]:
    """The lead that a request brings along, as events of the request's time.

    Its stamp is none that an event on lead.events can have: offsets of two topics may be equal.
    """
    at_request = moment._replace(stamp=moment.stamp + "+")
    items = (_item(data.lead_id, item, at_request, is_removed=False) for item in data.lead.items)
    return (_whole_lead(data.lead_id, data.lead, at_request), *items)


def _whole_lead(lead_id: str, data: Any, moment: Moment) -> LeadChange:
    fields = _said(data)
    return _change(lead_id, fields, moment, given(fields.pop("status", None)))


def _change(lead_id: str, fields: dict[str, Any], moment: Moment, asked: str | None) -> LeadChange:
    assignment = None
    if fields.get("assigned_to") is not None:
        assignment = fields.pop("assignment_id", None) or f"{lead_id}:{moment.event_id}"[:128]
    return LeadChange(lead_id, moment.stamp, moment.at, fields, asked, assignment)


def _item(lead_id: str, data: Any, moment: Moment, *, is_removed: bool) -> LeadItem:
    fields: dict[str, Any] = {}
    if not is_removed:
        fields = data.model_dump(mode="json", exclude_unset=True, exclude={"lead_id", "kind", "item_id"})
    return LeadItem(lead_id, data.kind, data.item_id, fields, moment.stamp, is_removed)


def _said(data: Any) -> dict[str, Any]:
    """The fields that are set; null is set, too."""
    fields: dict[str, Any] = data.model_dump(mode="json", exclude_unset=True, exclude={"lead_id", "items"})
    return fields


def _qualified(data: Any) -> dict[str, Any]:
    """The notes of the event are those of the qualification, where that has none of its own."""
    said = data.qualification.model_dump(mode="json", exclude_unset=True) if data.qualification else {}
    if data.notes is not None:
        said.setdefault("notes", data.notes)
    return {"qualification": said} if said else {}


_FIELDS: Final[dict[str, Callable[[Any], dict[str, Any]]]] = {
    "lead.updated": _said,
    "lead.assigned": lambda data: {"assigned_to": data.rep_id, "assignment_id": data.assignment_id},
    "lead.disqualified": lambda data: {"lost_reason": data.reason},
    "lead.nurturing-started": lambda data: {} if data.tags is None else {"tags": list(data.tags)},
    "lead.qualified": _qualified,
    "lead.scored": lambda data: {"score": data.model_dump(mode="json", exclude_unset=True, exclude={"lead_id"})},
}
