"""The converter's outgoing records: bytes that the contract's models would accept, built without them for speed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson

from leadline.contracts.codes import ErrorCode
from leadline.contracts.events import EVENTS
from leadline.delivery.record import Headers, Outgoing
from services.converter.domain.carry import Kept
from services.converter.domain.decision import Refusal, Request
from services.converter.domain.guideline import hints
from services.converter.domain.result import Result

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
    told = _Telling(result, about)
    return [told.accepted(), *told.customer_events(), *told.contact_events(), *told.carried_events(), told.completed()]


class _Telling:
    """The events of one conversion; what several of them share is encoded once."""

    def __init__(self, result: Result, about: About) -> None:
        customer_id = result.customer["customer_id"]
        self._result = result
        self._about = about
        self._lead = about.subject(result.plan.lead.lead_id)
        self._customer = about.subject(customer_id)
        self._request = _begin(result.plan.request, result.plan.attempt)
        self._contacts = [orjson.dumps(contact) for contact in result.contacts]
        self._whole = _with(orjson.dumps(result.customer), b'"contacts":[', b",".join(self._contacts), b"]")
        self._ids = orjson.dumps({"customer_id": customer_id, "conversion_id": about.conversion_id})
        self._lead_id = b'"lead_id":' + orjson.dumps(result.plan.lead.lead_id)

    def accepted(self) -> Outgoing:
        """The request was checked and its conversion began."""
        implied = self._result.plan.implied
        more = (b',"implied":', orjson.dumps(implied)) if implied else ()
        return self._lead.say("conversion.accepted", _with(self._request, b'"accepted_at":', self._about.time_json, *more))

    def customer_events(self) -> list[Outgoing]:
        """The customer is new, or was filled up; either way the lead is its lead."""
        linked = _with(self._ids, self._lead_id, b',"linked_at":', self._about.time_json)
        records = [self._customer.say("customer.lead-linked", linked)]
        link = self._result.link
        if link is None:
            records.insert(0, self._customer.say("customer.created", self._whole))
        elif link.changes:
            changes = _with(self._ids, b'"changes":', orjson.dumps(link.changes), b',"updated_at":', self._about.time_json)
            records.append(self._customer.say("customer.updated", changes))
        return records

    def contact_events(self) -> list[Outgoing]:
        """Each contact that was filled up, and each that is new."""
        at = (b',"created_at":', self._about.time_json)
        filled = self._filled_contacts(self._result.link.contact_changes) if self._result.link else []
        return filled + [
            self._customer.say("contact.created", _with(self._ids, b'"contact":', contact, *at), b":%d" % number)
            for number, contact in enumerate(self._contacts, 1)
        ]

    def _filled_contacts(self, filled: Mapping[str, Mapping[str, Any]]) -> list[Outgoing]:
        return [
            self._customer.say(
                "contact.updated", _with(self._ids, _filled(contact_id, changes), self._about.time_json), b":%d" % n
            )
            for n, (contact_id, changes) in enumerate(filled.items(), 1)
        ]

    def carried_events(self) -> list[Outgoing]:
        """Opportunities, the closed assignment, and what else of the lead is the customer's too."""
        result, at = self._result, self._about.time_json
        records = [
            self._customer.say("opportunity.created", self._opened(each), b":%d" % number)
            for number, each in enumerate(result.opportunities, 1)
        ]
        if result.assignment:
            closed = orjson.dumps({name: result.assignment[name] for name in ("assignment_id", "rep_id", "status", "closed_at")})
            records.append(self._customer.say("assignment.closed", _with(self._ids, self._lead_id, b",", closed[1:-1]), b":1"))
        for kind, name, things, moment in carried(result.kept) if result.kept else ():
            data = _with(self._ids, self._lead_id, b',"%b":' % name, orjson.dumps(things), b',"%b":' % moment, at)
            records.append(self._customer.say(kind, data))
        return records

    def completed(self) -> Outgoing:
        """The whole result."""
        result, at = self._result, self._about.time_json
        outcome = _with(
            self._request,
            b'"completed_at":', at,
            b',"customer":', self._whole,
            b',"contacts":[', b",".join(self._contacts),
            b'],"opportunity":', orjson.dumps(result.opportunity),
            b',"lead":{', self._lead_id, b',"status":"converted","converted_at":', at,
            b'},"manifest":', orjson.dumps(result.manifest),
            *(self._warnings() if result.warnings or result.opportunity or result.relinked else ()),
        )  # fmt: skip
        return self._lead.say("conversion.completed", outcome)

    def _warnings(self) -> Sequence[bytes]:
        """The customers that may be the same, and what is unusual about the opportunities; nothing where there is none."""
        unusual = [hint for each in self._result.opportunities for hint in hints(each["stage"], each["probability"])]
        warnings = [*self._result.warnings, *unusual]
        return (b',"warnings":', orjson.dumps(warnings)) if warnings else ()

    def _opened(self, opportunity: Mapping[str, Any]) -> bytes:
        warnings = hints(opportunity["stage"], opportunity["probability"])
        data = {"opportunity": opportunity, "conversion_id": self._about.conversion_id, "warnings": warnings}
        return orjson.dumps(data)


def _filled(contact_id: str, changes: Mapping[str, Any]) -> bytes:
    return b'"contact_id":%b,"changes":%b,"updated_at":' % (orjson.dumps(contact_id), orjson.dumps(changes))


def carried(kept: Sequence[Kept]) -> list[tuple[str, bytes, list[Any], bytes]]:
    """For each event about things taken along: its kind, the names of its list and its time, and the list."""
    messages = [each.item_id for each in kept if each.kind == "message"]
    documents = [
        {"document_id": each.item_id, "copied_from": each.source_id}
        | {name: each.fields.get(name) for name in ("file_name", "content_hash")}
        for each in kept
        if each.kind == "document"
    ]
    items = [
        {"kind": each.kind, "item_id": each.item_id, "text": each.fields.get("text") or each.fields.get("subject")} | _due(each)
        for each in kept
        if each.how == "carried-over"
    ]
    every: list[tuple[str, bytes, list[Any], bytes]] = [
        ("messages.linked", b"message_ids", messages, b"linked_at"),
        ("documents.copied", b"documents", documents, b"copied_at"),
        ("tasks.carried-over", b"items", items, b"carried_over_at"),
    ]
    return [each for each in every if each[2]]


def _due(kept: Kept) -> dict[str, Any]:
    """When a reminder is due, and whose it is."""
    return {name: kept.fields.get(name) for name in ("remind_at", "by")} if kept.kind == "reminder" else {}


def failed(request: Request, attempt: int, error: Mapping[str, Any], about: About) -> Outgoing:
    """The conversion ended without a customer."""
    data = _with(_begin(request, attempt), b'"failed_at":', about.time_json, b',"error":', orjson.dumps(error))
    return about.subject(request.lead_id).say("conversion.failed", data, b":%d" % attempt)


def cancelled(request: Request, attempt: int, about: About, by: Mapping[str, Any]) -> Outgoing:
    """The conversion was stopped on request; `by` says who asked for it (`cancelled_by`) and why (`reason`)."""
    data = _with(_begin(request, attempt), b'"cancelled_at":', about.time_json, b",", orjson.dumps(by)[1:-1])
    return about.subject(request.lead_id).say("conversion.cancelled", data)


def retry_scheduled(request: Request, attempt: int, error: Mapping[str, Any], next_retry_at: str, about: About) -> Outgoing:
    """This attempt failed, the next one comes by itself."""
    scheduled = orjson.dumps({"error": error, "next_retry_at": next_retry_at, "scheduled_at": about.time})
    data = _with(_begin(request, attempt), scheduled[1:-1])
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


def about_request(request: Request, attempt: int) -> dict[str, Any]:
    """The members that every event of a conversion begins with."""
    data = {
        "conversion_id": request.conversion_id,
        "lead_id": request.lead_id,
        "requested_by": request.requested_by or None,
        "attempt": attempt,
        "requested_at": request.requested_at,
    }
    if request.batch_id is not None:
        data["batch_id"] = request.batch_id
    return data


def _begin(request: Request, attempt: int) -> bytes:
    return orjson.dumps(about_request(request, attempt))
