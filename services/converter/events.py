"""The converter's outgoing records: bytes that the contract's models would accept, built without them for speed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from leadline.contracts.codes import ErrorCode
from leadline.contracts.events import EVENTS
from leadline.delivery.record import Headers, Outgoing
from services.converter.domain.decision import Refusal, Request
from services.converter.domain.plan import Result

SOURCE: Final = "/leadline/converter"
_FIXED: Final[Headers] = [
    ("ce_specversion", b"1.0"),
    ("ce_source", SOURCE.encode()),
    ("content-type", b"application/json"),
]
_KINDS: Final = {
    event.short_name: (event.topics[0], event.short_name.encode(), ("ce_type", name.encode())) for name, event in EVENTS.items()
}
_as_tuple = tuple.__new__  # a third of the time of Outgoing(...)


class About:
    """What the envelopes of one conversion's events have in common; made once, since there are some six of them."""

    __slots__ = ("_conversion", "_shared", "conversion_id", "time")

    def __init__(self, conversion_id: str, time: str, traceparent: str | None = None) -> None:
        self.conversion_id = conversion_id
        self.time = time
        self._conversion = conversion_id.encode()
        self._shared: Headers = [
            *_FIXED,
            ("ce_time", time.encode()),
            ("ce_correlationid", self._conversion),
            ("correlation_id", self._conversion),
        ]
        if traceparent:
            self._shared.append(("traceparent", traceparent.encode()))

    def say(self, kind: str, subject: str, data: bytes, suffix: bytes = b"") -> Outgoing:
        """One record; its `ce_id` is made of conversion and kind, so the same event is the same record for ever."""
        topic, name, type_header = _KINDS[kind]
        key = subject.encode()
        event_id = b"%b:%b%b" % (self._conversion, name, suffix)
        headers = [*self._shared, type_header, ("ce_id", event_id), ("ce_subject", key)]
        return _as_tuple(Outgoing, (topic, key, data, headers))


def completed(result: Result, about: About) -> list[Outgoing]:
    """Everything that a conversion has to tell, accepted first."""
    plan, now = result.plan, about.time
    customer_id, lead_id = result.customer["customer_id"], plan.lead.lead_id
    contacts = orjson.Fragment(orjson.dumps(result.contacts))
    customer = orjson.dumps({**result.customer, "contacts": contacts})
    linked = {"customer_id": customer_id, "lead_id": lead_id, "conversion_id": about.conversion_id, "linked_at": now}
    records = [
        accepted(plan.request, plan.attempt, about),
        about.say("customer.created", customer_id, customer),
        about.say("customer.lead-linked", customer_id, orjson.dumps(linked)),
    ]
    for number, contact in enumerate(result.contacts, 1):
        created = {"customer_id": customer_id, "conversion_id": about.conversion_id, "contact": contact, "created_at": now}
        records.append(about.say("contact.created", customer_id, orjson.dumps(created), b":%d" % number))
    if result.opportunity:
        opened = {"opportunity": result.opportunity, "conversion_id": about.conversion_id}
        records.append(about.say("opportunity.created", customer_id, orjson.dumps(opened), b":1"))
    if result.assignment:
        records.append(_assignment_closed(result, result.assignment, about))
    outcome = {
        **_about_request(plan.request, plan.attempt),
        "completed_at": now,
        "customer": orjson.Fragment(customer),
        "contacts": contacts,
        "opportunity": result.opportunity,
        "lead": {"lead_id": lead_id, "status": "converted", "converted_at": now},
        "manifest": _manifest(result),
    }
    records.append(about.say("conversion.completed", lead_id, orjson.dumps(outcome)))
    return records


def _assignment_closed(result: Result, assignment: Mapping[str, Any], about: About) -> Outgoing:
    customer_id = result.customer["customer_id"]
    data = {
        "assignment_id": assignment["assignment_id"],
        "lead_id": result.plan.lead.lead_id,
        "rep_id": assignment["rep_id"],
        "status": "converted",
        "customer_id": customer_id,
        "conversion_id": about.conversion_id,
        "closed_at": about.time,
    }
    return about.say("assignment.closed", customer_id, orjson.dumps(data), b":1")


def accepted(request: Request, attempt: int, about: About) -> Outgoing:
    """The request was checked and its conversion began."""
    data = orjson.dumps({**_about_request(request, attempt), "accepted_at": about.time})
    return about.say("conversion.accepted", request.lead_id, data)


def failed(request: Request, attempt: int, error: Mapping[str, Any], about: About) -> Outgoing:
    """The conversion ended without a customer."""
    data = orjson.dumps({**_about_request(request, attempt), "failed_at": about.time, "error": error})
    return about.say("conversion.failed", request.lead_id, data, b":%d" % attempt)


def retry_scheduled(request: Request, attempt: int, error: Mapping[str, Any], next_retry_at: str, about: About) -> Outgoing:
    """This attempt failed, the next one comes by itself."""
    scheduled = {"error": error, "next_retry_at": next_retry_at, "scheduled_at": about.time}
    data = orjson.dumps({**_about_request(request, attempt), **scheduled})
    return about.say("conversion.retry-scheduled", request.lead_id, data, b":%d" % attempt)


def processing_started(ids_by_lead: Mapping[str, str], instance: str, now: str) -> Outgoing:
    """Work on these conversions begins; one record for a partition's share of a batch, keyed by its first lead."""
    first_lead, first_id = next(iter(ids_by_lead.items()))
    data = orjson.dumps({"conversion_ids": list(ids_by_lead.values()), "started_at": now, "instance": instance})
    return About(first_id, now).say("conversion.processing-started", first_lead, data, b":" + now.encode())


def describe(refusal: Refusal) -> dict[str, Any]:
    """A refusal as the error of an event."""
    return describe_code(refusal.code) | {
        "fields": list(refusal.fields),
        "candidates": list(refusal.candidates),
        "existing_conversion_id": refusal.conversion_id,
        "existing_customer_id": refusal.customer_id,
    }


def describe_code(code: ErrorCode, message: str | None = None, fields: Sequence[str] = ()) -> dict[str, Any]:
    """A code as the error of an event."""
    return {
        "code": code.value,
        "message": message or code.message,
        "retryable": code.retryable,
        "fields": list(fields),
        "candidates": [],
    }


def _about_request(request: Request, attempt: int) -> dict[str, Any]:
    return {
        "conversion_id": request.conversion_id,
        "lead_id": request.lead_id,
        "requested_by": request.requested_by or None,
        "attempt": attempt,
        "requested_at": request.requested_at,
    }


def _manifest(result: Result) -> dict[str, Any]:
    manifest: dict[str, Any] = {
        "contacts": {
            "created": [contact["contact_id"] for contact in result.contacts],
            "count": len(result.contacts),
        },
        "messages": {"linked": [], "skipped": [], "count": 0},
        "documents": {"copied": [], "skipped": [], "count": 0},
    }
    if result.opportunity:
        manifest["opportunities"] = {"created": [result.opportunity["opportunity_id"]], "count": 1}
    if result.assignment:
        manifest["assignments"] = {"closed": [result.assignment["assignment_id"]], "count": 1}
    return manifest
