"""`leadline lead` and `leadline customer` show what belongs to a thing, and one timeline in the order of time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from leadline.cli.__main__ import app
from tests.integration.projector_life import CARRIED, LIFE, customer_event, lead_event
from tests.integration.projector_world import Projector
from tests.unit.service_records import at, conversion_event, customer


@pytest.fixture
def projector(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Projector]:
    monkeypatch.setenv("PROJECTOR_DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "100")
    projector = Projector(database_url)
    projector.take(*reversed(LIFE))
    yield projector
    projector.close()


def shown(*arguments: str) -> Any:
    return orjson.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)


def text(*arguments: str) -> str:
    return CliRunner().invoke(app, arguments).stdout


def names(thing: Any) -> list[str]:
    return [entry["type"].removeprefix("leadline.").removesuffix(".v1") for entry in thing["timeline"]]


@pytest.mark.usefixtures("projector")
def test_a_lead_is_shown_with_its_statuses_scores_assignments_and_items() -> None:
    lead = shown("lead", "L-1")
    assert [each["status"] for each in lead["parts"]["statuses"]] == ["new", "contacted", "qualified", "converting", "converted"]
    assert [(each["total"], each["grade"]) for each in lead["parts"]["scores"]] == [(20, "D"), (90, "A")]
    assert [(each["rep_id"], each["status"]) for each in lead["parts"]["assignments"]] == [
        ("rep-1", "released"),
        ("rep-2", "converted"),
    ]
    assert [each["id"] for each in lead["parts"]["tasks"] + lead["parts"]["messages"]] == ["T-1", "M-1"]
    assert (lead["status"], lead["customer_id"], lead["grade"], lead["temperature"]) == ("converted", "C-1", "A", "hot")
    assert "notes" not in lead["parts"]
    assert [(each["id"], each["stage"]) for each in lead["parts"]["customer_opportunities"]] == [("O-1", "closed_won")]
    assert (lead["contacted_at"][17:19], lead["qualified_at"][17:19]) == ("04", "11")


def test_a_lead_shows_every_field_that_is_known_and_no_other(projector: Projector) -> None:
    known = {
        "department": "Purchasing", "job_title": "Head", "vat": "DE1", "tags": ["fair"], "notes": "met twice",
        "address": {"city": "Köln", "country": "DE"}, "geo": {"latitude": 50.9, "longitude": 6.9},
        "estimated_value": "250000.00", "currency": "EUR", "probability": 40,
        "custom_fields": {"fleet_size": 12, "makes": ["A", "B"]}, "consent": {"email": True},
    }  # fmt: skip
    projector.take(lead_event("updated", 20, **known))
    projector.take(lead_event("qualified", 21, qualification={"budget": "approved", "checklist": {"good_fit": True}}))
    lead = shown("lead", "L-1")
    assert {name: lead[name] for name in known} == known
    assert lead["qualification"] == {"budget": "approved", "checklist": {"good_fit": True}}
    people = text("lead", "L-1")
    assert "city: Köln" in people
    assert "fleet_size: 12" in people
    assert "email: True" in people
    assert "company name" not in people


@pytest.mark.usefixtures("projector")
def test_every_event_of_a_lead_is_in_its_timeline_once_and_in_order() -> None:
    lead = shown("lead", "L-1")
    assert names(lead) == [
        "lead.created", "lead.assigned", "lead.assigned", "lead.contacted", "lead.scored", "lead.item-added",
        "lead.item-changed", "lead.item-added", "lead.item-removed", "lead.item-added", "lead.qualified",
        "conversion.requested", "conversion.completed",
    ]  # fmt: skip
    assert lead["timeline"][4]["detail"] == {"behavioral": 48, "demographic": 42, "reason": "visited", "by": "rep-2"}


def test_a_customer_is_shown_with_what_belongs_to_it(projector: Projector) -> None:
    changes = {"billing_cycle": "weekly", "worker_comp_codes": ["8810"], "invoice_recipients": ["ap@example.com"]}
    projector.take(
        customer_event("customer.updated", 60, {"customer_id": "C-1", "changes": changes, "updated_at": at(60)}),
        customer_event(
            "customer.status-changed", 61, {"customer_id": "C-1", "status": "hold_for_credit_check", "changed_at": at(61)}
        ),
        customer_event("customer.stage-changed", 62, {"customer_id": "C-1", "stage": "active", "changed_at": at(62)}),
        customer_event(
            "documents.copied",
            63,
            {**CARRIED, "documents": [{"document_id": "D-2", "copied_from": "D-1", "content_hash": "abc"}], "copied_at": at(63)},
        ),
        customer_event(
            "tasks.carried-over", 64, {**CARRIED, "items": [{"kind": "task", "item_id": "T-1"}], "carried_over_at": at(64)}
        ),
        lead_event("item-added", 7, kind="document", item_id="D-1", file_name="offer.pdf"),
    )
    found = shown("customer", "C-1")
    assert (found["status"], found["stage"], found["billing_cycle"]) == ("hold_for_credit_check", "active", "weekly")
    assert (found["worker_comp_codes"], found["invoice_recipients"]) == (["8810"], ["ap@example.com"])
    assert [each["data"]["first_name"] for each in found["parts"]["contacts"]] == ["Ada"]
    assert [(each["data"]["stage"], each["data"]["value"]) for each in found["parts"]["opportunities"]] == [
        ("closed_won", "12000.00")
    ]
    assert [each["data"]["text"] for each in found["parts"]["messages"]] == ["Dear Ada"]
    assert found["parts"]["documents"][0]["data"]["file_name"] == "offer.pdf"
    assert [(each["id"], each["data"]["subject"]) for each in found["parts"]["tasks"]] == [("T-1", "Call")]
    assert [each["data"]["text"] for each in found["parts"]["activities"]] == ["came by"]
    assert found["orders"] == 1
    assert [(each["id"], each["amount"], each["currency"]) for each in found["parts"]["orders"]] == [("O-1", "99.90", "EUR")]


def test_the_timeline_of_a_customer_holds_that_of_every_lead_that_is_linked_to_it(projector: Projector) -> None:
    before = shown("customer", "C-1")
    assert names(before)[:2] == ["lead.created", "lead.assigned"]
    assert names(before)[-3:] == ["opportunity.stage-changed", "order.placed", "activity.logged"]
    assert [each["at"] for each in before["timeline"]] == sorted(each["at"] for each in before["timeline"])
    assert len(before["timeline"]) == len(LIFE)
    result: dict[str, Any] = {
        "customer": customer(),
        "contacts": [],
        "lead": {"lead_id": "L-2", "status": "converted"},
        "manifest": {},
    }
    projector.take(
        lead_event("created", 2, lead_id="L-2", last_name="Byron"),
        conversion_event("completed", "K-2", lead_id="L-2", second=70, **result),
        customer_event(
            "customer.lead-linked", 70, {"customer_id": "C-1", "lead_id": "L-2", "conversion_id": "K-2", "linked_at": at(70)}
        ),
    )
    after = shown("customer", "C-1")
    assert len(after["timeline"]) == len(LIFE) + 3
    assert projector.row("SELECT count(*) AS copies FROM customer_event WHERE type LIKE '%.lead.%'") == {"copies": 0}


@pytest.mark.usefixtures("projector")
def test_people_see_the_same_words_in_tables() -> None:
    lead, customer = text("lead", "L-1"), text("customer", "C-1")
    for word in ("statuses", "scores", "assignments", "tasks", "subject: Call", "lead.item-removed"):
        assert word in lead
    for word in ("contacts", "opportunities", "closed_won", "activities", "orders", "99.90", "activity.logged"):
        assert word in customer
