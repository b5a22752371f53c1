"""The life of one lead and of the customer that it became, as records."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from leadline.delivery.record import Record
from services.projector.domain.conversion import conversion_id_of
from tests.unit.service_records import at, completed, customer, order, record, requested

ID = conversion_id_of("key-1")
OPPORTUNITY = {
    "opportunity_id": "O-1",
    "name": "First deal",
    "value": "12000.00",
    "currency": "EUR",
    "stage": "proposal",
    "probability": 60,
    "customer_id": "C-1",
    "lead_id": "L-1",
    "created_at": at(30),
}
CONTACT = {"contact_id": "P-1", "first_name": "Ada", "is_primary": True}
CARRIED = {"customer_id": "C-1", "lead_id": "L-1", "conversion_id": ID}


def lead_event(name: str, second: int, **data: Any) -> Record:
    return record("lead.events", f"lead.{name}", {"lead_id": "L-1", **data}, second=second)


def customer_event(name: str, second: int, data: dict[str, Any]) -> Record:
    return record("customer.events", name, data, second=second, key="C-1")


def stage(name: str, second: int, **data: Any) -> Record:
    body = {"opportunity_id": "O-1", "customer_id": "C-1", "stage": name, **data}
    return record("order.events", "opportunity.stage-changed", body, second=second)


def asked_at(second: int, event: Record) -> Record:
    return event._replace(value=orjson.dumps({**orjson.loads(event.value or b""), "requested_at": at(second)}))


def moment(second: int) -> datetime:
    return datetime(2026, 11, 22, 8, 0, second, tzinfo=UTC)


LIFE = [
    lead_event("created", 1, first_name="Ada", source="fair", assigned_to="rep-1", score={"behavioral": 10, "demographic": 10}),
    lead_event("assigned", 2, rep_id="rep-1", assignment_id="A-1"),
    lead_event("assigned", 3, rep_id="rep-2", assignment_id="A-2"),
    lead_event("contacted", 4),
    lead_event("scored", 5, behavioral=48, demographic=42, reason="visited", by="rep-2"),
    lead_event("item-added", 6, kind="task", item_id="T-1", subject="Call", priority="high"),
    lead_event("item-changed", 7, kind="task", item_id="T-1", done=True, priority=None),
    lead_event("item-added", 8, kind="note", item_id="N-1", text="likes tea"),
    lead_event("item-removed", 9, kind="note", item_id="N-1"),
    lead_event("item-added", 10, kind="message", item_id="M-1", subject="Hello", text="Dear Ada"),
    lead_event("qualified", 11),
    requested("key-1", second=12, batch_id="B-1"),
    asked_at(12, completed(ID, second=30)),
    customer_event("customer.created", 30, customer(contacts=[CONTACT], conversion_id=ID)),
    customer_event("contact.created", 30, {"customer_id": "C-1", "contact": CONTACT, "created_at": at(30)}),
    customer_event("opportunity.created", 30, {"opportunity": OPPORTUNITY}),
    customer_event("messages.linked", 30, {**CARRIED, "message_ids": ["M-1"], "linked_at": at(30)}),
    customer_event(
        "assignment.closed",
        30,
        {
            "assignment_id": "A-2",
            "lead_id": "L-1",
            "rep_id": "rep-2",
            "status": "converted",
            "customer_id": "C-1",
            "closed_at": at(30),
        },
    ),
    stage("negotiation", 40, probability=80),
    stage("closed_won", 50, changed_at=at(49)),
    order("placed", second=51),
    record(
        "order.events",
        "activity.logged",
        {"customer_id": "C-1", "kind": "visit", "occurred_at": at(52), "text": "came by"},
        second=52,
        id="act-1",
    ),
]
