"""What a lead is once its conversion was taken back, what of a customer is then undone, and when it may be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadline.delivery.order import waves
from services.converter.decode import decode
from services.converter.domain.lead import Lead, LeadChange, apply, implied_history, stamp, take_back
from services.converter.domain.names import id_space, name_id
from services.converter.domain.revert import Fill, Found, named_request, refuse_by_conversion, undo
from tests.unit.service_records import at, message, record, requested

K = "5d0e5b7e-6a3c-5c0d-9a53-1f6d2f1c9a10"
DONE = datetime(2026, 11, 22, tzinfo=UTC)
WEEK = timedelta(days=7)


def said(second: int, status: str | None = None, **fields: Any) -> LeadChange:
    return LeadChange("L-1", stamp(at(second), second), at(second), fields, status, "A-2" if "assigned_to" in fields else None)


def converted(*changes: LeadChange, **more: Any) -> Lead:
    """A lead that was qualified in second 2 and converted in second 5."""
    lead = apply(Lead("L-1"), [said(1, "=new", assigned_to="rep-3"), said(2, "qualified")])
    closed = {**(lead.assignment or {}), "status": "converted", "closed_at": at(5)}
    return apply(lead._replace(status="converted", conversion_id=K, customer_id="C", assignment=closed, **more), changes)


def test_a_lead_is_qualified_again_and_belongs_to_no_conversion() -> None:
    back = take_back(converted(), at(9))
    assert (back.status, back.conversion_id, back.customer_id) == ("qualified", None, None)
    assert (back.contacted_at, back.qualified_at) == (at(2), at(2))


@pytest.mark.parametrize("second", [3, 7])
def test_what_was_asked_before_the_revert_counts_no_longer_whenever_it_is_heard(second: int) -> None:
    early = take_back(converted(said(second, "disqualified")), at(9))
    late = apply(take_back(converted(), at(9)), [said(second, "disqualified")])
    assert early.status == late.status == "qualified"
    assert early == late


def test_what_is_asked_after_the_revert_counts() -> None:
    assert apply(take_back(converted(), at(9)), [said(10, "disqualified")]).status == "disqualified"


def test_a_lead_that_was_erased_as_a_customer_is_erased_without_one() -> None:
    back = take_back(converted(said(7, "erased"), said(8, first_name="Ada")), at(9))
    assert (back.status, back.fields, back.assignment) == ("erased", {}, None)


def test_the_assignment_is_open_again() -> None:
    before = apply(Lead("L-1"), [said(1, "=new", assigned_to="rep-3")]).assignment
    assert take_back(converted(), at(9)).assignment == before


def test_a_lead_that_was_given_to_somebody_else_meanwhile_is_theirs() -> None:
    again = take_back(converted(said(7, assigned_to="rep-9")), at(9)).assignment
    assert again is not None
    assert (again["rep_id"], again["status"], again["opened_at"]) == ("rep-9", "active", at(9))
    assert take_back(converted(said(7, assigned_to=None)), at(9)).assignment is None


def test_the_steps_that_a_conversion_implied_stay_in_the_history() -> None:
    new = apply(Lead("L-1"), [said(1, "=new")])
    history = {**new.history, **implied_history(("lead.contacted", "lead.qualified"), at(5))}
    back = take_back(new._replace(history=history, status="converted"), at(9))
    assert (back.status, back.contacted_at, back.qualified_at) == ("qualified", at(5), at(5))


@pytest.mark.parametrize("state", ["waiting", "failed", "cancelled", "reverted"])
def test_only_what_is_completed_is_taken_back(state: str) -> None:
    assert refuse_by_conversion(state, DONE, DONE, WEEK) == "CONVERSION_NOT_COMPLETED"


def test_the_last_moment_is_in_time() -> None:
    assert refuse_by_conversion("completed", DONE, DONE + WEEK, WEEK) is None
    assert refuse_by_conversion("completed", DONE, DONE + WEEK + timedelta(seconds=1), WEEK) == "REVERT_TOO_LATE"


def test_only_what_a_link_has_made_is_its_own() -> None:
    space = id_space(K)
    mine, chosen, other = name_id(space, "contact"), name_id(space, "contact:c-1"), name_id(space, "contact:c-2")
    contacts: list[dict[str, Any]] = [
        {"contact_id": mine, "lead_contact_id": None},
        {"contact_id": chosen, "lead_contact_id": "c-1"},
        {"contact_id": other, "lead_contact_id": "c-9"},
    ]
    found = Found(K, converted(), {"conversion_id": "another"}, contacts)
    assert (found.is_maker, found.own_contacts) == (False, [mine, chosen])


def test_a_contact_that_goes_is_not_cleared_first() -> None:
    mine = name_id(id_space(K), "contact")
    contacts = [
        {"contact_id": mine, "lead_contact_id": None, "phone": "1"},
        {"contact_id": "c", "lead_contact_id": None, "phone": "2"},
    ]
    fill = Fill(
        {"vat": "DE1", "phone": "1"}, {mine: {"phone": "1"}, "c": {"phone": "2", "job_title": "CTO"}, "gone": {"phone": "3"}}
    )
    found = Found(K, converted(), {"conversion_id": "another", "vat": "DE1", "phone": "9"}, contacts, fill=fill)
    undone = undo(found, at(9))
    assert (undone.cleared, undone.cleared_contacts) == (["vat"], {"c": ["phone"]})


def test_a_request_that_made_something_is_named_by_that() -> None:
    assert named_request("customer.note-added", K) == {"kind": "note", "id": name_id(id_space(K), "note")}
    assert named_request("order", "O-1") == {"kind": "order", "id": "O-1"}


def test_a_revert_keeps_its_place_among_the_requests_of_its_lead() -> None:
    body = {"conversion_id": K, "requested_by": {"id": "boss"}}
    back = record("conversion.requests", "conversion.revert-requested", body, key="L-1", idempotency_key="r")
    asked = [message(decode, each) for each in (requested("K-1"), back, back, requested("K-2"))]
    assert waves(asked) == [asked[:1], asked[1:3], asked[3:]]
