"""A person as records, with a mark wherever something personal may stand: lead, items, requests, and what follows."""

from __future__ import annotations

from typing import Any

from leadline.delivery.record import Record
from tests.integration.marks import MARK
from tests.unit.converter_records import lead_event
from tests.unit.service_records import customer_request, requested

ADDRESS = {"street": MARK, "postal_code": MARK, "city": MARK}
PERSON: dict[str, Any] = {
    "first_name": MARK, "last_name": MARK, "company_name": MARK, "email": f"{MARK}@example.com", "phone": MARK, "job_title": MARK,
    "address": ADDRESS, "vat": MARK, "notes": MARK, "tags": [MARK], "custom_fields": {"size": MARK}, "consent": {"mail": MARK},
    "qualification": {"notes": MARK}, "discovered_by": "rep-2", "code": "P-1",
}  # fmt: skip
ITEMS: list[dict[str, Any]] = [
    {"kind": "contact", "item_id": "c-1", "first_name": MARK, "email": f"2{MARK}@example.com", "phone": MARK, "role": MARK},
    {"kind": "message", "item_id": "m-1", "subject": MARK, "text": MARK},
    {"kind": "document", "item_id": "d-1", "file_name": MARK},
    {"kind": "note", "item_id": "n-1", "text": MARK},
    {"kind": "task", "item_id": "t-1", "subject": MARK},
    {"kind": "opportunity", "item_id": "o-1", "name": MARK, "value": "1.00"},
]
OPTIONS = {"notes": MARK, "contact_ids": ["c-1"], "opportunity": {"name": MARK, "value": "5.00"}}
BY = {"id": "rep-7", "name": MARK, "email": MARK}


def person(lead_id: str = "L-1", **fields: Any) -> list[Record]:
    items = [lead_event("item-added", lead_id=lead_id, **item) for item in ITEMS]
    return [
        lead_event("created", lead_id=lead_id, **{**PERSON, **fields}),
        lead_event("qualified", lead_id=lead_id, second=1),
        *items,
    ]


def asked(key: str = "K-1", lead_id: str = "L-1", **options: Any) -> Record:
    return requested(key, lead_id, requested_by=BY, profile="crm", options={**OPTIONS, **options})


def erased(lead_id: str = "L-1", second: int = 9) -> Record:
    return lead_event("erased", lead_id=lead_id, second=second, reason=MARK)


def asked_of(customer_id: str) -> list[Record]:
    return [
        customer_request("customer.status-change-requested", customer_id, status="active", requested_by=BY,
                         message={"action_code": "CALL", "subject": MARK, "text": MARK}, task={"subject": MARK}),
        customer_request("customer.contact-added", customer_id, first_name=MARK, email=MARK, role=MARK),
        customer_request("customer.note-added", customer_id, text=MARK, idempotency_key="note"),
        customer_request("opportunity.create-requested", customer_id, name=MARK, value="5.00", stage="proposal"),
        customer_request("customer.billing-set", customer_id, billing_cycle="weekly", invoice_recipients=[MARK]),
    ]  # fmt: skip
