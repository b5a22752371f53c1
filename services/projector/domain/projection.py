"""Which event changes what: one small function for each kind of record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from services.projector.domain import lead as leads
from services.projector.domain.changes import Changes, Decision, EmbeddedLead, Order, TimelineEntry
from services.projector.domain.conversion import STARTED, conversion_id_of
from services.projector.domain.dead_letter import DeadLetter
from services.projector.domain.event import Event, Place
from services.projector.domain.parts import assignment_part, customer_parts, embedded_parts, lead_parts

DEAD_LETTER_TYPE = "dead-letter"

_RESULT_FIELDS = ("customer", "contacts", "opportunity", "lead", "manifest")
_FACT_FIELDS = ("lead_id", "requested_by", "requested_at", "batch_id", "error", "next_retry_at", "implied")
_DETAIL_FIELDS = ("requested_by", "origin", "profile", "error", "next_retry_at", "reason")
_OF_THE_LEAD = frozenset({"completed", "reverted"})
_ERASURES = frozenset({"lead.erased", "customer.erased"})
_CUSTOMER_DETAIL_LEFT_OUT = frozenset({"customer_id", "contacts", "custom_fields"})


def project(changes: Changes, event: Event) -> None:
    """Gather what one event changes."""
    changes.erases = changes.erases or event.name in _ERASURES
    _projection_of(event.name)(changes, event)


def _projection_of(name: str) -> Callable[[Changes, Event], None]:
    thing, _, happening = name.partition(".")
    if thing != "conversion":
        return _BY_THING.get(thing, _customer_history)
    if happening == "requested":
        return _request
    if happening.endswith("-requested"):
        return _command
    return _progress if happening == STARTED else _conversion_event


def project_dead_letter(changes: Changes, letter: DeadLetter) -> None:
    """Gather a dead letter; it is told in its conversion's timeline and decides nothing about its state."""
    changes.add_dead_letter(letter)
    if letter.conversion_id:
        detail = {
            "dlq_id": letter.dlq_id,
            "error": {"code": letter.error_code, "message": letter.error_message},
            "replays": letter.replays,
        }
        place = Place(letter.dlq_topic, letter.dlq_partition, letter.dlq_offset)
        said = (letter.service, letter.dlq_id, DEAD_LETTER_TYPE, letter.failed_at, place, letter.attempts, detail)
        changes.conversion_timeline.append(TimelineEntry(letter.conversion_id, *said))


def _request(changes: Changes, event: Event) -> None:
    data, conversion_id = event.data, conversion_id_of(event.key)
    stamp = f"{event.appended_ms:015d}/{event.place.offset:019d}"  # the first that the broker got stands for the key
    fact = {
        "attempt": 0,
        "at": event.at,
        "stamp": stamp,
        "lead_id": data["lead_id"],
        "requested_by": data.get("requested_by"),
        "requested_at": event.at,
        "origin": data.get("origin"),
        "batch_id": data.get("batch_id"),
    }
    changes.add_fact(conversion_id, "requested", fact)
    changes.conversion_timeline.append(_entry(conversion_id, event, None, _detail(data)))
    if data.get("lead"):
        change = partial(leads.apply_embedded, event=event, embedded=data["lead"])
        parts = embedded_parts(event, data["lead_id"], data["lead"])
        changes.embedded.append(EmbeddedLead(conversion_id, stamp, data["lead_id"], change, parts))


def _command(changes: Changes, event: Event) -> None:
    conversion_id, kind = event.data["conversion_id"], event.name.partition(".")[2]
    changes.add_fact(conversion_id, kind, {"attempt": 0, "at": event.at, "stamp": event.stamp})
    changes.conversion_timeline.append(_entry(conversion_id, event, None, _detail(event.data)))


def _progress(changes: Changes, event: Event) -> None:
    fact = {"attempt": 0, "at": event.data["started_at"], "stamp": event.stamp}
    for conversion_id in event.data["conversion_ids"]:
        changes.add_fact(conversion_id, "started", fact)
        changes.add_fact(conversion_id, STARTED, fact)
        changes.conversion_timeline.append(_entry(conversion_id, event, None, {}))


def _conversion_event(changes: Changes, event: Event) -> None:
    data, kind = event.data, event.name.partition(".")[2]
    conversion_id, customer_id = data["conversion_id"], (data.get("customer") or {}).get("customer_id")
    begun = {"attempt": data["attempt"], "at": event.at, "stamp": event.stamp}
    said = {name: data[name] for name in _FACT_FIELDS if data.get(name) is not None} | _error(data)
    detail = _detail(data)
    if customer_id:
        said["customer_id"] = detail["customer_id"] = customer_id
    if data.get("warnings"):
        said["warnings"] = [_warning(each) for each in data["warnings"]]
    changes.add_fact(conversion_id, "started", begun)
    changes.add_fact(conversion_id, kind, begun | said)
    changes.conversion_timeline.append(_entry(conversion_id, event, data["attempt"], detail))
    if kind == "completed":
        changes.results[conversion_id] = {name: data.get(name) for name in _RESULT_FIELDS}
    if kind in _OF_THE_LEAD:
        changes.add_lead(data["lead_id"], partial(leads.apply_conversion, event=event))


def _warning(said: Mapping[str, Any]) -> dict[str, Any]:
    """The candidates by their ids alone: how they are called is read where it is kept."""
    candidates = [each["customer_id"] for each in said.get("candidates") or ()]
    return {**{name: said.get(name) for name in ("code", "reason", "message")}, "candidates": candidates}


def _lead_event(changes: Changes, event: Event) -> None:
    lead_id = event.data["lead_id"]
    changes.add_lead(lead_id, partial(leads.apply_event, event=event))
    changes.lead_parts.extend(lead_parts(event))
    changes.lead_timeline.append(_entry(lead_id, event, None, _without(event.data, {"lead_id"})))


def _customer_event(changes: Changes, event: Event) -> None:
    changes.customers.setdefault(event.data["customer_id"], []).append(event)
    _customer_history(changes, event)


def _customer_history(changes: Changes, event: Event) -> None:
    customer_id = event.data.get("customer_id") or event.data.get("opportunity", {}).get("customer_id")
    if customer_id:
        detail = _without(event.data, _CUSTOMER_DETAIL_LEFT_OUT)
        changes.customer_parts.extend(customer_parts(event, customer_id))
        changes.customer_timeline.append(_entry(customer_id, event, None, detail))


def _assignment_event(changes: Changes, event: Event) -> None:
    changes.lead_parts.append(assignment_part(event))
    _customer_history(changes, event)


def _order_event(changes: Changes, event: Event) -> None:
    _customer_history(changes, event)
    customer_id, order_id = event.data["customer_id"], event.data["order_id"]
    if event.name == "order.placed":
        data = event.data
        changes.orders.append(Order(customer_id, order_id, data["placed_at"], None, data["amount"], data["currency"]))
    elif event.name == "order.cancelled":
        changes.orders.append(Order(customer_id, order_id, None, event.at))


def _notification_event(changes: Changes, event: Event) -> None:
    if event.name == "notification.withdrawn":
        _customer_history(changes, event)
        return
    changes.notifications.setdefault(event.data["notification_id"], event)


def _decision(changes: Changes, event: Event) -> None:
    data, state = event.data, _DECIDED[event.name]
    changes.add_decision(Decision(data["dlq_id"], state, event.at, data["requested_by"]["id"], data.get("reason")))


_DECIDED = {
    "dead-letter.replay-requested": "replaying",
    "dead-letter.discarded": "discarded",
    "dead-letter.reopened": "open",
}
_BY_THING: Mapping[str, Callable[[Changes, Event], None]] = {
    "lead": _lead_event,
    "customer": _customer_event,
    "assignment": _assignment_event,
    "order": _order_event,
    "notification": _notification_event,
    "dead-letter": _decision,
}


def _entry(subject_id: str, event: Event, attempt: int | None, detail: Mapping[str, Any]) -> TimelineEntry:
    return TimelineEntry(subject_id, event.source, event.id, event.type, event.at, event.place, attempt, detail)


def _detail(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: data[name] for name in _DETAIL_FIELDS if data.get(name) is not None} | _error(data)


def _error(data: Mapping[str, Any]) -> dict[str, Any]:
    """Of customers that stood in the way only the ids: what they are called stands in their own rows, while it may."""
    error = data.get("error")
    if not error or not error.get("candidates"):
        return {}
    return {"error": {**error, "candidates": [{"customer_id": each["customer_id"]} for each in error["candidates"]]}}


def _without(data: Mapping[str, Any], names: set[str] | frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in names}
