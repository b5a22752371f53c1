"""What hangs on a lead or customer, and what of them has a history: scores, assignments, items, contacts, deals.

Every change is kept as it was said and never altered; what is true now is read out of them in the order of their
stamps. So no arrival order, repeat or rebuild can make a difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from services.projector.domain.event import Event, Json, canonical_time

_ITEM_FRAME = frozenset({"lead_id", "kind", "item_id"})
_CUSTOMER_FRAME = frozenset({"customer_id", "requested_by"})


Part = tuple[str, str, Json]  # its kind, its id, and what is said of it


class PartChange(NamedTuple):
    """What one event says of one part of a lead or customer; `aspect` is the kind of part."""

    subject_id: str
    aspect: str
    part_id: str
    source: str
    event_id: str
    at: str
    stamp: str
    value: Mapping[str, Any]


def lead_parts(event: Event) -> list[PartChange]:
    """The parts that an event of `lead.events` speaks of."""
    data = event.data
    match event.name:
        case "lead.scored":
            return [_change(event, data["lead_id"], "score", "", _without(data, {"lead_id"}))]
        case "lead.assigned":
            return [_change(event, data["lead_id"], "assignment", "", _assigned(data["rep_id"], data.get("assignment_id")))]
        case "lead.item-added" | "lead.item-changed":
            return [_item(event, data["lead_id"], data)]
        case "lead.item-removed":
            return [_change(event, data["lead_id"], data["kind"], data["item_id"], {"removed": True})]
        case _:
            return _parts_of_fields(event, data["lead_id"], data)


def embedded_parts(event: Event, lead_id: str, embedded: Json) -> list[PartChange]:
    """The parts of a lead that came with a request."""
    items = [_item(event, lead_id, item) for item in embedded.get("items") or ()]
    return [*_parts_of_fields(event, lead_id, embedded), *items]


def assignment_part(event: Event) -> PartChange:
    """The end of an assignment by a conversion, or its going on after a revert, as a part of its lead."""
    is_open = event.name == "assignment.reopened"
    value = _assigned(event.data["rep_id"] if is_open else None, event.data["assignment_id"])
    if not is_open:
        value["status"] = event.data["status"]
    return _change(event, event.data["lead_id"], "assignment", "", value)


def customer_parts(event: Event, customer_id: str) -> list[PartChange]:
    """The parts that an event of `customer.events` or `order.events` speaks of."""
    parts = _OF_CUSTOMERS.get(event.name)
    return [_change(event, customer_id, *part) for part in parts(event)] if parts else []


def _change(event: Event, subject_id: str, aspect: str, part_id: str, value: Json) -> PartChange:
    return PartChange(subject_id, aspect, part_id, event.source, event.id, event.at, event.stamp, value)


def _item(event: Event, lead_id: str, item: Json) -> PartChange:
    return _change(event, lead_id, item["kind"], item["item_id"], _without(item, _ITEM_FRAME))


def _parts_of_fields(event: Event, lead_id: str, data: Json) -> list[PartChange]:
    """A score or an assignment that stands among a lead's fields."""
    parts = []
    if data.get("score"):
        parts.append(_change(event, lead_id, "score", "", data["score"]))
    if "assigned_to" in data:
        parts.append(_change(event, lead_id, "assignment", "", _assigned(data["assigned_to"], None)))
    return parts


def _assigned(rep_id: str | None, assignment_id: str | None) -> dict[str, Any]:
    return {"rep_id": rep_id, "assignment_id": assignment_id}


def _contacts(contacts: Iterable[Json]) -> list[Part]:
    return [("contact", contact["contact_id"], contact) for contact in contacts]


def _unlinked(event: Event) -> list[Part]:
    """What came with a lead goes with it."""
    gone = [("contact", id) for id in event.data.get("contact_ids") or ()]
    gone += [("opportunity", id) for id in event.data.get("opportunity_ids") or ()]
    gone += [(item["kind"], item["item_id"]) for item in event.data.get("items") or ()]
    return [(aspect, id, {"removed": True}) for aspect, id in gone]


def _opened(event: Event) -> list[Part]:
    opportunity = event.data["opportunity"]
    return [("opportunity", opportunity["opportunity_id"], {**opportunity, "stage_at": event.at})]


def _moved(event: Event) -> list[Part]:
    """Only what the change speaks of: a probability that it leaves out stays."""
    said = {name: event.data[name] for name in ("stage", "probability", "reason") if event.data.get(name) is not None}
    moment = event.data.get("changed_at")
    value = said | {"stage_at": canonical_time(moment) if moment else event.at}
    return [("opportunity", event.data["opportunity_id"], value)]


def _messages(event: Event) -> list[Part]:
    lead_id = event.data["lead_id"]
    return [("message", id, {"lead_id": lead_id}) for id in event.data["message_ids"]]


def _documents(event: Event) -> list[Part]:
    lead_id = event.data["lead_id"]
    return [("document", copy["document_id"], {**copy, "lead_id": lead_id}) for copy in event.data["documents"]]


def _carried(event: Event) -> list[Part]:
    lead_id = event.data["lead_id"]
    return [(item["kind"], item["item_id"], {**item, "lead_id": lead_id}) for item in event.data["items"]]


def _added(aspect: str, id_name: str) -> Callable[[Event], list[Part]]:
    """A thing stands in the event under its own name, or is the event itself."""

    def parts(event: Event) -> list[Part]:
        named = event.data.get(aspect)
        part = named if isinstance(named, Mapping) else _without(event.data, _CUSTOMER_FRAME)
        return [(aspect, part.get(id_name) or _own_id(event), part)]

    return parts


_OF_CUSTOMERS: Mapping[str, Callable[[Event], list[Part]]] = {
    "customer.created": lambda event: _contacts(event.data.get("contacts") or ()),
    "customer.lead-unlinked": _unlinked,
    "contact.created": lambda event: _contacts([event.data["contact"]]),
    "contact.updated": lambda event: [("contact", event.data["contact_id"], event.data["changes"])],
    "opportunity.created": _opened,
    "opportunity.stage-changed": _moved,
    "messages.linked": _messages,
    "documents.copied": _documents,
    "tasks.carried-over": _carried,
    "activity.logged": _added("activity", "activity_id"),
    "message.logged": _added("message", "message_id"),
    "task.added": _added("task", "task_id"),
    "note.added": _added("note", "note_id"),
}


def _own_id(event: Event) -> str:
    """An id made of the event's own, for a thing that has none."""
    return str(uuid5(NAMESPACE_URL, f"{event.source}#{event.id}"))


def _without(data: Json, names: set[str] | frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in names}
