"""The converter on a real PostgreSQL: retry now and cancel, beside requests that wait in the ladder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from leadline.delivery.message import DeadLetter, Done, Retry, Rung
from leadline.delivery.record import Record
from services.converter.domain.names import conversion_id
from tests.integration.converter_on_postgres import Converter, error, open_converter, qualified, told
from tests.unit.converter_records import ADA, lead_event, read
from tests.unit.service_records import record, requested

RUNG = Rung("5s", 5.0)


@pytest.fixture
def converter(database_url: str) -> Iterator[Converter]:
    with open_converter(database_url) as converter:
        yield converter


def command(verb: str, key: str, lead_id: str = "L-1", **data: Any) -> Record:
    body = {"conversion_id": conversion_id(key, "", ""), "lead_id": lead_id, "requested_by": {"id": "boss"}, **data}
    return record("conversion.requests", f"conversion.{verb}-requested", body)


def state(converter: Converter, key: str = "K") -> tuple[str, int]:
    row = converter.one(f"SELECT state, attempt FROM conversion WHERE idempotency_key = '{key}'")
    return row["state"], row["attempt"]


def test_another_policy_heals_an_address_that_exists(converter: Converter) -> None:
    converter.take(*qualified(phone=None), requested("K-1"), *qualified("L-2", phone="2"))
    assert error(converter.take(requested("K-2", "L-2"))[0]).retryable
    (healed,) = converter.take(command("retry", "K-2", "L-2", duplicate_policy="fill_empty"))
    filled = ["customer.lead-linked", "customer.updated", "contact.updated"]
    assert told([healed]) == ["conversion.accepted", *filled, "conversion.completed"]
    assert dict(read(out) for out in healed.emit)["conversion.completed"].attempt == 2
    assert state(converter, "K-2") == ("completed", 2)
    assert converter.one("SELECT phone FROM customer") == {"phone": "2"}
    assert converter.take(requested("K-2", "L-2")) == [Done([])], "the request is known by its own body still"


def test_a_policy_may_be_given_to_a_request_that_had_options_and_keeps_them(converter: Converter) -> None:
    opportunity = {"name": "Deal", "value": "5"}
    converter.take(
        *qualified(), requested("K-1"), *qualified("L-2"), requested("K-2", "L-2", options={"opportunity": opportunity})
    )
    converter.take(command("retry", "K-2", "L-2", duplicate_policy="link_existing"))
    assert converter.one("SELECT name, lead_id FROM opportunity") == {"name": "Deal", "lead_id": "L-2"}


def test_a_retry_does_not_wait_for_the_rung_and_the_rung_then_does_nothing(converter: Converter) -> None:
    asked = requested("K")
    assert isinstance(converter.take(asked, rung=RUNG)[0], Retry)
    converter.take(*qualified())
    (done,) = converter.take(command("retry", "K"), rung=RUNG)
    assert told([done])[-1] == "conversion.completed"
    assert state(converter) == ("completed", 2)
    assert converter.take(asked, attempt=2, rung=RUNG) == [Done([])]
    assert state(converter) == ("completed", 2)
    assert len(converter.rows("SELECT 1 AS one FROM customer")) == 1


def test_a_retry_that_fails_again_is_told_and_is_no_dead_letter(converter: Converter) -> None:
    asked = requested("K")
    assert isinstance(converter.take(asked)[0], DeadLetter)
    (again,) = converter.take(command("retry", "K"), rung=RUNG)
    assert isinstance(again, Done)
    assert (error(again).code, state(converter)) == ("LEAD_UNKNOWN", ("failed", 2))
    converter.take(*qualified())
    assert told(converter.take(command("retry", "K")))[-1] == "conversion.completed"


def test_what_was_cancelled_while_it_waited_is_not_tried_by_its_rung(converter: Converter) -> None:
    asked = requested("K")
    converter.take(asked, rung=RUNG)
    (cancelled,) = converter.take(command("cancel", "K", reason="not now"))
    ((kind, body),) = [read(out) for out in cancelled.emit]
    assert (kind, body.cancelled_by.id, body.reason) == ("conversion.cancelled", "boss", "not now")
    converter.take(*qualified())
    assert converter.take(asked, attempt=2, rung=RUNG) == [Done([])]
    assert converter.take(command("retry", "K"), command("cancel", "K")) == [Done([])] * 2
    assert state(converter)[0] == "cancelled"
    assert told(converter.take(requested("K-2")))[-1] == "conversion.completed", "the lead is free for another request"


@pytest.mark.parametrize("verb", ["retry", "cancel"])
def test_commands_about_what_is_unknown_completed_or_failed_for_good_do_nothing(converter: Converter, verb: str) -> None:
    converter.take(*qualified(), requested("K"), *qualified("L-2"), requested("bad", "L-2", options={"contact_ids": ["x"]}))
    rows = converter.rows("SELECT * FROM conversion ORDER BY conversion_id")
    for each in (command(verb, "nobody"), command(verb, "K"), command(verb, "bad", "L-2"), command(verb, "K", conversion_id="x")):
        assert converter.take(each) == [Done([])]
    assert converter.rows("SELECT * FROM conversion ORDER BY conversion_id") == rows


def test_commands_about_one_conversion_follow_each_other_in_a_batch(converter: Converter) -> None:
    converter.take(requested("K"), rung=RUNG)
    converter.take(*qualified())
    outcomes = converter.take(command("cancel", "K"), command("retry", "K"), command("cancel", "K"))
    assert [told([outcome]) for outcome in outcomes] == [["conversion.cancelled"], [], []]


def test_two_conversions_of_one_lead_that_are_retried_in_a_batch_make_one_customer(converter: Converter) -> None:
    converter.take(requested("K-1"))
    converter.take(requested("K-2", options={"duplicate_policy": "link_existing"}))
    converter.take(*qualified())
    first, second = converter.take(command("retry", "K-1"), command("retry", "K-2"))
    assert told([first])[-1] == "conversion.completed"
    assert error(second).code == "LEAD_ALREADY_CONVERTED"
    assert error(second).existing_conversion_id == conversion_id("K-1", "", "")


@pytest.mark.parametrize("by_command", [False, True])
def test_a_lead_that_a_request_brings_survives_a_fault_of_ours(converter: Converter, by_command: bool) -> None:
    with converter.ledger.work() as work:
        work.execute("ALTER TABLE customer ADD CONSTRAINT none_yet CHECK (false) NOT VALID")
    asked = requested("K", lead={**ADA, "status": "qualified"}, second=3)
    (faulty,) = converter.take(asked, rung=None if by_command else RUNG)
    assert isinstance(faulty, DeadLetter if by_command else Retry)
    assert faulty.failure.code == "UNEXPECTED_ERROR"
    assert converter.rows("SELECT 1 AS one FROM lead") == []
    with converter.ledger.work() as work:
        work.execute("ALTER TABLE customer DROP CONSTRAINT none_yet")
    converter.take(lead_event("updated", phone="newer", second=9))
    (done,) = converter.take(command("retry", "K")) if by_command else converter.take(asked, attempt=2, rung=RUNG)
    assert told([done])[-1] == "conversion.completed"
    assert converter.one("SELECT name, phone FROM customer") == {"name": "Ada Byron", "phone": "newer"}
