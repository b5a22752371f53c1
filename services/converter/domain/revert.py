"""Taking a completed conversion back: whether that may be, and what is to be undone. Pure.

A customer that the conversion made goes with all that is its own. One that existed before stays: the lead is unlinked,
what came with it goes, and a value that the conversion filled is cleared where it is still the one that was put there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from leadline.contracts.codes import ErrorCode
from services.converter.domain.lead import Lead, take_back
from services.converter.domain.names import id_space, name_id

MOST_NAMED: Final = 20
"""Of the records that stand in the way; beyond that they are only counted."""


_MADE_BY_REQUEST: Final = {
    "customer.message-logged": "message",
    "customer.task-added": "task",
    "customer.contact-added": "contact",
    "customer.note-added": "note",
    "opportunity.create-requested": "opportunity",
}


class Revert(NamedTuple):
    """A request to take a conversion back, with its identity; `digest` tells a repeat from another request with its key."""

    revert_id: str
    idempotency_key: str
    conversion_id: str
    lead_id: str
    digest: bytes
    requested_by: Mapping[str, Any]
    reason: str | None
    asked_at: datetime


class Blocking(NamedTuple):
    """What stands in the way: at most `MOST_NAMED` records, each with its kind and id, and how many there are."""

    records: Sequence[Mapping[str, str]] = ()
    total: int = 0


class RevertRefusal(NamedTuple):
    """Why a conversion is not taken back."""

    code: ErrorCode
    blocking: Blocking = Blocking()


class Fill(NamedTuple):
    """What a conversion put into empty fields: by field, and by contact and field."""

    changes: Mapping[str, Any]
    contact_changes: Mapping[str, Mapping[str, Any]]


NOTHING_FILLED: Final = Fill({}, {})


class Found(NamedTuple):
    """What a conversion has left, as it is now.

    What lies at the customer is looked up only where the customer stays: its contacts, and of the conversion's lead the
    opportunities and items.
    """

    conversion_id: str
    lead: Lead
    customer: Mapping[str, Any]
    contacts: Sequence[Mapping[str, Any]] = ()
    opportunities: Sequence[Mapping[str, Any]] = ()
    items: Sequence[Mapping[str, str]] = ()
    fill: Fill = NOTHING_FILLED

    @property
    def is_maker(self) -> bool:
        """Whether the conversion made the customer; else it linked the lead to one that was there."""
        return bool(self.customer["conversion_id"] == self.conversion_id)

    @property
    def own_contacts(self) -> list[str]:
        """The contacts that the conversion made, by id."""
        return _own(self.conversion_id, "contact", self.contacts)

    @property
    def own_opportunities(self) -> list[str]:
        """The opportunities that the conversion made, by id."""
        return _own(self.conversion_id, "opportunity", self.opportunities)


class Undone(NamedTuple):
    """What is undone: the lead as it is without its conversion, and what is removed or cleared at its customer."""

    found: Found
    lead: Lead
    cleared: Sequence[str] = ()
    cleared_contacts: Mapping[str, Sequence[str]] = {}


def refuse_by_conversion(state: str, completed_at: datetime | None, asked_at: datetime, within: timedelta) -> ErrorCode | None:
    """Only a completed conversion is taken back, and only when that is asked for in time."""
    if state != "completed" or completed_at is None:
        return ErrorCode.CONVERSION_NOT_COMPLETED
    return ErrorCode.REVERT_TOO_LATE if asked_at - completed_at > within else None


def named_request(kind: str, id: str) -> dict[str, str]:
    """A record that stands in the way: for a request about the customer, what it has made, under that thing's own id."""
    thing = _MADE_BY_REQUEST.get(kind)
    return {"kind": kind, "id": id} if thing is None else {"kind": thing, "id": name_id(id_space(id), thing)}


def undo(found: Found, now: str) -> Undone:
    """Everything that is taken back; `now` is the time that all of it carries."""
    lead = take_back(found.lead, now)
    if found.is_maker:
        return Undone(found, lead)
    fill, contacts = found.fill, {each["contact_id"]: each for each in found.contacts}
    gone = set(found.own_contacts)
    filled = {
        id: _still(values, contacts[id]) for id, values in fill.contact_changes.items() if id in contacts and id not in gone
    }
    return Undone(found, lead, _still(fill.changes, found.customer), {id: names for id, names in filled.items() if names})


def _still(put: Mapping[str, Any], present: Mapping[str, Any]) -> list[str]:
    """The fields that still have the value that was put into them."""
    return [name for name, value in put.items() if present.get(name) == value]


def _own(conversion_id: str, kind: str, things: Iterable[Mapping[str, Any]]) -> list[str]:
    """Those whose id is made from the conversion's: the one of its own, and those that were the lead's."""
    space, id_name = id_space(conversion_id), f"{kind}_id"
    names = ((each[id_name], each[f"lead_{id_name}"]) for each in things)
    return [id for id, of_lead in names if id == name_id(space, kind if of_lead is None else f"{kind}:{of_lead}")]
