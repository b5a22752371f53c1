"""What hangs on a lead and goes on with the customer: linked, copied, carried over, or left out with a reason. Pure.

Messages and activities stay one record with two owners; a document becomes a record of the customer's own that shares the
content; open tasks and reminders, and notes, go on with the customer; the lead's opportunities become the customer's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from services.converter.domain.names import name_id

Items = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""The things of one lead that were not removed: by kind, by item id, their fields."""
NO_ITEMS: Final[Items] = {}

MESSAGES_STAY: Final = "messages are not taken along"
DOCUMENTS_STAY: Final = "documents are not taken along"
OPPORTUNITIES_STAY: Final = "opportunities stay with the lead"
IS_DONE: Final = "is done"
LACKS: Final = "has no name or no value"


class Choices(NamedTuple):
    """What of a lead is to be taken along."""

    messages: bool
    documents: bool
    opportunities: bool


class Kept(NamedTuple):
    """One thing that is the customer's too; `source_id` is the lead's id of it, `how` says what was done."""

    kind: str
    item_id: str
    source_id: str
    how: str
    fields: Mapping[str, Any]


class Skipped(NamedTuple):
    """One thing that was left out."""

    kind: str
    item_id: str
    reason: str


Part = Kept | Skipped


def carry(items: Items, choices: Choices, space: bytes) -> list[Part]:
    """What becomes of each of the lead's things but contacts, in the order of kinds and ids."""
    return [
        _RULES[kind](kind, item_id, fields, (choices, space))
        for kind, things in items.items()
        if kind in _RULES
        for item_id, fields in things.items()
    ]


def opportunities_of(parts: list[Part]) -> Iterator[Kept]:
    """The lead's opportunities that go on."""
    return (part for part in parts if isinstance(part, Kept) and part.kind == "opportunity")


_Context = tuple[Choices, bytes]


def _message(kind: str, item_id: str, fields: Mapping[str, Any], context: _Context) -> Part:
    return Kept(kind, item_id, item_id, "linked", fields) if context[0].messages else Skipped(kind, item_id, MESSAGES_STAY)


def _document(kind: str, item_id: str, fields: Mapping[str, Any], context: _Context) -> Part:
    if not context[0].documents:
        return Skipped(kind, item_id, DOCUMENTS_STAY)
    return Kept(kind, name_id(context[1], f"document:{item_id}"), item_id, "copied", fields)


def _open_thing(kind: str, item_id: str, fields: Mapping[str, Any], context: _Context) -> Part:
    return Skipped(kind, item_id, IS_DONE) if fields.get("done") else Kept(kind, item_id, item_id, "carried-over", fields)


def _activity(kind: str, item_id: str, fields: Mapping[str, Any], context: _Context) -> Part:
    return Kept(kind, item_id, item_id, "linked", fields)


def _opportunity(kind: str, item_id: str, fields: Mapping[str, Any], context: _Context) -> Part:
    if not context[0].opportunities:
        return Skipped(kind, item_id, OPPORTUNITIES_STAY)
    if not (fields.get("name") or "").strip() or fields.get("value") is None:
        return Skipped(kind, item_id, LACKS)
    return Kept(kind, name_id(context[1], f"opportunity:{item_id}"), item_id, "linked", fields)


_RULES: Final = {
    "message": _message,
    "document": _document,
    "task": _open_thing,
    "reminder": _open_thing,
    "note": _open_thing,
    "activity": _activity,
    "opportunity": _opportunity,
}
