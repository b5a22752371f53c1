"""The converter on a real PostgreSQL: a conversion is taken back without a trace, or refused with what stands in the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from leadline.delivery.message import DeadLetter, Done, Outcome
from leadline.delivery.record import Record
from services.converter.domain.names import conversion_id, id_space, name_id
from tests.integration.converter_on_postgres import LATER, START, Converter, Counting, error, open_converter, qualified, told
from tests.integration.test_converter_results import things
from tests.unit.converter_records import lead_event, read
from tests.unit.service_records import customer_request, order, record, requested

TABLES = ("customer", "contact", "opportunity", "customer_item", "conversion_fill")
MONTH_LATER_MS = (LATER - START + 31 * 24 * 3600) * 1000


@pytest.fixture
def converter(database_url: str) -> Iterator[Converter]:
    with open_converter(database_url, start=LATER) as converter:
        yield converter


def revert(key: str = "K-1", lead_id: str = "L-1", *, wish: str | None = None, **data: Any) -> Record:
    """A request to take the conversion of `key` back; `wish` is its own idempotency key."""
    body = {"conversion_id": conversion_id(key, "", ""), "requested_by": {"id": "boss"}, **data}
    kind = "conversion.revert-requested"
    return record("conversion.requests", kind, body, key=lead_id, idempotency_key=wish or f"revert-{key}")


def link(key: str, lead_id: str, policy: str = "fill_empty", **options: Any) -> Record:
    return requested(key, lead_id, options={"duplicate_policy": policy, **options})


def made_id(key: str, kind: str = "customer") -> str:
    return name_id(id_space(conversion_id(key, "", "")), kind)


def bodies(outcome: Outcome) -> dict[str, Any]:
    return dict(read(out) for out in outcome.emit)


def refusal(outcome: Outcome) -> Any:
    """The error of a revert that is refused, which is told as the only thing."""
    ((kind, body),) = [read(out) for out in outcome.emit]
    assert (kind, isinstance(outcome, Done)) == ("conversion.revert-refused", True)
    return body.error


def blocking(outcome: Outcome) -> list[tuple[str, str]]:
    found = refusal(outcome)
    assert (found.code, found.blocking_count) == ("REVERT_BLOCKED", len(found.blocking))
    return [(each.kind, each.id) for each in found.blocking]


def left(converter: Converter) -> dict[str, list[dict[str, Any]]]:
    return {table: converter.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES}


def lead(converter: Converter, lead_id: str = "L-1") -> dict[str, Any]:
    return dict(converter.one(f"SELECT * FROM lead WHERE lead_id = '{lead_id}'"))


def state(converter: Converter, key: str = "K-1") -> str:
    return str(converter.one(f"SELECT state FROM conversion WHERE idempotency_key = '{key}'")["state"])


def test_a_revert_leaves_nothing_of_what_the_conversion_made(converter: Converter) -> None:
    opportunity = {"name": "First deal", "value": "10"}
    converter.take(*qualified(), lead_event("assigned", rep_id="rep-3", second=2), *things())
    before = lead(converter)
    converter.take(requested("K-1", options={"contact_ids": ["c-1"], "opportunity": opportunity}))
    assert all(left(converter)[table] for table in TABLES[:-1])
    (done,) = converter.take(revert(reason="wrong lead"))
    assert told([done]) == ["customer.reverted", "assignment.reopened", "conversion.reverted"]
    assert not any(left(converter).values())
    after = lead(converter)
    assert [each for each in before if before[each] != after[each]] == ["history"]
    assert converter.one("SELECT customer_number, lead_id FROM reverted_customer") == {
        "customer_number": "CUST-000001",
        "lead_id": "L-1",
    }
    row = converter.one("SELECT state, customer_id::text AS id, reverted_at > finished_at AS later FROM conversion")
    assert row == {"state": "reverted", "id": made_id("K-1"), "later": True}
    reverted = bodies(done)["conversion.reverted"]
    assert (reverted.customer_id, reverted.reverted_by.id, reverted.reason) == (made_id("K-1"), "boss", "wrong lead")
    assert (reverted.lead.status, reverted.lead.converted_at, reverted.requested_by.id) == ("qualified", None, "rep-7")
    again = bodies(done)["assignment.reopened"]
    assert (again.assignment_id, again.rep_id) == (after["assignment"]["assignment_id"], "rep-3")


def test_the_lead_is_converted_anew_into_another_customer_with_the_same_code_and_address(converter: Converter) -> None:
    converter.take(*qualified(code="P-1"), *things(), requested("K-1"), revert())
    (done,) = converter.take(requested("K-2"))
    assert told([done])[-1] == "conversion.completed"
    row = converter.one("SELECT customer_id::text, customer_number, code, email FROM customer")
    assert row == {"customer_id": made_id("K-2"), "customer_number": "CUST-000002", "code": "P-1", "email": "Ada@Example.com"}
    assert made_id("K-2") != made_id("K-1")
    assert converter.take(requested("K-1")) == [Done([])], "the first request has had its say"


def test_conversion_revert_and_conversion_of_one_lead_follow_each_other_in_a_batch(converter: Converter) -> None:
    outcomes = converter.take(*qualified(), requested("K-1"), revert(), requested("K-2"), revert("K-2"))
    assert [told([each])[-1] for each in outcomes[2:]] == ["conversion.completed", "conversion.reverted"] * 2
    assert (lead(converter)["status"], left(converter)["customer"]) == ("qualified", [])


def test_the_same_revert_again_is_told_once_and_another_one_finds_nothing_to_take_back(converter: Converter) -> None:
    converter.take(*qualified(), requested("K-1"))
    first, same = converter.take(revert(), revert())
    assert (told([first])[-1], same) == ("conversion.reverted", Done([]))
    assert converter.take(revert()) == [Done([])]
    assert refusal(converter.take(revert(wish="again"))[0]).code == "CONVERSION_NOT_COMPLETED"
    assert converter.take(revert(wish="again")) == [Done([])]
    (reused,) = converter.take(revert(reason="another body"))
    assert isinstance(reused, DeadLetter)
    assert reused.failure.code == "IDEMPOTENCY_KEY_REUSED"


def test_what_was_asked_of_a_converted_lead_counts_no_longer_and_what_is_asked_later_does(converter: Converter) -> None:
    converter.take(*qualified(), requested("K-1"))
    converter.take(lead_event("disqualified", second=5, reason="no_need"), revert())
    assert lead(converter)["status"] == "qualified"
    assert [lead(converter)["history"][stamp] for stamp in sorted(lead(converter)["history"])][-2:] == [
        "disqualified",
        "<qualified",
    ]
    later = lead_event("disqualified", reason="no_need")
    converter.take(later._replace(headers=[(n, b"2027-06-01T00:00:00Z" if n == "ce_time" else v) for n, v in later.headers]))
    assert lead(converter)["status"] == "disqualified"


def test_what_is_not_completed_or_was_completed_too_long_ago_is_not_taken_back(converter: Converter) -> None:
    converter.take(*qualified(), requested("K-1"), *qualified("L-2"), requested("K-2", "L-2"))
    assert refusal(converter.take(revert("K-2", "L-2"))[0]).code == "CONVERSION_NOT_COMPLETED"
    late = revert()
    (refused,) = converter.take(late._replace(timestamp_ms=late.timestamp_ms + MONTH_LATER_MS))
    assert (refusal(refused).code, state(converter)) == ("REVERT_TOO_LATE", "completed")
    body = bodies(refused)["conversion.revert-refused"]
    assert (body.customer_id, body.revert_requested_by.id, refusal(refused).blocking) == (made_id("K-1"), "boss", ())


def test_the_time_within_which_a_conversion_is_taken_back_can_be_set(database_url: str) -> None:
    with open_converter(database_url, start=LATER, revert_within=timedelta(days=60)) as converter:
        converter.take(*qualified(), requested("K-1"))
        late = revert()
        (done,) = converter.take(late._replace(timestamp_ms=late.timestamp_ms + MONTH_LATER_MS))
        assert told([done])[-1] == "conversion.reverted"


def test_a_revert_of_nothing_known_does_nothing_and_one_under_another_key_is_a_dead_letter(converter: Converter) -> None:
    converter.take(*qualified(), requested("K-1"))
    assert converter.take(revert("nobody"), revert("K-1", wish="w", conversion_id="no id")) == [Done([])] * 2
    (dead,) = converter.take(revert(lead_id="L-9"))
    assert isinstance(dead, DeadLetter)
    assert (dead.failure.code, state(converter)) == ("KEY_MISMATCH", "completed")


def test_orders_that_stand_are_in_the_way_and_are_counted_beyond_twenty(converter: Converter) -> None:
    id = made_id("K-1")
    converter.take(*qualified(), order("placed", "early", id), requested("K-1"))
    assert blocking(converter.take(revert())[0]) == [("order", "early")]
    converter.take(*(order("placed", f"O-{n:02}", id) for n in range(30)))
    many = refusal(converter.take(revert(wish="w-2"))[0])
    assert (len(many.blocking), many.blocking_count) == (20, 31)
    converter.take(*(order("cancelled", f"O-{n:02}", id) for n in range(30)), order("cancelled", "early", id))
    converter.take(order("placed", "O-07", id))
    assert told(converter.take(revert(wish="w-3")))[-1] == "conversion.reverted", "a cancelled order is none"


def test_what_was_asked_about_the_customer_is_in_the_way(converter: Converter) -> None:
    id = made_id("K-1")
    converter.take(*qualified(), requested("K-1"))
    asked = {
        "note": customer_request("customer.note-added", id, idempotency_key="n", text="late"),
        "task": customer_request("customer.task-added", id, idempotency_key="t", subject="Call"),
        "message": customer_request("customer.message-logged", id, idempotency_key="m", action_code="CALL"),
        "contact": customer_request("customer.contact-added", id, idempotency_key="c", first_name="Bo"),
        "opportunity": customer_request(
            "opportunity.create-requested", id, idempotency_key="o", name="Deal", value="1", stage="proposal"
        ),
        "customer.billing-set": customer_request("customer.billing-set", id, idempotency_key="b", billing_cycle="weekly"),
    }
    for each in asked.values():
        converter.take(each)
    found = blocking(converter.take(revert())[0])
    assert sorted(kind for kind, _ in found) == sorted(asked)
    assert ("note", str(converter.one("SELECT note_id FROM customer_note")["note_id"])) in found
    assert ("opportunity", str(converter.one("SELECT opportunity_id FROM opportunity")["opportunity_id"])) in found


def test_an_opportunity_that_has_moved_is_in_the_way(converter: Converter) -> None:
    converter.take(*qualified(), requested("K-1", options={"opportunity": {"name": "Deal", "value": "5"}}))
    moved = {"opportunity_id": made_id("K-1", "opportunity"), "customer_id": made_id("K-1"), "stage": "proposal"}
    converter.take(record("order.events", "opportunity.stage-changed", moved))
    assert blocking(converter.take(revert())[0]) == [("opportunity", made_id("K-1", "opportunity"))]


def test_a_linked_lead_is_in_the_way_until_its_own_conversion_is_taken_back(converter: Converter) -> None:
    converter.take(*qualified(phone=None), requested("K-1"), *qualified("L-2", phone="2"), *things("L-2"))
    before = left(converter)
    converter.take(link("K-2", "L-2", contact_ids=["c-1"], opportunity={"name": "Deal", "value": "5"}))
    assert all(len(rows) > len(before[table]) for table, rows in left(converter).items() if table != "customer")
    first, second = converter.take(revert(), revert("K-2", "L-2"))
    assert blocking(first) == [("lead", "L-2")]
    assert told([second]) == ["customer.lead-unlinked", "customer.updated", "contact.updated", "conversion.reverted"]
    assert left(converter) == before
    assert (lead(converter)["status"], lead(converter, "L-2")["status"]) == ("converted", "qualified")
    gone = bodies(second)["customer.lead-unlinked"]
    own = {made_id("K-2", "opportunity"), made_id("K-2", "opportunity:O-1")}
    assert (gone.contact_ids, set(gone.opportunity_ids)) == ((made_id("K-2", "contact:c-1"),), own)
    assert [each.kind for each in gone.items] == ["activity", "document", "message", "note", "reminder", "task"]
    assert bodies(second)["customer.updated"].changes.model_dump(exclude_unset=True) == {"phone": None}
    assert told(converter.take(revert(wish="w-2")))[-1] == "conversion.reverted"


def test_a_value_that_was_filled_and_has_changed_since_stays(converter: Converter) -> None:
    converter.take(*qualified(phone=None, vat=None), requested("K-1"))
    converter.take(*qualified("L-2", phone="2", vat="DE2"), link("K-2", "L-2"))
    with converter.ledger.work() as work:
        work.execute("UPDATE customer SET phone = 'by hand'")
    (done,) = converter.take(revert("K-2", "L-2"))
    assert converter.one("SELECT phone, vat FROM customer") == {"phone": "by hand", "vat": None}
    assert bodies(done)["customer.updated"].changes.model_dump(exclude_unset=True) == {"vat": None}


def test_orders_of_a_customer_that_was_there_before_do_not_hold_a_link_but_a_later_link_does(converter: Converter) -> None:
    converter.take(*qualified(), requested("K-1"), *qualified("L-2"), link("K-2", "L-2"), order("placed", "O", made_id("K-1")))
    converter.take(*qualified("L-3"), link("K-3", "L-3"))
    assert blocking(converter.take(revert("K-2", "L-2"))[0]) == [("lead", "L-3")]
    outcomes = converter.take(revert("K-3", "L-3"), revert("K-2", "L-2", wish="w-2"))
    assert told(outcomes) == ["customer.lead-unlinked", "conversion.reverted"] * 2
    assert blocking(converter.take(revert())[0]) == [("order", "O")]


def test_an_opportunity_that_was_opened_for_a_linked_lead_since_is_in_the_way(converter: Converter) -> None:
    id = made_id("K-1")
    converter.take(*qualified(), requested("K-1"), *qualified("L-2"), link("K-2", "L-2"))
    deal = {"name": "Deal", "value": "1", "stage": "proposal", "lead_id": "L-2"}
    converter.take(customer_request("opportunity.create-requested", id, **deal))
    assert blocking(converter.take(revert("K-2", "L-2"))[0]) == [
        ("opportunity", str(converter.one("SELECT opportunity_id FROM opportunity")["opportunity_id"]))
    ]


def test_a_request_about_a_customer_that_was_taken_back_is_a_dead_letter_at_once(converter: Converter) -> None:
    converter.take(*qualified(), requested("K-1"), revert())
    (dead,) = converter.take(customer_request("customer.note-added", made_id("K-1"), text="late"))
    assert isinstance(dead, DeadLetter)
    assert dead.failure.code == "CUSTOMER_REVERTED"


def test_another_request_for_the_lead_is_refused_until_the_revert(converter: Converter) -> None:
    converter.take(*qualified(), requested("K-1"))
    assert error(converter.take(requested("K-2"))[0]).code == "LEAD_ALREADY_CONVERTED"
    converter.take(revert())
    assert told(converter.take(requested("K-3")))[-1] == "conversion.completed"


def test_many_reverts_cost_no_more_statements_than_one(converter: Converter) -> None:
    counts = []
    for numbers in (range(1), range(1, 40)):
        for n in numbers:
            fields = {"email": f"{n}@x.de", "phone": None}
            converter.take(*qualified(f"L-{n}", **fields), requested(f"K-{n}", f"L-{n}"))
            converter.take(*qualified(f"M-{n}", **{**fields, "phone": "1"}), link(f"J-{n}", f"M-{n}"))
        with converter.ledger.work() as work:
            counting = Counting(work)
            links = converter.take_unfinished(counting, *(revert(f"J-{n}", f"M-{n}") for n in numbers))
            made = converter.take_unfinished(counting, *(revert(f"K-{n}", f"L-{n}") for n in numbers))
        assert [told([each])[-1] for each in (*links, *made)] == ["conversion.reverted"] * 2 * len(numbers)
        counts.append(counting.count)
    assert counts[0] == counts[1]
    assert converter.rows("SELECT 1 AS one FROM customer") == []
