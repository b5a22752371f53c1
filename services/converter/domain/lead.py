"""A lead as its events tell it: for each field the newest event counts, in whatever order the events come. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from services.converter.domain.items import LeadItem
from services.converter.domain.match_keys import KEYED, NO_KEYS, Domains, Keys, match_keys
from services.converter.domain.status import (
    ASKED_BY,
    BACK,
    CONVERTED,
    CONVERTIBLE,
    ERASED,
    NOT_CONVERTIBLE,
    OURS,
    START,
    tell,
    time_of,
)

__all__ = [
    "CONVERTED", "CONVERTIBLE", "NOT_CONVERTIBLE", "Lead", "LeadChange", "LeadItem", "apply", "implied_history", "rekey",
    "stamp", "take_back",
]  # fmt: skip

MERGED: Final = frozenset({"custom_fields", "consent", "qualification"})
"""Fields that are said part by part: a part that is not said stays as it is."""
KEPT: Final = ("created_at", "contacted_at", "qualified_at")
"""What is kept of the fields of a converted lead that is erased: times say nothing of a person."""
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Lead(NamedTuple):
    """A lead's present state.

    `stamps` says for each field, and for each part of a merged one (`custom_fields.size`), which event said it last;
    `history` what each event asked of the status. Both are empty where only a conversion is to be decided.
    """

    lead_id: str
    status: str = START
    fields: Mapping[str, Any] = _NOTHING
    stamps: Mapping[str, str] = _NOTHING
    assignment: Mapping[str, Any] | None = None
    conversion_id: str | None = None
    customer_id: str | None = None
    history: Mapping[str, str] = _NOTHING
    match_keys: Keys = NO_KEYS
    created_at: str | None = None
    contacted_at: str | None = None
    qualified_at: str | None = None
    erased_at: str | None = None
    """When the person first asked to be forgotten; a converted lead is erased without a change of its status."""

    @property
    def has_name(self) -> bool:
        """Whether enough is known to name a customer; if not, lead.created has not come yet.

        An erased lead needs no name, and a converted one has had one.
        """
        return self.status in (ERASED, CONVERTED) or any(
            self.fields.get(name) for name in ("company_name", "first_name", "last_name", "email")
        )


class LeadChange(NamedTuple):
    """What one lead event says: the fields that it sets, and the status that it asks for (a word of `status.History`).

    `assignment_id` names the assignment that it opens, if it sets `assigned_to`.
    """

    lead_id: str
    stamp: str
    at: str
    fields: Mapping[str, Any]
    status: str | None = None
    assignment_id: str | None = None


def stamp(time: str, offset: int) -> str:
    """What orders the events of a lead: first their time, then their place in the topic. Compares as text.

    >>> stamp("2026-11-22T08:00:00Z", 7) < stamp("2026-11-22T08:00:00.5Z", 3)
    True
    """
    seconds, _, fraction = time.removesuffix("Z").partition(".")
    return f"{seconds}.{fraction:0<6}/{offset:020d}"


def apply(lead: Lead, changes: Iterable[LeadChange]) -> Lead:
    """The lead after more events.

    A tombstone stays as it is. A converted lead keeps its status and its assignment; once erased, only times of its own.
    """
    if lead.status == ERASED:
        erasures = (time_of(change.stamp) for change in changes if change.status == ERASED)
        return lead._replace(erased_at=min(_known(lead.erased_at, *erasures), default=None))
    fields, stamps, history = dict(lead.fields), dict(lead.stamps), dict(lead.history)
    assignment = lead.assignment
    for change in changes:
        _say(fields, stamps, change)
        if change.status is not None:
            history[change.stamp] = change.status
        if "assigned_to" in change.fields and stamps["assigned_to"] == change.stamp and lead.status != CONVERTED:
            assignment = _assignment(change)
    said = lead._replace(fields=fields, stamps=stamps, history=history, assignment=assignment)
    return _follow(said)


def implied_history(implied: Iterable[str], at: str) -> dict[str, str]:
    """What the steps that a conversion implied ask of its lead's status, in their order, at the conversion's time."""
    return {f"{stamp(at, 0)}+{number}": ASKED_BY[step] for number, step in enumerate(implied)}


def take_back(lead: Lead, at: str) -> Lead:
    """The lead without its conversion: qualified again, and worked on by whom it was given last. An erased one stays so."""
    history = {**lead.history, stamp(at, 0) + "<": BACK}
    return _follow(
        lead._replace(status=START, conversion_id=None, customer_id=None, history=history, assignment=_assignment_again(lead, at))
    )


def _assignment_again(lead: Lead, at: str) -> Mapping[str, Any] | None:
    """The one that the conversion closed, unless the lead was given to somebody else meanwhile."""
    rep_id, before = lead.fields.get("assigned_to"), lead.assignment
    if not rep_id:
        return None
    if before and before["rep_id"] == rep_id:
        return {**before, "status": "active", "closed_at": None}
    assignment_id = f"{lead.lead_id}:{lead.conversion_id}"[:128]
    return {"assignment_id": assignment_id, "rep_id": rep_id, "status": "active", "opened_at": at, "closed_at": None}


def rekey(lead: Lead, changes: Iterable[LeadChange], free_mail: Domains) -> Lead:
    """The lead with the keys of its fields, after these changes. A converted one keeps those by which its customer is found."""
    if lead.status == CONVERTED or all(KEYED.isdisjoint(change.fields) for change in changes):
        return lead
    return lead._replace(match_keys=match_keys(lead.fields, free_mail))


def _follow(lead: Lead) -> Lead:
    """Bring the status, and the times that follow from it, up to the lead's history."""
    story = tell(lead.history)
    if story.status == ERASED:
        lead = _without_person(lead, story.erased_at)
        if lead.status == ERASED:
            return lead
    said = lead.fields.get
    return lead._replace(
        status=lead.status if lead.status in OURS else story.status,
        created_at=said("created_at") or story.created_at,
        contacted_at=min(_known(said("contacted_at"), story.contacted_at), default=None),
        qualified_at=max(_known(said("qualified_at"), story.qualified_at), default=None),
    )


def _without_person(lead: Lead, erased_at: str | None) -> Lead:
    """The tombstone of a lead; of a converted one what its customer's history needs: ids, statuses, times."""
    if lead.status != CONVERTED:
        return Lead(lead.lead_id, ERASED, conversion_id=lead.conversion_id, erased_at=erased_at)
    fields, stamps = ({name: each[name] for name in KEPT if name in each} for each in (lead.fields, lead.stamps))
    return lead._replace(fields=fields, stamps=stamps, erased_at=erased_at, match_keys=NO_KEYS)


def _known(*times: str | None) -> list[str]:
    return [time for time in times if time]


def _say(fields: dict[str, Any], stamps: dict[str, str], change: LeadChange) -> None:
    for name, value in change.fields.items():
        if name in MERGED:
            _say_parts(fields, stamps, name, change)
        elif stamps.get(name, "") < change.stamp:
            stamps[name] = change.stamp
            fields[name] = value


def _say_parts(fields: dict[str, Any], stamps: dict[str, str], name: str, change: LeadChange) -> None:
    """Set each part that is said. Null clears all parts that were said before; its stamp is that of the whole field."""
    said, cleared = change.fields[name], stamps.get(name, "")
    parts = dict(fields.get(name) or {})
    if said is None:
        stamps[name] = cleared = max(cleared, change.stamp)
        for part in [part for part in parts if stamps.get(f"{name}.{part}", "") <= cleared]:
            del parts[part]
            stamps.pop(f"{name}.{part}", None)
    for part, value in (said or {}).items():
        if max(cleared, stamps.get(f"{name}.{part}", "")) < change.stamp:
            stamps[f"{name}.{part}"] = change.stamp
            parts[part] = value
    if parts or name in stamps:
        fields[name] = parts or None


def _assignment(change: LeadChange) -> Mapping[str, Any] | None:
    """The assignment that the newest word opens; null: nobody works the lead any longer."""
    if change.fields["assigned_to"] is None:
        return None
    return {
        "assignment_id": change.assignment_id,
        "rep_id": change.fields["assigned_to"],
        "status": "active",
        "opened_at": change.at,
        "closed_at": None,
    }
