"""The converter on a real PostgreSQL: what it writes and tells, over batches, repeats, replays and instances."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from leadline.contracts.codes import ErrorCode
from leadline.delivery.message import DeadLetter, Done, Outcome, Retry, Rung
from leadline.delivery.record import Record
from tests.integration.converter_on_postgres import (
    SECONDS,
    Converter,
    Counting,
    error,
    open_converter,
    qualified,
    told,
)
from tests.unit.converter_records import ADA, CONTACTS, OPPORTUNITY, lead_event, read
from tests.unit.service_records import requested
from tests.waiting import until_blocked

RUNG = Rung("5s", 5.0)


@pytest.fixture
def converter(database_url: str) -> Iterator[Converter]:
    with open_converter(database_url) as converter:
        yield converter


def test_a_conversion_is_in_every_table_and_in_every_event(converter: Converter) -> None:
    items = [lead_event("item-added", kind="contact", item_id=id, **fields) for id, fields in CONTACTS.items()]
    assign = lead_event("assigned", rep_id="rep-3", second=2)
    asked = requested("K", options={"opportunity": OPPORTUNITY, "contact_ids": ["c-1"], "notes": "met"}, second=3)
    outcomes = converter.take(*qualified(), *items, assign, asked)
    customer = converter.one("SELECT * FROM customer")
    assert (customer["email_key"], customer["salesperson_id"], customer["notes"]) == ("ada@example.com", "rep-3", "met")
    assert [row["is_primary"] for row in converter.rows("SELECT is_primary FROM contact ORDER BY is_primary DESC")] == [
        True,
        False,
    ]
    assert converter.one("SELECT value, currency FROM opportunity") == {"value": 12000, "currency": "EUR"}
    lead = converter.one("SELECT status, customer_id, conversion_id, assignment FROM lead")
    assert (lead["status"], lead["customer_id"], lead["assignment"]["status"]) == (
        "converted",
        customer["customer_id"],
        "converted",
    )
    conversion = converter.one("SELECT state, attempt, customer_id, error FROM conversion")
    assert conversion == {"state": "completed", "attempt": 1, "customer_id": customer["customer_id"], "error": None}
    told_customer = dict(read(out) for out in outcomes[-1].emit)["customer.created"]
    assert told_customer.customer_number == customer["customer_number"] == "CUST-000001"
    assert told_customer.customer_id == str(customer["customer_id"])


def test_a_batch_does_what_its_records_do_one_by_one(converter: Converter) -> None:
    def story(lead_id: str) -> list[Record]:
        return [*qualified(lead_id, email=f"{lead_id}@x.de"), requested(f"K-{lead_id}", lead_id)]

    together = converter.take(*story("L-1"), *story("L-2"))
    alone = [outcome for record in story("L-3") for outcome in converter.take(record)]
    assert told(together) == told(alone) * 2
    numbers = [row["customer_number"] for row in converter.rows("SELECT customer_number FROM customer ORDER BY lead_id")]
    assert numbers == ["CUST-000001", "CUST-000002", "CUST-000003"]


def test_repeats_in_one_batch_or_later_make_nothing_and_tell_nothing(converter: Converter) -> None:
    first, *repeats = converter.take(*qualified(), *[requested("K") for _ in range(3)])[2:]
    assert len(first.emit) == 5
    assert repeats == [Done([])] * 2
    assert converter.take(requested("K")) == [Done([])]
    assert len(converter.rows("SELECT 1 AS one FROM customer")) == 1


def test_a_key_with_another_body_is_a_dead_letter_in_one_batch_or_later(converter: Converter) -> None:
    for outcome in (
        converter.take(*qualified(), requested("K"), requested("K", origin="map"))[3],
        *converter.take(requested("K", origin="map")),
    ):
        assert isinstance(outcome, DeadLetter)
        assert (outcome.failure.code, outcome.emit) == ("IDEMPOTENCY_KEY_REUSED", [])


def test_another_request_for_a_converted_lead_is_told_who_it_is(converter: Converter) -> None:
    converter.take(*qualified(), requested("K"))
    found = error(converter.take(requested("K-2"))[0])
    customer = converter.one("SELECT customer_id, conversion_id FROM customer")
    assert (found.code, found.existing_customer_id) == ("LEAD_ALREADY_CONVERTED", str(customer["customer_id"]))
    assert found.existing_conversion_id == str(customer["conversion_id"])


@pytest.mark.parametrize("apart", [False, True])
def test_two_leads_of_one_address_make_one_customer(converter: Converter, apart: bool) -> None:
    leads = [*qualified("L-1"), *qualified("L-2", email=" ADA@example.com")]
    requests = [requested("K-1", "L-1"), requested("K-2", "L-2")]
    converter.take(*leads)
    outcomes = [converter.take(each)[0] for each in requests] if apart else converter.take(*requests)
    assert [type(outcome) for outcome in outcomes] == [Done, Done]
    found = error(outcomes[1])
    assert (found.code, found.retryable) == ("CUSTOMER_EMAIL_EXISTS", True)
    assert found.candidates[0].customer_number == "CUST-000001"


def test_an_address_that_another_instance_is_taking_is_seen_the_second_time(converter: Converter, database_url: str) -> None:
    converter.take(*qualified("L-1"), *qualified("L-2"))
    outcomes: list[Outcome] = []

    def convert_second() -> None:
        with open_converter(database_url) as other:
            outcomes.extend(other.take(requested("K-2", "L-2")))

    with converter.ledger.work() as work:
        converter.take_unfinished(work, requested("K-1", "L-1"))
        thread = threading.Thread(target=convert_second)
        thread.start()
        until_blocked(database_url)
    thread.join(SECONDS)
    assert error(outcomes[0]).code == "CUSTOMER_EMAIL_EXISTS"
    assert [row["lead_id"] for row in converter.rows("SELECT lead_id FROM customer")] == ["L-1"]


def test_codes_are_the_leads_the_asked_for_or_the_number(converter: Converter) -> None:
    leads = [each for n in range(4) for each in qualified(f"L-{n}", email=f"{n}@x.de", code="P-1")]
    asked = [
        requested(f"K-{n}", f"L-{n}", options=options)
        for n, options in enumerate([None, None, {"customer_code": "MINE"}, {"customer_code": "P-1"}])
    ]
    outcomes = converter.take(*leads, *asked)
    assert error(outcomes[-1]).code == "CUSTOMER_CODE_TAKEN"
    codes = [row["code"] for row in converter.rows("SELECT code FROM customer ORDER BY lead_id")]
    assert codes == ["P-1", "CUST-000002", "MINE"]


def test_an_unknown_lead_is_waited_for_and_then_a_dead_letter_that_a_replay_heals(converter: Converter) -> None:
    asked = requested("K")
    (waits,) = converter.take(asked, rung=RUNG)
    assert isinstance(waits, Retry)
    assert told([waits]) == ["conversion.retry-scheduled"]
    assert converter.one("SELECT state, attempt FROM conversion") == {"state": "waiting", "attempt": 1}
    (dead,) = converter.take(asked, attempt=4)
    assert isinstance(dead, DeadLetter)
    assert (error(dead).code, dead.failure.code) == ("LEAD_UNKNOWN", "LEAD_UNKNOWN")
    assert converter.one("SELECT state, attempt FROM conversion") == {"state": "failed", "attempt": 2}
    converter.take(*qualified())
    (done,) = converter.take(asked, replays=1)
    assert told([done])[-1] == "conversion.completed"
    assert converter.one("SELECT state, attempt FROM conversion") == {"state": "completed", "attempt": 3}


def test_a_lead_that_is_not_qualified_gets_one_more_chance(converter: Converter) -> None:
    converter.take(qualified()[0])
    asked = requested("K")
    assert isinstance(converter.take(asked, rung=RUNG)[0], Retry)
    assert error(converter.take(asked, attempt=2, rung=RUNG)[0]).code == "LEAD_NOT_QUALIFIED"


def test_a_request_may_bring_its_lead_once(converter: Converter) -> None:
    brought = requested(
        "K", lead={**ADA, "status": "qualified", "items": [{"kind": "contact", "item_id": "c-1", "email": "bo@x.de"}]}
    )
    assert told(converter.take(brought))[-1] == "conversion.completed"
    converter.take(lead_event("updated", phone="new", second=9))
    converter.take(brought)
    assert converter.one("SELECT fields->>'phone' AS phone, status FROM lead") == {"phone": "new", "status": "converted"}


def test_a_request_that_cannot_be_read_fails_and_a_mended_replay_succeeds(converter: Converter) -> None:
    converter.take(*qualified())
    ((_, failed),) = [read(out) for out in converter.refuse(requested("K", origin=7))]
    assert (failed.error.code, failed.attempt) == ("SCHEMA_INVALID", 1)
    assert converter.refuse(requested("K", origin=8)) == [], "told once"
    assert isinstance(converter.take(requested("K"))[0], DeadLetter), "its key is used"
    assert told(converter.take(requested("K"), replays=1))[-1] == "conversion.completed"


def test_what_cannot_be_kept_of_an_unreadable_request_is_not_tried(converter: Converter) -> None:
    assert converter.refuse(requested("K", "L\x00")._replace(key=b"L\x00")) == []
    assert converter.rows("SELECT 1 AS one FROM conversion") == []


@pytest.mark.parametrize("name", ["updated", "created", "junked", "qualified", "scored", "assigned"])
def test_what_is_said_of_a_lead_after_its_conversion_is_kept_and_changes_no_status(converter: Converter, name: str) -> None:
    converter.take(*qualified(), requested("K"))
    said: dict[str, dict[str, Any]] = {
        "updated": {"phone": "new"},
        "created": ADA,
        "scored": {"behavioral": 1, "demographic": 2},
        "assigned": {"rep_id": "rep-9"},
    }
    assert converter.take(lead_event(name, second=30, **said.get(name, {}))) == [Done([])]
    lead = converter.one("SELECT status, fields, customer_id, converted_at FROM lead")
    assert lead["status"] == "converted"
    assert lead["customer_id"] is not None
    assert lead["converted_at"] is not None
    assert name != "updated" or lead["fields"]["phone"] == "new"


def test_two_instances_that_meet_a_new_lead_lose_no_word_of_it(converter: Converter, database_url: str) -> None:
    outcomes: list[Outcome] = []

    def tell_more() -> None:
        with open_converter(database_url) as other:
            outcomes.extend(other.take(lead_event("updated", phone="2", second=2)))

    with converter.ledger.work() as work:
        converter.take_unfinished(work, lead_event("created", second=1, first_name="Ada"))
        thread = threading.Thread(target=tell_more)
        thread.start()
        until_blocked(database_url)
    thread.join(SECONDS)
    assert outcomes == [Done([])]
    assert converter.one("SELECT fields FROM lead")["fields"] == {"first_name": "Ada", "phone": "2"}


def test_a_removed_contact_cannot_be_taken_along(converter: Converter) -> None:
    event: dict[str, Any] = {"kind": "contact", "item_id": "c-1"}
    converter.take(*qualified(), lead_event("item-added", **event), lead_event("item-removed", second=1, **event))
    assert error(converter.take(requested("K", options={"contact_ids": ["c-1"]}))[0]).code == "CONTACT_UNKNOWN"


def test_one_bad_request_does_not_hold_up_the_others(converter: Converter) -> None:
    records = [*qualified("L-1", email="1@x.de"), *qualified("L-2", email="2@x.de")]
    converter.take(*records)
    with converter.ledger.work() as work:
        work.execute("ALTER TABLE customer ADD CONSTRAINT no_second CHECK (lead_id <> 'L-2')")
    good, bad = converter.take(requested("K-1", "L-1"), requested("K-2", "L-2"), rung=RUNG)
    assert told([good])[-1] == "conversion.completed"
    assert isinstance(bad, Retry)
    assert bad.failure.code == ErrorCode.UNEXPECTED_ERROR
    assert told([bad]) == ["conversion.retry-scheduled"]
    states = converter.rows("SELECT state FROM conversion ORDER BY state")
    assert [row["state"] for row in states] == ["completed", "waiting"]


def test_the_number_of_statements_does_not_grow_with_the_batch(converter: Converter) -> None:
    def statements(first: int, count: int) -> int:
        leads = [each for n in range(first, first + count) for each in qualified(f"L-{n}", email=f"{n}@x.de")]
        asked = [requested(f"K-{n}", f"L-{n}") for n in range(first, first + count)]
        with converter.ledger.work() as work:
            counting = Counting(work)
            converter.take_unfinished(counting, *leads, *asked)
        return counting.count

    statements(0, 1)  # which also writes the type of their custom field
    assert statements(1, 1) == statements(2, 40)


def test_what_leads_say_comes_back_from_json_as_it_was(converter: Converter) -> None:
    custom_fields = {"n": 2**53, "f": 0.1, "l": [1, None, "x"], "k": True}
    odd: dict[str, Any] = {"first_name": "Zoë \u2028 \U0001f600", "custom_fields": custom_fields}
    converter.take(*qualified(**odd))
    fields = converter.one("SELECT fields FROM lead")["fields"]
    assert {name: fields[name] for name in odd} == odd
    assert orjson.dumps(fields)


def test_a_conversion_rewrites_its_leads_row_in_place_where_there_is_room(converter: Converter) -> None:
    converter.take(*(each for number in range(50) for each in qualified(f"L-{number}", email=f"a{number}@example.com")))
    before = rewritten_in_place(converter)
    converter.take(*(requested(f"K-{number}", f"L-{number}") for number in range(50)))
    assert rewritten_in_place(converter) - before >= 20, "no index has to follow: in place as long as there is room in the page"


def rewritten_in_place(converter: Converter) -> int:
    with converter.ledger.work() as work:
        work.execute("SELECT pg_stat_force_next_flush()")
    return int(converter.one("SELECT n_tup_hot_upd AS number FROM pg_stat_user_tables WHERE relid = 'lead'::regclass")["number"])
