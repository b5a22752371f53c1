"""A lead as its events tell it: for each field the newest event counts, in whatever order the events come."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

STATUS_BY_EVENT: Final = {
    "lead.contacted": "contacted",
    "lead.qualified": "qualified",
    "lead.disqualified": "disqualified",
    "lead.nurturing-started": "nurturing",
    "lead.junked": "junk",
    "lead.restored": "new",
    "lead.erased": "erased",
}
STATUS_STAMP: Final = "status!"  # beside the stamps of fields, of which none has this name
CONVERTIBLE: Final = "qualified"
CONVERTED: Final = "converted"
OURS: Final = frozenset({"converting", "converted"})  # no event from outside brings a lead there
NOT_CONVERTIBLE: Final = frozenset({"disqualified", "junk", "erased"})


class Lead(NamedTuple):
    """A lead's present state. `stamps` says for each field, and for `status`, which event said it last."""

    lead_id: str
    status: str = "new"
    fields: Mapping[str, Any] = MappingProxyType({})
    stamps: Mapping[str, str] = MappingProxyType({})
    assignment: Mapping[str, Any] | None = None
    conversion_id: str | None = None
    customer_id: str | None = None

    @property
    def has_name(self) -> bool:
        """Whether enough is known to name a customer; if not, lead.created has not come yet."""
        return any(self.fields.get(name) for name in ("company_name", "first_name", "last_name", "email"))


class LeadChange(NamedTuple):
    """One lead event: its kind (`lead.updated`), when it was (a stamp, see `stamp`), and the fields that it sets."""

    lead_id: str
    kind: str
    stamp: str
    event_id: str
    at: str
    fields: Mapping[str, Any]


class LeadItem(NamedTuple):
    """A thing that hangs on a lead, or its removal."""

    lead_id: str
    kind: str
    item_id: str
    fields: Mapping[str, Any]
    stamp: str
    is_removed: bool


def stamp(time: str, offset: int) -> str:
    """What orders the events of a lead: first their time, then their place in the topic. Compares as text.

    >>> stamp("2026-11-22T08:00:00Z", 7) < stamp("2026-11-22T08:00:00.5Z", 3)
    True
    """
    seconds, _, fraction = time.removesuffix("Z").partition(".")
    return f"{seconds}.{fraction:0<6}/{offset:020d}"


def apply(lead: Lead, change: LeadChange) -> Lead:
    """The lead after one more event. A converted lead keeps its status whatever comes."""
    stamps = dict(lead.stamps)
    fields = dict(lead.fields)
    for name, value in change.fields.items():
        if stamps.get(name, "") < change.stamp:
            stamps[name] = change.stamp
            fields[name] = value
    changed = lead._replace(fields=fields, stamps=stamps)
    if change.fields.get("assigned_to"):
        changed = _assign(changed, change)
    return _change_status(changed, change, stamps)


def _change_status(lead: Lead, change: LeadChange, stamps: dict[str, str]) -> Lead:
    status = STATUS_BY_EVENT.get(change.kind) or change.fields.get("status")
    if change.kind == "lead.created":
        status = status or "new"
    if status is None or status in OURS or stamps.get(STATUS_STAMP, "") >= change.stamp:
        return lead
    stamps[STATUS_STAMP] = change.stamp
    return lead if lead.status == CONVERTED else lead._replace(status=status, stamps=stamps)


def _assign(lead: Lead, change: LeadChange) -> Lead:
    """The newest assignment is the active one."""
    if lead.stamps.get("assigned_to") != change.stamp or lead.status == CONVERTED:
        return lead
    assignment = {
        "assignment_id": f"{lead.lead_id}:{change.event_id}"[:128],
        "rep_id": change.fields["assigned_to"],
        "status": "active",
        "opened_at": change.at,
        "closed_at": None,
    }
    return lead._replace(assignment=assignment)
