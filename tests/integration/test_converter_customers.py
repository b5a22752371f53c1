"""Requests about customers on a real PostgreSQL: each is carried out once, as a whole, for a customer that exists."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from leadline.delivery.message import DeadLetter, Done, Outcome, Retry, Rung
from leadline.delivery.record import Record
from services.converter.domain.names import conversion_id, id_space, name_id
from tests.integration.converter_on_postgres import Converter, Counting, open_converter, qualified, told
from tests.unit.converter_records import read
from tests.unit.service_records import customer_request, requested
from tests.waiting import until_blocked

RUNG = Rung("5s", 5.0)
NOBODY = "0198f1c2-7a41-5c3e-8d4b-6a2f0e9b1c11"


@pytest.fixture
def converter(database_url: str) -> Iterator[Converter]:
    with open_converter(database_url) as opened:
        yield opened


def a_customer(converter: Converter, number: int = 1) -> str:
    """The id of a new customer."""
    lead_id = f"L-{number}"
    converter.take(*qualified(lead_id, email=f"{lead_id}@example.com"), requested(f"K-{number}", lead_id))
    return str(converter.one(f"SELECT customer_id FROM customer WHERE lead_id = '{lead_id}'")["customer_id"])


def code(outcome: Outcome) -> str:
    assert isinstance(outcome, DeadLetter | Retry), outcome
    assert outcome.emit == []
    return outcome.failure.code


def bodies(outcome: Outcome) -> dict[str, Any]:
    return dict(read(out) for out in outcome.emit)


def test_a_new_customer_has_paid_nothing_and_owes_nothing(converter: Converter) -> None:
    a_customer(converter)
    row = converter.one("SELECT last_payment, ytd_sales, ar_balance, lifetime_sales FROM customer")
    assert [row["last_payment"], *(float(row[name]) for name in ("ytd_sales", "ar_balance", "lifetime_sales"))] == [None, 0, 0, 0]


def test_a_status_change_with_its_message_and_task_is_written_and_told(converter: Converter) -> None:
    id = a_customer(converter)
    asked = customer_request(
        "customer.status-change-requested",
        id,
        status="hold_for_credit_check",
        message={"action_code": "CREDIT", "text": "Please check."},
        task={"subject": "Check credit", "due_date": "2026-12-01"},
        requested_by={"id": "rep-7"},
    )
    outcomes = converter.take(asked)
    assert told(outcomes) == ["customer.status-changed", "message.logged", "task.added"]
    assert converter.one("SELECT customer_status FROM customer") == {"customer_status": "hold_for_credit_check"}
    row = converter.one(
        "SELECT m.action_code, m.logged_by, t.subject, t.due_date::text AS due FROM customer_task AS t JOIN customer_message AS m"
        " USING (message_id)"
    )
    assert row == {"action_code": "CREDIT", "logged_by": "rep-7", "subject": "Check credit", "due": "2026-12-01"}
    changed = bodies(outcomes[0])["customer.status-changed"]
    assert (changed.previous_status, changed.status) == ("active", "hold_for_credit_check")


def test_contacts_notes_and_opportunities_are_written_and_told(converter: Converter) -> None:
    id = a_customer(converter)
    outcomes = [
        *converter.take(customer_request("customer.contact-added", id, first_name="Ann", role="supervisor")),
        *converter.take(customer_request("customer.note-added", id, text="Prefers e-mail.")),
        *converter.take(
            customer_request(
                "opportunity.create-requested", id, name="Second", value="5.00", stage="proposal", probability=75,
                expected_close_date="2026-12-31",
            )
        ),
    ]  # fmt: skip
    assert told(outcomes) == ["contact.created", "note.added", "opportunity.created"]
    assert converter.one("SELECT first_name, role FROM contact WHERE NOT is_primary") == {
        "first_name": "Ann",
        "role": "supervisor",
    }
    assert converter.one("SELECT text FROM customer_note") == {"text": "Prefers e-mail."}
    row = converter.one("SELECT lead_id, probability, expected_close_date::text AS closes FROM opportunity")
    assert row == {"lead_id": "L-1", "probability": 75, "closes": "2026-12-31"}
    assert [hint.code for hint in bodies(outcomes[2])["opportunity.created"].warnings] == ["PROBABILITY_OUTSIDE_GUIDELINE"]


def test_a_new_primary_contact_takes_the_place_of_the_one_before(converter: Converter) -> None:
    id = a_customer(converter)
    converter.take(customer_request("customer.contact-added", id, first_name="Ann", is_primary=True))
    rows = converter.rows("SELECT first_name, is_primary FROM contact ORDER BY first_name")
    assert [(row["first_name"], row["is_primary"]) for row in rows] == [("Ada", False), ("Ann", True)]


def test_defaults_and_billing_are_kept_beside_each_other(converter: Converter) -> None:
    id = a_customer(converter)
    converter.take(customer_request("customer.defaults-set", id, worker_comp_codes=["8810"], multiplier_codes=["M1", "M2"]))
    converter.take(customer_request("customer.billing-set", id, billing_cycle="weekly", invoice_recipients=["ap@example.com"]))
    outcomes = converter.take(customer_request("customer.defaults-set", id, multiplier_codes=[]))
    row = converter.one("SELECT worker_comp_codes, multiplier_codes, billing_cycle, invoice_recipients FROM customer")
    assert row == {
        "worker_comp_codes": ["8810"], "multiplier_codes": [], "billing_cycle": "weekly",
        "invoice_recipients": ["ap@example.com"],
    }  # fmt: skip
    assert bodies(outcomes[0])["customer.updated"].changes.model_dump(exclude_unset=True) == {"multiplier_codes": ()}


def test_the_same_key_and_body_again_does_and_tells_nothing(converter: Converter) -> None:
    id = a_customer(converter)
    note = customer_request("customer.note-added", id, text="a", idempotency_key="N-1")
    first, at_once = converter.take(note, note)
    (later,) = converter.take(note)
    (replayed,) = converter.take(note, replays=1)
    assert told([first]) == ["note.added"]
    assert [at_once, later, replayed] == [Done([])] * 3
    assert len(converter.rows("SELECT FROM customer_note")) == 1


def test_without_an_idempotency_key_source_and_id_name_the_request(converter: Converter) -> None:
    id = a_customer(converter)
    note = customer_request("customer.note-added", id, text="a")
    assert told(converter.take(note) + converter.take(note)) == ["note.added"]


def test_the_same_key_with_another_body_type_or_customer_is_a_dead_letter(converter: Converter) -> None:
    one, two = a_customer(converter, 1), a_customer(converter, 2)
    converter.take(customer_request("customer.note-added", one, text="a", idempotency_key="N-1"))
    others: list[Record] = [
        customer_request("customer.note-added", one, text="b", idempotency_key="N-1"),
        customer_request("customer.task-added", one, subject="a", idempotency_key="N-1"),
        customer_request("customer.note-added", two, text="a", idempotency_key="N-1"),
    ]
    assert [code(outcome) for other in others for outcome in converter.take(other)] == ["IDEMPOTENCY_KEY_REUSED"] * 3
    at_once = [customer_request("customer.note-added", each, text="a", idempotency_key="N-2") for each in (one, two)]
    first, second = converter.take(*at_once)
    assert (told([first]), code(second)) == (["note.added"], "IDEMPOTENCY_KEY_REUSED")


@pytest.mark.parametrize("customer_id", [NOBODY, "C-1", NOBODY.upper()])
def test_a_request_about_a_customer_that_nobody_made_climbs_the_ladder_and_dies(converter: Converter, customer_id: str) -> None:
    note = customer_request("customer.note-added", customer_id, text="a")
    (waiting,) = converter.take(note, rung=RUNG)
    (dead,) = converter.take(note, attempt=4)
    assert isinstance(waiting, Retry)
    assert isinstance(dead, DeadLetter)
    assert [code(waiting), code(dead)] == ["CUSTOMER_UNKNOWN"] * 2


def test_a_request_that_came_before_its_customer_is_carried_out_at_a_later_attempt(converter: Converter) -> None:
    converter.take(*qualified())
    id = _customer_id("K-1")
    note = customer_request("customer.note-added", id, text="a")
    (waiting,) = converter.take(note, rung=RUNG)
    assert code(waiting) == "CUSTOMER_UNKNOWN"
    converter.take(requested("K-1"))
    assert told(converter.take(note, attempt=2, rung=RUNG)) == ["note.added"]


def test_a_request_in_the_batch_of_its_customers_conversion_finds_it(converter: Converter) -> None:
    note = customer_request("customer.note-added", _customer_id("K-1"), text="a")
    converter.take(*qualified())
    assert told(converter.take(note, requested("K-1")))[0] == "note.added"


def _customer_id(key: str) -> str:
    return name_id(id_space(conversion_id(key, "", "")), "customer")


def test_a_request_that_cannot_be_written_as_a_whole_leaves_nothing(converter: Converter) -> None:
    id = a_customer(converter)
    with pytest.raises(RuntimeError), converter.ledger.work() as work:
        converter.take_unfinished(work, customer_request("customer.message-logged", id, action_code="A", task={"subject": "B"}))
        raise RuntimeError
    for table in ("customer_message", "customer_task", "customer_request"):
        assert converter.rows(f"SELECT FROM {table}") == []


def test_the_number_of_statements_does_not_grow_with_the_batch(converter: Converter) -> None:
    ids = [a_customer(converter, number) for number in range(1, 6)]

    def statements(records: list[Record]) -> int:
        with converter.ledger.work() as work:
            counting = Counting(work)
            converter.take_unfinished(counting, *records)
            return counting.count

    def asked(id: str) -> Record:
        return customer_request("customer.status-change-requested", id, status="x", message={"action_code": "A"})

    assert statements([asked(ids[0])]) == statements([asked(id) for id in ids[1:]])


def test_one_key_in_two_instances_is_carried_out_once(converter: Converter, database_url: str) -> None:
    one, two = a_customer(converter, 1), a_customer(converter, 2)
    late: list[Outcome] = []
    with open_converter(database_url) as other:
        with converter.ledger.work() as work:
            first = converter.take_unfinished(work, customer_request("customer.note-added", one, text="a", idempotency_key="N-1"))
            second = customer_request("customer.note-added", two, text="a", idempotency_key="N-1")
            thread = threading.Thread(target=lambda: late.extend(other.take(second)))
            thread.start()
            until_blocked(database_url)
        thread.join(10)
    assert told(first) == ["note.added"]
    assert [code(outcome) for outcome in late] == ["IDEMPOTENCY_KEY_REUSED"]


def test_every_event_names_its_customer_and_its_request(converter: Converter) -> None:
    id = a_customer(converter)
    (outcome,) = converter.take(customer_request("customer.status-change-requested", id, status="x", task={"subject": "B"}))
    request_id = str(converter.one("SELECT request_id FROM customer_request")["request_id"])
    for out in outcome.emit:
        headers: Mapping[str, bytes | None] = dict(out.headers)
        kind = (headers["ce_type"] or b"").decode().removeprefix("leadline.").removesuffix(".v1")
        assert (out.topic, out.key) == ("customer.events", id.encode())
        assert (headers["ce_id"], headers["ce_correlationid"]) == (f"{request_id}:{kind}".encode(), request_id.encode())
