"""The converter's outgoing records: bytes that the contract's models would accept, built without them for speed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from leadline.contracts.codes import ErrorCode
from leadline.contracts.events import EVENTS
from leadline.contracts.times import time_now_text
from leadline.delivery.record import Headers, Outgoing
from services.converter.domain.decision import Refusal, Request
from services.converter.domain.plan import Result

SOURCE: Final = "/leadline/converter"
CONVERSIONS: Final = "conversion.events"
CUSTOMERS: Final = "customer.events"
PROGRESS: Final = "conversion.progress"
_FIXED: Final[Headers] = [
    ("ce_specversion", b"1.0"),
    ("ce_source", SOURCE.encode()),
    ("content-type", b"application/json"),
]
_TYPES: Final = {event.short_name: name.encode() for name, event in EVENTS.items()}


class About:
    """What the envelopes of one conversion's events have in common; made once, since there are some six of them."""

    __slots__ = ("conversion_id", "shared", "time")

    def __init__(self, conversion_id: str, time: str, traceparent: str | None = None) -> None:
        self.conversion_id = conversion_id
        self.time = time
        correlation = conversion_id.encode()
        self.shared: Headers = [
            *_FIXED,
            ("ce_time", time.encode()),
            ("ce_correlationid", correlation),
            ("correlation_id", correlation),
        ]
        if traceparent:
            self.shared.append(("traceparent", traceparent.encode()))


class Fact(NamedTuple):
    """One thing that happened: its kind (`customer.created`), what it is about, and what makes its id unique."""

    kind: str
    subject: str
    data: bytes
    suffix: str = ""


def outgoing(topic: str, about: About, fact: Fact) -> Outgoing:
    """One record; its `ce_id` is made of conversion and kind, so the same event is the same record for ever."""
    kind, subject_text, data, suffix = fact
    subject = subject_text.encode()
    headers = [
        *about.shared,
        ("ce_id", f"{about.conversion_id}:{kind}{suffix}".encode()),
        ("ce_type", _TYPES[kind]),
        ("ce_subject", subject),
    ]
    return Outgoing(topic, subject, data, headers)


def completed(result: Result, about: About) -> list[Outgoing]:
    """Everything that a conversion has to tell, accepted first."""
    plan, now = result.plan, about.time
    customer_id, lead_id = result.customer["customer_id"], plan.lead.lead_id
    contacts = orjson.Fragment(orjson.dumps(result.contacts))
    customer = orjson.dumps({**result.customer, "contacts": contacts})
    closed = result.assignment
    outcome = {
        **_about_request(plan.request, plan.attempt),
        "completed_at": now,
        "customer": orjson.Fragment(customer),
        "contacts": contacts,
        "opportunity": result.opportunity,
        "lead": {"lead_id": lead_id, "status": "converted", "converted_at": now},
        "manifest": _manifest(result),
    }
    linked = {"customer_id": customer_id, "lead_id": lead_id, "conversion_id": about.conversion_id, "linked_at": now}
    facts = [
        Fact("customer.created", customer_id, customer),
        Fact("customer.lead-linked", customer_id, orjson.dumps(linked)),
        *_contact_facts(result, about),
    ]
    if result.opportunity:
        opened = {"opportunity": result.opportunity, "conversion_id": about.conversion_id}
        facts.append(Fact("opportunity.created", customer_id, orjson.dumps(opened), ":1"))
    if closed:
        ended = {
            "assignment_id": closed["assignment_id"],
            "lead_id": lead_id,
            "rep_id": closed["rep_id"],
            "status": "converted",
            "customer_id": customer_id,
            "conversion_id": about.conversion_id,
            "closed_at": now,
        }
        facts.append(Fact("assignment.closed", customer_id, orjson.dumps(ended), ":1"))
    end = Fact("conversion.completed", lead_id, orjson.dumps(outcome))
    return [
        *accepted(plan.request, plan.attempt, about),
        *(outgoing(CUSTOMERS, about, fact) for fact in facts),
        outgoing(CONVERSIONS, about, end),
    ]


def _contact_facts(result: Result, about: About) -> Iterator[Fact]:
    customer_id = result.customer["customer_id"]
    for number, contact in enumerate(result.contacts, 1):
        created = {
            "customer_id": customer_id,
            "conversion_id": about.conversion_id,
            "contact": contact,
            "created_at": about.time,
        }
        yield Fact("contact.created", customer_id, orjson.dumps(created), f":{number}")


def accepted(request: Request, attempt: int, about: About) -> list[Outgoing]:
    """The request was checked and its conversion began; told once, with the attempt that passed the gate."""
    data = orjson.dumps({**_about_request(request, attempt), "accepted_at": about.time})
    return [outgoing(CONVERSIONS, about, Fact("conversion.accepted", request.lead_id, data))]


def failed(request: Request, attempt: int, error: Mapping[str, Any], about: About) -> Outgoing:
    """The conversion ended without a customer."""
    data = orjson.dumps({**_about_request(request, attempt), "failed_at": about.time, "error": error})
    return outgoing(CONVERSIONS, about, Fact("conversion.failed", request.lead_id, data, f":{attempt}"))


def retry_scheduled(
    request: Request, attempt: int, error: Mapping[str, Any], next_retry_at: datetime, about: About
) -> Outgoing:
    """This attempt failed, the next one comes by itself."""
    data = orjson.dumps(
        {
            **_about_request(request, attempt),
            "error": error,
            "next_retry_at": time_now_text(next_retry_at),
            "scheduled_at": about.time,
        }
    )
    return outgoing(CONVERSIONS, about, Fact("conversion.retry-scheduled", request.lead_id, data, f":{attempt}"))


def processing_started(ids_by_lead: Mapping[str, str], instance: str, now: str) -> Outgoing:
    """Work on these conversions begins; one record for a partition's share of a batch, keyed by its first lead."""
    first_lead, first_id = next(iter(ids_by_lead.items()))
    data = orjson.dumps({"conversion_ids": list(ids_by_lead.values()), "started_at": now, "instance": instance})
    about = About(first_id, now)
    fact = Fact("conversion.processing-started", first_lead, data, f":{now}")
    return outgoing(PROGRESS, about, fact)


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
