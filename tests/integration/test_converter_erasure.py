"""Erasure on a real PostgreSQL: nothing personal is left in any table, ids, times, numbers, codes and links stay."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from leadline.delivery.message import Done, Retry, Rung
from leadline.delivery.record import Record
from tests.integration.converter_on_postgres import Converter, Counting, error, open_converter, told
from tests.integration.marked_person import ITEMS, PERSON, asked, asked_of, erased, person
from tests.integration.marks import MARK, marked_places
from tests.unit.converter_records import lead_event, read
from tests.unit.service_records import customer_request, requested
from tests.waiting import until_blocked

RUNG = Rung("5s", 5.0)


@pytest.fixture
def converter(database_url: str) -> Iterator[Converter]:
    with open_converter(database_url) as opened:
        yield opened


def customer_id(converter: Converter) -> str:
    return str(converter.one("SELECT customer_id FROM customer WHERE lead_id = 'L-1'")["customer_id"])


def a_customer(converter: Converter) -> str:
    """The id of a customer of whom everything is known that can be."""
    converter.take(*person())
    (outcome,) = converter.take(asked())
    assert told([outcome])[-1] == "conversion.completed"
    id = customer_id(converter)
    for record in asked_of(id):
        assert told(converter.take(record))
    return id


def test_nothing_personal_is_left_of_a_converted_lead_and_its_customer(converter: Converter) -> None:
    a_customer(converter)
    assert len(marked_places(converter.url, "converter")) > 15
    converter.take(erased())
    assert marked_places(converter.url, "converter") == []


def test_ids_times_numbers_codes_and_links_stay(converter: Converter) -> None:
    id = a_customer(converter)
    kept = {
        "lead": "lead_id, status, customer_id, conversion_id, converted_at, created_at, contacted_at, qualified_at, assignment",
        "conversion": "conversion_id, idempotency_key, lead_id, state, attempt, requested_at, finished_at, customer_id",
        "customer": "customer_id, customer_number, code, lead_id, conversion_id, customer_status, discovered_by, created_at",
        "contact": "contact_id, customer_id, lead_contact_id, is_primary, created_at",
        "opportunity": "opportunity_id, lead_opportunity_id, customer_id, lead_id, value, stage, created_at",
        "customer_item": "customer_id, kind, item_id, lead_id, source_id, how, created_at",
        "customer_message": "message_id, customer_id, action_code, logged_at",
        "customer_task": "task_id, customer_id, message_id, added_at",
        "customer_note": "note_id, customer_id, added_at",
        "customer_request": "request_id, idempotency_key, customer_id, kind, handled_at",
    }
    rows = {table: converter.rows(f"SELECT {columns} FROM {table} ORDER BY 1, 2, 3") for table, columns in kept.items()}
    converter.take(erased())
    for table, columns in kept.items():
        assert converter.rows(f"SELECT {columns} FROM {table} ORDER BY 1, 2, 3") == rows[table], table
    assert (str(rows["lead"][0]["customer_id"]), rows["customer"][0]["code"]) == (id, "CUST-000001")


def test_a_customer_that_is_erased_is_told_of_once_and_nothing_personal_with_it(converter: Converter) -> None:
    id = a_customer(converter)
    first, repeated = converter.take(erased(), erased(second=10))
    (record,) = [*first.emit, *repeated.emit]
    kind, body = read(record)
    assert (record.topic, record.key, kind) == ("customer.events", id.encode(), "customer.erased")
    assert (body.customer_id, body.lead_id) == (id, "L-1")
    assert MARK.encode() not in (record.value or b"")
    assert converter.take(erased(second=11)) == [Done([])]


def test_the_address_of_an_erased_customer_is_free_for_another_lead(converter: Converter) -> None:
    a_customer(converter)
    converter.take(erased())
    converter.take(*person("L-2"))
    assert told(converter.take(asked("K-2", "L-2")))[-1] == "conversion.completed"
    assert len(converter.rows("SELECT FROM customer")) == 2


def test_an_erased_lead_cannot_come_again_and_its_keys_stay_taken(converter: Converter) -> None:
    a_customer(converter)
    converter.take(erased())
    late = [*person(), lead_event("updated", second=20, **PERSON), lead_event("restored", second=21)]
    assert converter.take(*late) == [Done([])] * len(late)
    assert converter.take(asked()) == converter.take(asked(notes=f"another {MARK}")) == [Done([])]
    refused = error(converter.take(asked("K-2"))[0])
    assert (refused.code, refused.existing_conversion_id) == ("LEAD_ALREADY_CONVERTED", _conversion_id(converter))
    assert marked_places(converter.url, "converter") == []


def _conversion_id(converter: Converter) -> str:
    return str(converter.one("SELECT conversion_id FROM conversion WHERE idempotency_key = 'K-1'")["conversion_id"])


def test_nothing_is_done_or_kept_of_a_request_about_an_erased_customer(converter: Converter) -> None:
    id = a_customer(converter)
    converter.take(erased())
    for record in asked_of(id):
        assert converter.take(record) == [Done([])]
    late = [customer_request("customer.note-added", id, text=MARK, idempotency_key=key) for key in ("note", "late")]
    assert [converter.take(each) for each in late] == [[Done([])]] * 2
    assert marked_places(converter.url, "converter") == []
    assert len(converter.rows("SELECT FROM customer_request")) == 5


def test_a_request_of_a_lead_that_is_erased_keeps_no_body_whenever_it_comes(converter: Converter) -> None:
    converter.take(*person("L-1"), *person("L-2", email="2@x.de"), lead_event("disqualified", second=2, reason="no_need"))
    converter.take(asked("before"))
    assert len(marked_places(converter.url, "converter")) > 1
    converter.take(erased(), erased("L-2"))
    converter.take(asked("after", lead={**PERSON, "items": ITEMS}))
    converter.refuse(requested("unreadable", "L-2")._replace(value=f'{{"lead_id": "L-2", "options": "{MARK}"}}'.encode()))
    assert marked_places(converter.url, "converter") == []
    assert {row["idempotency_key"] for row in converter.rows("SELECT idempotency_key FROM conversion WHERE is_erased")} == {
        "before", "after", "unreadable",
    }  # fmt: skip


def test_a_request_that_waits_while_its_lead_is_erased_is_refused_at_its_next_attempt(converter: Converter) -> None:
    waiting = asked("K-1", notes=MARK)
    (outcome,) = converter.take(waiting, rung=RUNG)
    assert isinstance(outcome, Retry)
    converter.take(erased())
    assert error(converter.take(waiting, attempt=2, rung=RUNG)[0]).code == "LEAD_NOT_CONVERTIBLE"
    assert marked_places(converter.url, "converter") == []


@pytest.mark.parametrize("command", ["conversion.retry-requested", "conversion.cancel-requested"])
def test_a_command_about_a_conversion_whose_lead_is_erased_does_nothing(converter: Converter, command: str) -> None:
    converter.take(asked(), rung=RUNG)
    converter.take(erased())
    assert converter.take(_command(command, _conversion_id(converter))) == [Done([])]
    assert converter.one("SELECT state FROM conversion") == {"state": "waiting"}


def _command(kind: str, conversion_id: str) -> Record:
    record = requested("command")
    body = f'{{"conversion_id": "{conversion_id}", "lead_id": "L-1", "requested_by": {{"id": "rep-7"}}}}'
    headers = [(n, f"leadline.{kind}.v1".encode() if n == "ce_type" else v) for n, v in record.headers]
    return record._replace(value=body.encode(), headers=headers)


def test_of_customers_that_stood_in_the_way_only_the_ids_are_kept(converter: Converter) -> None:
    id = a_customer(converter)
    converter.take(*person("L-2", first_name="Bo"))
    assert error(converter.take(requested("K-2", "L-2"))[0]).candidates[0].email == f"{MARK}@example.com"
    kept = converter.one("SELECT error -> 'candidates' AS kept FROM conversion WHERE lead_id = 'L-2'")["kept"]
    assert kept == [{"customer_id": id}]


def test_a_lead_that_was_linked_erases_the_customer_and_leaves_the_other_lead_its_row(converter: Converter) -> None:
    id = a_customer(converter)
    converter.take(*person("L-2", first_name="Bo"))
    converter.take(asked("K-2", "L-2", duplicate_policy="link_existing"))
    (outcome,) = converter.take(erased("L-2"))
    assert read(outcome.emit[0])[1].lead_id == "L-2"
    rows = converter.rows("SELECT lead_id, status, fields ->> 'first_name' AS name, customer_id FROM lead ORDER BY 1")
    assert [tuple(map(str, row.values())) for row in rows] == [
        ("L-1", "converted", MARK, id), ("L-2", "converted", "None", id),
    ]  # fmt: skip
    assert {place.partition(".")[0] for place in marked_places(converter.url, "converter")} == {"lead", "lead_item", "conversion"}
    assert converter.take(erased("L-1")) == [Done([])]
    assert marked_places(converter.url, "converter") == []


def test_a_lead_that_is_erased_in_the_batch_of_its_request_makes_no_customer(converter: Converter) -> None:
    *_, outcome = converter.take(*person(), erased(), asked())
    assert error(outcome).code == "LEAD_NOT_CONVERTIBLE"
    assert converter.rows("SELECT FROM customer") == []
    assert marked_places(converter.url, "converter") == []


def test_a_lead_that_is_to_be_linked_meanwhile_makes_a_customer_of_its_own(converter: Converter, database_url: str) -> None:
    """Its customer was found by the address just before it was erased."""
    first = a_customer(converter)
    converter.take(lead_event("created", lead_id="L-2", first_name="Bo", email=PERSON["email"], phone="2"))
    converter.take(lead_event("qualified", lead_id="L-2", second=1))
    late: list[Any] = []

    def link() -> None:
        with open_converter(database_url) as other:
            late.extend(other.take(requested("K-2", "L-2", options={"duplicate_policy": "fill_empty"})))

    with converter.ledger.work() as work:
        converter.take_unfinished(work, erased())
        thread = threading.Thread(target=link)
        thread.start()
        until_blocked(database_url)
    thread.join(10)
    assert told(late)[:2] == ["conversion.accepted", "customer.created"]
    rows = converter.rows("SELECT lead_id, phone FROM customer ORDER BY lead_id")
    assert rows == [{"lead_id": "L-1", "phone": None}, {"lead_id": "L-2", "phone": "2"}]
    assert str(first) in {str(row["customer_id"]) for row in converter.rows("SELECT customer_id FROM customer")}


def test_a_request_that_is_carried_out_while_its_customer_is_erased_leaves_nothing(
    converter: Converter, database_url: str
) -> None:
    id = a_customer(converter)

    def erase() -> None:
        with open_converter(database_url) as other:
            other.take(erased())

    with converter.ledger.work() as work:
        converter.take_unfinished(work, customer_request("customer.contact-added", id, first_name=MARK))
        thread = threading.Thread(target=erase)
        thread.start()
        until_blocked(database_url)
    thread.join(10)
    assert marked_places(converter.url, "converter") == []


def test_the_number_of_statements_does_not_grow_with_the_persons(converter: Converter) -> None:
    def statements(first: int, count: int) -> int:
        ids = [f"L-{number}" for number in range(first, first + count)]
        for id in ids:
            converter.take(*person(id, email=f"{id}@x.de"), asked(f"K-{id}", id))
        with converter.ledger.work() as work:
            counting = Counting(work)
            converter.take_unfinished(counting, *(erased(id) for id in ids))
        return counting.count

    assert statements(0, 1) == statements(1, 7)


def test_nobody_is_warned_of_a_customer_that_is_erased_and_its_keys_are_gone(converter: Converter) -> None:
    a_customer(converter)
    converter.take(*person("L-2", email="2@x.de"))
    (alike,) = converter.take(asked("K-2", "L-2"))
    assert read(alike.emit[-1])[1].warnings[0].code == "DUPLICATE_SUSPECTED"
    converter.take(erased(), erased("L-2"))
    assert {len(row["match_keys"]) for row in converter.rows("SELECT match_keys FROM lead")} == {0}
    assert converter.rows("SELECT FROM customer_match") == []
    converter.take(*person("L-3", email="3@x.de"))
    (outcome,) = converter.take(asked("K-3", "L-3"))
    assert read(outcome.emit[-1])[1].warnings == ()


def test_a_linked_lead_that_stays_brings_no_warning_of_the_customer_that_is_erased(converter: Converter) -> None:
    a_customer(converter)
    converter.take(*person("L-2"))
    converter.take(asked("K-2", "L-2", duplicate_policy="link_existing"))
    converter.take(erased("L-2"))
    converter.take(*person("L-3", email="3@x.de"))
    (outcome,) = converter.take(asked("K-3", "L-3"))
    assert read(outcome.emit[-1])[1].warnings == ()
