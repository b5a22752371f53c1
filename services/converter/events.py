"""The converter's outgoing records: bytes that the contract's models would accept, built without them for speed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

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

    __slots__ = ("_conversion", "_shared", "conversion_id", "time", "time_json")

    def __init__(self, conversion_id: str, time: str, traceparent: str | None = None) -> None:
        self.conversion_id = conversion_id
        self.time = time
        self.time_json = b'"%b"' % time.encode()
        self._conversion = conversion_id.encode()
        self._shared: Headers = [
            *_FIXED,
            ("ce_time", time.encode()),
            ("ce_correlationid", self._conversion),
            ("correlation_id", self._conversion),
        ]
        if traceparent:
            self._shared.append(("traceparent", traceparent.encode()))

    def subject(self, subject: str) -> Subject:
        """What the envelopes of this conversion's events about one thing have in common."""
        key = subject.encode()
        return Subject(self._conversion, key, [*self._shared, ("ce_subject", key)])


class Subject(NamedTuple):
    """A lead or a customer that a conversion has something to tell about."""

    conversion: bytes
    key: bytes
    shared: Headers

    def say(self, kind: str, data: bytes, suffix: bytes = b"") -> Outgoing:
        """One record; its `ce_id` is made of conversion and kind, so the same event is the same record for ever."""
        topic, name, type_header = _KINDS[kind]
        headers = [*self.shared, type_header, ("ce_id", b"%b:%b%b" % (self.conversion, name, suffix))]
        return _as_tuple(Outgoing, (topic, self.key, data, headers))


def _with(document: bytes, *more: bytes) -> bytes:
    """A JSON object with more members, such as `b'"at":', time`: what several events share is encoded once."""
    return b"".join((document[:-1], b",", *more, b"}"))


def completed(result: Result, about: About) -> list[Outgoing]:
    """Everything that a conversion has to tell, accepted first."""
    customer_id = result.customer["customer_id"]
    lead, customer = about.subject(result.plan.lead.lead_id), about.subject(customer_id)
    request = _about_request(result.plan.request, result.plan.attempt)
    contacts = [orjson.dumps(contact) for contact in result.contacts]
    created = _with(orjson.dumps(result.customer), b'"contacts":[', b",".join(contacts), b"]")
    ids = orjson.dumps({"customer_id": customer_id, "conversion_id": about.conversion_id})
    lead_json = b'"lead_id":' + orjson.dumps(result.plan.lead.lead_id)
    records = [
        _accepted(lead, request, about),
        customer.say("customer.created", created),
        customer.say("customer.lead-linked", _with(ids, lead_json, b',"linked_at":', about.time_json)),
    ]
    for number, contact in enumerate(contacts, 1):
        data = _with(ids, b'"contact":', contact, b',"created_at":', about.time_json)
        records.append(customer.say("contact.created", data, b":%d" % number))
    if result.opportunity:
        data = orjson.dumps({"opportunity": result.opportunity, "conversion_id": about.conversion_id})
        records.append(customer.say("opportunity.created", data, b":1"))
    if result.assignment:
        closed = orjson.dumps({name: result.assignment[name] for name in ("assignment_id", "rep_id", "status", "closed_at")})
        records.append(customer.say("assignment.closed", _with(ids, lead_json, b",", closed[1:-1]), b":1"))
    outcome = _with(
        request,
        b'"completed_at":', about.time_json,
        b',"customer":', created,
        b',"contacts":[', b",".join(contacts),
        b'],"opportunity":', orjson.dumps(result.opportunity),
        b',"lead":{', lead_json, b',"status":"converted","converted_at":', about.time_json,
        b'},"manifest":', orjson.dumps(_manifest(result)),
    )  # fmt: skip
    records.append(lead.say("conversion.completed", outcome))
    return records


def _accepted(lead: Subject, request: bytes, about: About) -> Outgoing:
    """The request was checked and its conversion began."""
    return lead.say("conversion.accepted", _with(request, b'"accepted_at":', about.time_json))


def failed(request: Request, attempt: int, error: Mapping[str, Any], about: About) -> Outgoing:
    """The conversion ended without a customer."""
    data = _with(_about_request(request, attempt), b'"failed_at":', about.time_json, b',"error":', orjson.dumps(error))
    return about.subject(request.lead_id).say("conversion.failed", data, b":%d" % attempt)


def retry_scheduled(request: Request, attempt: int, error: Mapping[str, Any], next_retry_at: str, about: About) -> Outgoing:
    """This attempt failed, the next one comes by itself."""
    scheduled = orjson.dumps({"error": error, "next_retry_at": next_retry_at, "scheduled_at": about.time})
    data = _with(_about_request(request, attempt), scheduled[1:-1])
    return about.subject(request.lead_id).say("conversion.retry-scheduled", data, b":%d" % attempt)


def processing_started(ids_by_lead: Mapping[str, str], instance: str, now: str) -> Outgoing:
    """Work on these conversions begins; one record for a partition's share of a batch, keyed by its first lead."""
    first_lead, first_id = next(iter(ids_by_lead.items()))
    data = orjson.dumps({"conversion_ids": list(ids_by_lead.values()), "started_at": now, "instance": instance})
    return About(first_id, now).subject(first_lead).say("conversion.processing-started", data, b":" + now.encode())


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


def _about_request(request: Request, attempt: int) -> bytes:
    """The members that every event of a conversion begins with, as a JSON object."""
    return orjson.dumps(
        {
            "conversion_id": request.conversion_id,
            "lead_id": request.lead_id,
            "requested_by": request.requested_by or None,
            "attempt": attempt,
            "requested_at": request.requested_at,
        }
    )


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
