"""The life of a lead and of its customer as the projector hears it, with a mark wherever something personal may stand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from leadline.delivery.message import Attempt, Failure
from leadline.delivery.record import Origin, Record
from leadline.delivery.trail import Death, Trail, dead_letter_headers
from services.projector.domain.conversion import conversion_id_of
from tests.integration.marked_person import BY, ITEMS, OPTIONS, PERSON
from tests.integration.marks import MARK
from tests.unit.service_records import at, conversion_event, customer, error, order, record, requested

ID = conversion_id_of("key-1")
OTHER = conversion_id_of("key-2")
CONTACT = {"contact_id": "P-1", "first_name": MARK, "email": MARK, "role": MARK, "is_primary": True}
CUSTOMER = customer(
    name=MARK, first_name=MARK, last_name=MARK, company_name=MARK, email=MARK, phone=MARK, address={"city": MARK}, vat=MARK,
    custom_fields={"size": MARK}, contacts=[CONTACT], conversion_id=ID,
)  # fmt: skip
OPPORTUNITY = {
    "opportunity_id": "O-1", "name": MARK, "value": "12000.00", "currency": "EUR", "stage": "proposal", "customer_id": "C-1",
    "lead_id": "L-1", "created_at": at(30),
}  # fmt: skip
CARRIED = {"customer_id": "C-1", "lead_id": "L-1", "conversion_id": ID}


def lead_event(name: str, /, second: int, lead_id: str = "L-1", **data: Any) -> Record:
    return record("lead.events", f"lead.{name}", {"lead_id": lead_id, **data}, second=second)


def about_customer(name: str, /, second: int, **data: Any) -> Record:
    return record("customer.events", name, {"customer_id": "C-1"} | data, second=second, key="C-1")


def dead(original: Record, code: str = "SCHEMA_INVALID") -> Record:
    """The dead letter of a record, in the dead-letter topic of the converter."""
    trail = Trail(original, Origin(*original[:4]), Attempt(1, 0, None))
    death = Death("converter", Failure(code, f"{MARK}: required"), datetime(2026, 11, 22, 9, tzinfo=UTC), None)
    return original._replace(topic="converter.dlq", headers=dead_letter_headers(trail, death))


def notified(kind: str, second: int, **data: Any) -> Record:
    body = {
        "notification_id": f"N-{kind}-{second}", "kind": kind, "recipient": "rep-7", "title": "News", "text": MARK,
        "created_at": at(second), **data,
    }  # fmt: skip
    return record("notification.events", f"notification.{kind}", body, second=second)


def discarded(letter: Record) -> Record:
    headers = {name: value or b"" for name, value in letter.headers}
    body = {
        "dlq_id": headers["dlq-id"].decode(), "service": "converter", "requested_by": {"id": "op"}, "reason": MARK,
        "discarded_at": at(59),
    }  # fmt: skip
    return record("operations.events", "dead-letter.discarded", body, second=59, key="x")


def _failed() -> Record:
    candidate: Mapping[str, Any] = {"customer_id": "C-1", "customer_number": "CUST-1", "name": MARK, "email": MARK}
    refused = error("CUSTOMER_EMAIL_EXISTS", retryable=True) | {"candidates": [candidate]}
    return conversion_event("failed", OTHER, second=35, lead_id="L-2", error=refused)


RESULT: dict[str, Any] = {
    "customer": CUSTOMER, "contacts": [CONTACT], "opportunity": OPPORTUNITY,
    "lead": {"lead_id": "L-1", "status": "converted", "converted_at": at(30)}, "manifest": {},
}  # fmt: skip
LATE = lead_event("updated", 3, email=5)
MISKEYED = lead_event("updated", 4, **PERSON)._replace(key=MARK.encode())
NOT_JSON = lead_event("updated", 4)._replace(value=MARK.encode())
NOTE = record("customer.requests", "customer.note-added", {"customer_id": "C-1", "text": MARK})
MISSHAPED = LATE._replace(value=orjson.dumps({"lead_id": "L-1", "email": [MARK]}))
LETTERS = [dead(each) for each in (MISSHAPED, MISKEYED, NOT_JSON, NOTE)]
ERASURES = [
    lead_event("erased", 60, reason=MARK),
    about_customer("customer.erased", 61, lead_id="L-1", erased_at=at(61)),
]
LIFE = [
    lead_event("created", 1, **PERSON, score={"behavioral": 10, "demographic": 10}),
    lead_event("assigned", 2, rep_id="rep-2", assignment_id="A-2"),
    *(lead_event("item-added", 3, **item) for item in ITEMS),
    lead_event("scored", 5, behavioral=48, demographic=42, reason=MARK),
    lead_event("qualified", 11, notes=MARK),
    requested("key-1", second=12, requested_by=BY, options=OPTIONS, lead={**PERSON, "items": ITEMS}),
    conversion_event("accepted", ID, second=30, requested_by=BY, requested_at=at(12)),
    conversion_event("completed", ID, second=30, requested_by=BY, requested_at=at(12), **RESULT),
    about_customer("customer.created", 30, **CUSTOMER),
    about_customer("customer.lead-linked", 30, lead_id="L-1", conversion_id=ID, linked_at=at(30)),
    about_customer("contact.created", 30, contact=CONTACT, created_at=at(30)),
    record("customer.events", "opportunity.created", {"opportunity": OPPORTUNITY}, second=30, key="C-1"),
    about_customer("documents.copied", 30, **{**CARRIED, "documents": [
        {"document_id": "D-9", "copied_from": "d-1", "file_name": MARK}], "copied_at": at(30)}),
    about_customer("tasks.carried-over", 30, **{**CARRIED, "items": [
        {"kind": "note", "item_id": "n-1", "text": MARK}], "carried_over_at": at(30)}),
    about_customer("customer.updated", 31, changes={"phone": MARK, "invoice_recipients": [MARK]}, updated_at=at(31)),
    about_customer("message.logged", 32, message_id="M-9", action_code="CALL", subject=MARK, text=MARK, logged_at=at(32)),
    about_customer("note.added", 33, note_id="N-9", text=MARK, added_at=at(33)),
    about_customer("customer.stage-changed", 40, previous_stage="qualified", stage="active", reason="first_order",
                   changed_at=at(40)),
    order("placed", second=40),
    record("order.events", "activity.logged", {"customer_id": "C-1", "kind": "visit", "occurred_at": at(41), "text": MARK}),
    lead_event("created", 20, "L-2", first_name="Bo"),
    requested("key-2", "L-2", second=34),
    _failed(),
    notified("conversion-completed", 31, conversion_id=ID, lead_id="L-1", customer_id="C-1"),
    notified("first-sale", 41, customer_id="C-1", order_id="O-1"),
    record("conversion.requests", "conversion.cancel-requested",
           {"conversion_id": ID, "lead_id": "L-1", "requested_by": BY, "reason": MARK}, second=36),
    *LETTERS,
    discarded(LETTERS[0]),
]  # fmt: skip
