"""The converter on a real PostgreSQL: what goes on with a customer, links to customers that exist, where values came from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from leadline.delivery.message import Outcome
from leadline.delivery.record import Record
from services.converter.domain.lead import stamp
from services.converter.results import ResultStore
from tests.integration.converter_on_postgres import LATER, Converter, error, open_converter, qualified, told
from tests.unit.converter_records import ADA, lead_event, read
from tests.unit.service_records import at, record, requested

THINGS: dict[str, dict[str, Any]] = {
    "message": {"item_id": "M-1", "text": "hello"},
    "document": {"item_id": "D-1", "file_name": "a.pdf", "content_hash": "sha256:a"},
    "task": {"item_id": "T-1", "subject": "Call back"},
    "note": {"item_id": "N-1", "text": "prefers mail"},
    "reminder": {"item_id": "R-1", "text": "on Monday", "remind_at": "2026-12-07T08:00:00Z", "by": "rep-3"},
    "activity": {"item_id": "A-1", "activity": "visit"},
    "opportunity": {"item_id": "O-1", "name": "Pilot", "value": "5000.00", "currency": "EUR", "stage": "negotiation"},
    "contact": {"item_id": "c-1", "first_name": "Bo", "email": "bo@example.com"},
}


@pytest.fixture
def converter(database_url: str) -> Iterator[Converter]:
    with open_converter(database_url) as converter:
        yield converter


def things(lead_id: str = "L-1") -> list[Record]:
    return [
        record("lead.events", "lead.item-added", {"lead_id": lead_id, "kind": kind, **fields}, second=2)
        for kind, fields in THINGS.items()
    ]


def bodies(outcome: Outcome, kind: str) -> list[Any]:
    return [body for name, body in map(read, outcome.emit) if name == kind]


def link(key: str, lead_id: str, policy: str = "fill_empty", **options: Any) -> Record:
    return requested(key, lead_id, options={"duplicate_policy": policy, **options})


def test_everything_that_goes_on_is_in_the_tables(converter: Converter) -> None:
    converter.take(*qualified(), *things(), requested("K", options={"contact_ids": ["c-1"]}, batch_id="B-7"))
    rows = converter.rows("SELECT kind, item_id, source_id, how, fields FROM customer_item ORDER BY kind")
    assert [(row["kind"], row["source_id"], row["how"]) for row in rows] == [
        ("activity", "A-1", "linked"),
        ("document", "D-1", "copied"),
        ("message", "M-1", "linked"),
        ("note", "N-1", "carried-over"),
        ("reminder", "R-1", "carried-over"),
        ("task", "T-1", "carried-over"),
    ]
    fields = {row["kind"]: row["fields"] for row in rows}
    assert fields["document"] == {"file_name": "a.pdf", "content_hash": "sha256:a"}
    assert fields["message"] == {}, "there is one record of a message, the lead's"
    document = next(row for row in rows if row["kind"] == "document")
    assert document["item_id"] != "D-1", "a copy has an id of its own"
    relinked = converter.one("SELECT lead_opportunity_id, lead_id, value, stage FROM opportunity")
    assert relinked == {"lead_opportunity_id": "O-1", "lead_id": "L-1", "value": 5000, "stage": "negotiation"}
    assert len(converter.rows("SELECT 1 AS one FROM contact")) == 2
    assert converter.one("SELECT name, type FROM custom_field") == {"name": "fleet_size", "type": "number"}
    assert converter.one("SELECT batch_id FROM conversion") == {"batch_id": "B-7"}
    assert len(converter.rows("SELECT 1 AS one FROM lead_item WHERE NOT is_removed")) == len(THINGS), "the lead keeps its own"


def test_everything_that_goes_on_is_in_the_events(converter: Converter) -> None:
    outcome = converter.take(*qualified(), *things(), requested("K", options={"contact_ids": ["c-1"]}, batch_id="B-7"))[-1]
    (completed,), (created,) = bodies(outcome, "conversion.completed"), bodies(outcome, "customer.created")
    manifest = completed.manifest
    assert (manifest.messages.linked, manifest.documents.copied, manifest.tasks.carried_over) == (("M-1",), ("D-1",), ("T-1",))
    assert (manifest.notes.carried_over, manifest.reminders.carried_over) == (("N-1",), ("R-1",))
    assert (manifest.activities.linked, manifest.opportunities.linked, manifest.contacts.count) == (("A-1",), ("O-1",), 2)
    assert completed.batch_id == "B-7"
    assert [contact.lead_contact_id for contact in created.contacts] == [None, "c-1"]
    (copied,), (carried,) = bodies(outcome, "documents.copied"), bodies(outcome, "tasks.carried-over")
    assert [(each.copied_from, each.content_hash) for each in copied.documents] == [("D-1", "sha256:a")]
    assert [(each.kind, each.item_id, each.text) for each in carried.items] == [
        ("note", "N-1", "prefers mail"),
        ("reminder", "R-1", "on Monday"),
        ("task", "T-1", "Call back"),
    ]
    assert [(each.remind_at and each.remind_at.isoformat(), each.by) for each in carried.items] == [
        (None, None),
        ("2026-12-07T08:00:00+00:00", "rep-3"),
        (None, None),
    ]
    times = {completed.completed_at, created.created_at, copied.copied_at, carried.carried_over_at, completed.lead.converted_at}
    assert len(times) == 1


def test_a_link_makes_no_customer_and_changes_none(converter: Converter) -> None:
    converter.take(*qualified(), requested("K-1"))
    before = converter.rows("SELECT * FROM customer")
    (*_, outcome) = converter.take(
        *qualified("L-2", phone="2", vat="V"), *things("L-2"), link("K-2", "L-2", "link_existing", contact_ids=["c-1"])
    )
    assert converter.rows("SELECT * FROM customer") == before
    assert "customer.created" not in told([outcome])
    assert "customer.lead-linked" in told([outcome])
    customer_id = before[0]["customer_id"]
    lead = converter.one("SELECT status, customer_id FROM lead WHERE lead_id = 'L-2'")
    assert lead == {"status": "converted", "customer_id": customer_id}
    contacts = converter.rows("SELECT customer_id, first_name, is_primary FROM contact ORDER BY is_primary DESC")
    assert [(row["first_name"], row["is_primary"]) for row in contacts] == [("Ada", True), ("Bo", False)]
    assert {row["customer_id"] for row in converter.rows("SELECT customer_id FROM customer_item")} == {customer_id}


def test_a_link_fills_what_is_empty_of_customer_and_contact(converter: Converter) -> None:
    converter.take(*qualified(phone=None, last_name="", address={}), requested("K-1"))
    (*_, outcome) = converter.take(*qualified("L-2", first_name="A.", phone="2", vat="V"), link("K-2", "L-2"))
    row = converter.one("SELECT first_name, last_name, phone, vat, address FROM customer")
    assert (row["first_name"], row["last_name"], row["phone"], row["vat"]) == ("Ada", "Byron", "2", "V")
    assert row["address"] == {"city": "London", "country": "GB"}
    assert converter.one("SELECT first_name, last_name, phone FROM contact") == {
        "first_name": "Ada",
        "last_name": "Byron",
        "phone": "2",
    }
    (updated,) = bodies(outcome, "customer.updated")
    assert updated.changes.model_fields_set == {"last_name", "phone", "vat", "address"}
    assert converter.one("SELECT filled FROM conversion WHERE lead_id = 'L-2'")["filled"] == [
        "address",
        "last_name",
        "phone",
        "vat",
    ]


def test_a_customer_of_the_same_batch_is_linked_to_and_filled_in_turn(converter: Converter) -> None:
    leads = [
        *qualified("L-1", phone=None, address=None),
        *qualified("L-2", phone="2", address=None),
        *qualified("L-3", phone="3", vat="V3", address=None),
    ]
    outcomes = converter.take(*leads, requested("K-1", "L-1"), link("K-2", "L-2"), link("K-3", "L-3"))[-3:]
    assert [told([outcome])[-1] for outcome in outcomes] == ["conversion.completed"] * 3
    row = converter.one("SELECT lead_id, phone, vat FROM customer")
    assert row == {"lead_id": "L-1", "phone": "2", "vat": "V3"}
    filled = converter.rows("SELECT filled FROM conversion ORDER BY lead_id")
    assert [row["filled"] for row in filled] == [None, ["phone"], ["vat"]]
    assert len(converter.rows("SELECT DISTINCT customer_id FROM lead")) == 1


def test_a_type_that_one_request_gave_refuses_another_of_its_batch_and_later_ones(converter: Converter) -> None:
    leads = [
        each
        for number, size in enumerate([7, "L", 8.5, True])
        for each in qualified(f"L-{number}", email=f"{number}@x.de", custom_fields={"size": size})
    ]
    converter.take(*leads)
    first, clash = converter.take(requested("K-0", "L-0"), requested("K-1", "L-1"))
    fits, later = converter.take(requested("K-2", "L-2"))[0], converter.take(requested("K-3", "L-3"))[0]
    assert [told([done])[-1] for done in (first, fits)] == ["conversion.completed"] * 2
    assert [(error(each).code, error(each).fields) for each in (clash, later)] == [
        ("CUSTOM_FIELD_CLASH", ("custom_fields.size",))
    ] * 2
    assert converter.rows("SELECT name, type FROM custom_field") == [{"name": "size", "type": "number"}]


def test_a_refused_request_gives_no_type(converter: Converter) -> None:
    converter.take(*qualified("L-1", custom_fields={}), requested("K-1", "L-1"))
    converter.take(*qualified("L-2", custom_fields={"size": "L"}), *qualified("L-3", email="3@x.de", custom_fields={"size": 3}))
    refused, done = converter.take(requested("K-2", "L-2"), requested("K-3", "L-3"))
    assert error(refused).code == "CUSTOMER_EMAIL_EXISTS"
    assert told([done])[-1] == "conversion.completed"
    assert converter.rows("SELECT name, type FROM custom_field") == [{"name": "size", "type": "number"}]


@pytest.mark.parametrize("ahead", [1, 2])
def test_a_number_that_somebody_has_as_a_code_is_passed_over(converter: Converter, ahead: int) -> None:
    taken = f"CUST-{1 + ahead:06d}"
    leads = [each for number in range(4) for each in qualified(f"L-{number}", email=f"{number}@x.de")]
    converter.take(*leads, requested("K-0", "L-0", options={"customer_code": taken}))
    outcomes = converter.take(*(requested(f"K-{number}", f"L-{number}") for number in (1, 2, 3)))
    assert [told([outcome])[-1] for outcome in outcomes] == ["conversion.completed"] * 3
    codes = [row["code"] for row in converter.rows("SELECT code FROM customer")]
    assert len(codes) == len(set(codes)) == 4


def test_provenance_names_the_leads_their_stamps_and_what_each_has_filled(converter: Converter) -> None:
    events = [*qualified("L-1", phone=None), lead_event("updated", vat="V1", second=5)]
    converter.take(*events, requested("K-1"), *qualified("L-2", phone="2"), link("K-2", "L-2"))
    customer_id = str(converter.one("SELECT customer_id FROM customer")["customer_id"])
    with converter.ledger.work() as work:
        made, filled = ResultStore().provenance(work, customer_id)
    assert (made["lead_id"], made["filled"]) == ("L-1", None)
    assert (filled["lead_id"], filled["filled"]) == ("L-2", ["phone"])
    assert made["stamps"]["vat"] == stamp(at(5), events[2].offset)
    assert made["stamps"]["first_name"] == stamp(at(0), events[0].offset)
    assert set(filled["stamps"]) >= {"phone", "first_name"}
    assert made["conversion_id"] != filled["conversion_id"]


def test_stamps_of_a_converted_lead_stay_as_they_were(converter: Converter) -> None:
    converter.take(*qualified(), requested("K"))
    customer_id = str(converter.one("SELECT customer_id FROM customer")["customer_id"])
    with converter.ledger.work() as work:
        before = ResultStore().provenance(work, customer_id)
    converter.take(lead_event("updated", phone="new", second=40))
    with converter.ledger.work() as work:
        assert ResultStore().provenance(work, customer_id) == before


def test_the_fields_that_a_conversion_fills_of_a_contact_are_told(converter: Converter) -> None:
    converter.take(*qualified(phone=None), requested("K-1"), *qualified("L-2", phone="2"))
    (done,) = converter.take(link("K-2", "L-2"))
    (changed,) = bodies(done, "contact.updated")
    row = converter.one("SELECT contact_id::text, customer_id::text, phone FROM contact")
    assert row == {"contact_id": changed.contact_id, "customer_id": changed.customer_id, "phone": "2"}
    assert changed.changes.model_dump(exclude_unset=True) == {"phone": "2"}


def test_the_steps_that_a_conversion_implies_are_in_the_leads_history_at_its_time(database_url: str) -> None:
    with open_converter(database_url, start=LATER) as converter:
        check_implied(converter)


def check_implied(converter: Converter) -> None:
    def ask(key: str, lead_id: str) -> Record:
        return requested(key, lead_id, profile="crm", origin="modal")

    converter.take(lead_event("created", **ADA), ask("K-1", "L-1"))
    more = {"lead_id": "L-2", "email": "b@example.com", "status": "contacted"}
    converter.take(lead_event("created", **{**ADA, **more}), ask("K-2", "L-2"))
    rows = converter.rows("SELECT history, contacted_at, qualified_at, converted_at FROM lead ORDER BY lead_id")
    first, second = ([row["history"][stamp] for stamp in sorted(row["history"])] for row in rows)
    assert (first, second) == (["=new", "contacted", "qualified"], ["=contacted", "qualified"])
    assert all(row["contacted_at"] == row["qualified_at"] == row["converted_at"] for row in rows)
    converter.take(lead_event("updated", phone="2", second=9))
    row = converter.one("SELECT contacted_at, qualified_at, converted_at FROM lead WHERE lead_id = 'L-1'")
    assert row["contacted_at"] == row["qualified_at"] == row["converted_at"]
