"""A lead is what its events say, newest word first, in whatever order and however often they come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.contracts.codes import ErrorCode
from leadline.contracts.events.leads import CHECKLIST, LeadFields
from leadline.delivery.record import Record
from services.converter.decode import decode
from services.converter.domain.decision import Known, Taken, is_key_reused, is_repeat, refuse_by_lead
from services.converter.domain.lead import Lead, LeadChange, apply, stamp
from tests.unit.converter_records import ASSIGNMENT, lead_event, request
from tests.unit.lead_stories import arrivals, stories
from tests.unit.service_records import at

NOBODY = Lead("L-1")
KINDS = ["contacted", "qualified", "nurturing-started", "junked", "restored", "erased"]


def changes(events: list[tuple[str, int, dict[str, Any]]]) -> list[LeadChange]:
    return [decode(lead_event(name, second=second, **data)).data for name, second, data in events]


def after(*events: tuple[str, int, dict[str, Any]], of: Lead = NOBODY) -> Lead:
    return apply(of, changes(list(events)))


def heard(batches: Sequence[Sequence[Record]], customer_id: str | None = None) -> dict[str, Lead]:
    """The leads of a story, batch after batch; with a customer, they were converted before it."""
    status = "converted" if customer_id else "new"
    leads: dict[str, Lead] = {}
    for batch in batches:
        told: dict[str, list[LeadChange]] = {}
        for part in (decode(record).data for record in batch):
            if isinstance(part, LeadChange):
                told.setdefault(part.lead_id, []).append(part)
        leads |= {
            lead_id: apply(leads.get(lead_id, Lead(lead_id, status, customer_id=customer_id)), said)
            for lead_id, said in told.items()
        }
    return leads


@settings(deadline=None, max_examples=200)
@given(stories(), st.data())
def test_any_order_any_repeats_and_any_batches_give_what_the_order_of_time_gives(
    events: list[Record], data: st.DataObject
) -> None:
    by_time = sorted(events, key=lambda record: decode(record).data.stamp)
    arrived = data.draw(arrivals(events))
    for customer_id in (None, "C-1"):
        assert heard(arrived, customer_id) == heard([[record] for record in by_time], customer_id)


def test_of_two_events_of_one_moment_the_later_in_the_topic_counts() -> None:
    first, second = changes([("updated", 5, {"first_name": "Ada"}), ("updated", 5, {"first_name": "Eva"})])
    assert first.stamp < second.stamp
    for order in ([first, second], [second, first]):
        assert apply(NOBODY, order).fields == {"first_name": "Eva"}


def test_times_of_any_precision_are_ordered_as_moments() -> None:
    times = ["2026-11-22T08:00:00Z", "2026-11-22T08:00:00.5Z", "2026-11-22T08:00:00.500001Z", "2026-11-22T08:00:01Z"]
    stamps = [stamp(time, offset) for offset, time in zip((9, 8, 7, 6), times, strict=True)]
    assert stamps == sorted(stamps)


def test_null_clears_a_field_and_absence_leaves_it() -> None:
    found = after(("created", 1, {"email": "a@b", "phone": "1"}), ("updated", 2, {"phone": None}))
    assert found.fields == {"email": "a@b", "phone": None}


EVERY_FIELD: dict[str, Any] = {
    "code": "P-1", "name": "Countess", "first_name": "Ada", "last_name": "Byron", "company_name": "Engines Ltd",
    "department": "Sums", "job_title": "Analyst", "email": "a@b", "phone": "1", "address": {"city": "London"}, "vat": "GB1",
    "geo": {"latitude": 51.5, "longitude": -0.1}, "source": "fair", "origin": "map", "tags": ["warm"], "notes": "met",
    "custom_fields": {"stakeholders": ["CTO", "CFO"], "size": 7}, "estimated_value": "250000.00", "currency": "EUR",
    "probability": 40, "score": {"behavioral": 48, "demographic": 42}, "discovered_by": "rep-2", "assigned_to": "rep-3",
    "qualification": {"budget": "b", "authority": "a", "need": "n", "timeline": "t", "checklist": dict.fromkeys(CHECKLIST, True),
                      "notes": "x"},
    "lost_reason": "no_need", "consent": {"mail": True}, "created_at": at(0), "contacted_at": at(1), "qualified_at": at(2),
}  # fmt: skip


@pytest.mark.parametrize("name", ["created", "updated"])
def test_every_field_of_a_lead_is_kept(name: str) -> None:
    assert LeadFields.model_fields.keys() == EVERY_FIELD.keys()
    assert after((name, 5, EVERY_FIELD)).fields == EVERY_FIELD


def test_a_qualification_has_seven_known_check_points_and_keeps_others_too() -> None:
    assert len(set(CHECKLIST)) == 7
    checklist = {**dict.fromkeys(CHECKLIST, False), "site_visited": True}
    assert after(("qualified", 1, {"qualification": {"checklist": checklist}})).fields["qualification"] == {
        "checklist": checklist
    }


def test_who_discovered_a_lead_and_who_works_it_are_two_facts() -> None:
    found = after(("created", 1, {"email": "a@b", "discovered_by": "rep-2"}), ("assigned", 2, {"rep_id": "rep-3"}))
    assert (found.fields["discovered_by"], found.fields["assigned_to"]) == ("rep-2", "rep-3")


@pytest.mark.parametrize("name", ["custom_fields", "consent", "qualification"])
def test_a_part_that_is_not_said_stays_and_null_clears_all_before_it(name: str) -> None:
    first, other, again = ("budget", "need", "notes")
    told = [("updated", 1, {name: {first: "1", other: "1"}}), ("updated", 3, {name: {other: "3"}})]
    assert after(*told).fields == {name: {first: "1", other: "3"}}
    assert after(*told, ("updated", 2, {name: None})).fields == {name: {other: "3"}}
    assert after(*told, ("updated", 4, {name: None}), ("updated", 5, {name: {again: "5"}})).fields == {name: {again: "5"}}


def test_the_newest_score_counts_with_both_halves_and_says_why_and_by_whom() -> None:
    first = {"behavioral": 35, "demographic": 40}
    newest = {"behavioral": 45, "demographic": 45, "reason": "second demo", "by": "rep-3"}
    assert after(("scored", 2, newest), ("scored", 1, first)).fields == {"score": newest}


def test_the_notes_of_a_qualification_are_kept_with_what_was_found_out() -> None:
    told = {"notes": "BANT qualified", "qualification": {"budget": "75K"}}
    assert after(("qualified", 1, told)).fields == {"qualification": {"budget": "75K", "notes": "BANT qualified"}}
    own = {"notes": "by phone", "qualification": {"notes": "in depth"}}
    assert after(("qualified", 1, own)).fields == {"qualification": {"notes": "in depth"}}


def test_nurturing_keeps_its_tags_and_losing_its_reason() -> None:
    found = after(("disqualified", 1, {"reason": "no_budget"}), ("nurturing-started", 2, {"tags": ["q3"]}))
    assert (found.status, found.fields) == ("nurturing", {"lost_reason": "no_budget", "tags": ["q3"]})


def test_an_event_that_is_not_allowed_keeps_the_status_and_its_fields_count() -> None:
    found = after(("junked", 1, {}), ("disqualified", 2, {"reason": "no_need"}))
    assert (found.status, found.fields) == ("junk", {"lost_reason": "no_need"})


def test_an_update_moves_a_lead_as_the_event_of_that_status_does() -> None:
    assert after(("qualified", 1, {}), ("updated", 2, {"status": "nurturing", "tags": ["q3"]})).status == "nurturing"
    assert after(("qualified", 1, {}), ("updated", 2, {"status": "contacted", "notes": "budget open"})).status == "contacted"
    assert after(("updated", 2, {"status": "nurturing"})).status == "new"


def test_times_come_from_the_history_unless_the_source_knows_better() -> None:
    told = [("created", 1, {"email": "a@b"}), ("contacted", 2, {}), ("qualified", 3, {})]
    assert after(*told)[-4:-1] == (at(1), at(2), at(3))
    known = {"created_at": at(0), "contacted_at": at(0), "qualified_at": at(0)}
    assert after(*told, ("updated", 4, known))[-4:-1] == (at(0), at(0), at(3))


def test_the_newest_assignment_is_the_active_one_and_null_ends_it() -> None:
    first, second = ("assigned", 1, {"rep_id": "rep-1"}), ("assigned", 2, {"rep_id": "rep-2", "assignment_id": "A-2"})
    opened = {"assignment_id": "A-2", "rep_id": "rep-2", "status": "active", "opened_at": at(2), "closed_at": None}
    for order in ([first, second], [second, first]):
        assert after(*order).assignment == opened
    assert after(second, ("updated", 3, {"assigned_to": None})).assignment is None
    named = after(("assigned", 1, {"rep_id": "rep-1"})).assignment
    assert named is not None
    assert named["assignment_id"].startswith("L-1:e-")


@pytest.mark.parametrize("name", [*KINDS, "created"])
def test_a_converted_lead_stays_converted_whatever_is_said(name: str) -> None:
    converted = Lead("L-1", "converted", {"email": "a@b"}, customer_id="C-1")
    assert after((name, 9, {"email": "new@b"} if name == "created" else {}), of=converted).status == "converted"


def test_a_converted_lead_keeps_the_assignment_that_its_conversion_closed() -> None:
    converted = Lead("L-1", "converted", assignment=ASSIGNMENT, customer_id="C-1")
    assert after(("assigned", 9, {"rep_id": "rep-9"}), of=converted).assignment == ASSIGNMENT


@pytest.mark.parametrize("second", [0, 9])
def test_nothing_is_left_of_an_erased_lead_whatever_is_said_before_or_after(second: int) -> None:
    erased = after(("created", 1, EVERY_FIELD), ("erased", 5, {}))
    assert erased == Lead("L-1", "erased", erased_at=at(5))
    assert after(("created", second, EVERY_FIELD), ("qualified", second, {}), of=erased) == erased


def test_a_lead_that_is_being_converted_can_still_be_erased() -> None:
    converting = Lead("L-1", "converting", {"email": "a@b"}, conversion_id="X")
    assert after(("contacted", 1, {}), of=converting).status == "converting"
    assert after(("erased", 1, {}), of=converting) == Lead("L-1", "erased", conversion_id="X", erased_at=at(1))


@pytest.mark.parametrize(
    ("found", "code", "may_resolve_itself"),
    [
        (None, ErrorCode.LEAD_UNKNOWN, True),
        (Lead("L-1", "qualified"), ErrorCode.LEAD_UNKNOWN, True),
        (Lead("L-1", "new", {"email": "a@b"}), ErrorCode.LEAD_NOT_QUALIFIED, True),
        (Lead("L-1", "contacted", {"email": "a@b"}), ErrorCode.LEAD_NOT_QUALIFIED, True),
        (Lead("L-1", "nurturing", {"email": "a@b"}), ErrorCode.LEAD_NOT_QUALIFIED, True),
        (Lead("L-1", "disqualified", {"email": "a@b"}), ErrorCode.LEAD_NOT_CONVERTIBLE, False),
        (Lead("L-1", "junk", {"email": "a@b"}), ErrorCode.LEAD_NOT_CONVERTIBLE, False),
        (Lead("L-1", "erased"), ErrorCode.LEAD_NOT_CONVERTIBLE, False),
        (Lead("L-1", "converted", {"email": "a@b"}, conversion_id="X", customer_id="C"), ErrorCode.LEAD_ALREADY_CONVERTED, False),
        (Lead("L-1", "qualified", {"email": "a@b"}, conversion_id="X"), ErrorCode.CONVERSION_IN_PROGRESS, False),
    ],
)
def test_the_gate_refuses_with_its_code(found: Lead | None, code: ErrorCode, may_resolve_itself: bool) -> None:
    refusal = refuse_by_lead(request(), found)
    assert refusal is not None
    assert (refusal.code, refusal.may_resolve_itself) == (code, may_resolve_itself)
    if code is ErrorCode.LEAD_ALREADY_CONVERTED:
        assert (refusal.conversion_id, refusal.customer_id) == ("X", "C")


@pytest.mark.parametrize("name", ["company_name", "first_name", "last_name", "email"])
def test_the_gate_lets_a_qualified_lead_with_any_name_pass(name: str) -> None:
    assert refuse_by_lead(request(), Lead("L-1", "qualified", {name: "x"})) is None


def test_a_lead_that_this_conversion_holds_already_passes_the_gate() -> None:
    asked = request()
    assert refuse_by_lead(asked, Lead("L-1", "qualified", {"email": "a@b"}, conversion_id=asked.conversion_id)) is None


def known(state: str, code: str | None = None, *, retryable: bool = False, origin: str = "t/0/1") -> Known:
    return Known(state, 1, request().body, origin, retryable, code)


@pytest.mark.parametrize(
    ("before", "is_replay", "expected"),
    [
        (known("waiting"), False, False),
        (known("waiting", origin="t/0/9"), False, True),
        (known("waiting", origin="t/0/9"), True, True),
        (known("completed"), False, True),
        (known("completed"), True, True),
        (known("failed", "LEAD_UNKNOWN", retryable=True), False, True),
        (known("failed", "LEAD_UNKNOWN", retryable=True), True, False),
        (known("failed", "LEAD_NOT_CONVERTIBLE"), True, True),
        (known("failed", "SCHEMA_INVALID"), True, False),
        (known("failed", "ENVELOPE_INVALID"), True, False),
        (known("cancelled"), True, True),
    ],
)
def test_a_request_has_its_say_once_unless_it_waits_or_is_replayed_for_good_reason(
    before: Known,
    is_replay: bool,
    expected: bool,
) -> None:
    assert is_repeat("t/0/1", before, is_replay=is_replay) is expected


def test_a_key_names_one_body_for_ever_unless_the_first_could_not_be_read() -> None:
    other = request(notes="another body")
    assert not is_key_reused(request(), known("completed"), is_replay=False)
    assert is_key_reused(other, known("completed"), is_replay=False)
    assert is_key_reused(other, known("failed", "SCHEMA_INVALID"), is_replay=False)
    assert not is_key_reused(other, known("failed", "SCHEMA_INVALID"), is_replay=True)


def test_customers_in_the_way_are_named() -> None:
    taken = Taken({}, {})
    assert taken.refuse("a@b", "A-1") is None
    taken.add("a@b", "A-1", {"customer_id": "C-1"})
    for email_key, code, expected in [
        ("a@b", None, ErrorCode.CUSTOMER_EMAIL_EXISTS),
        ("c@d", "A-1", ErrorCode.CUSTOMER_CODE_TAKEN),
    ]:
        refusal = taken.refuse(email_key, code)
        assert refusal is not None
        assert (refusal.code, refusal.candidates) == (expected, ({"customer_id": "C-1"},))
    assert taken.refuse(None, "B-1") is None
    taken.add(None, "B-1", {})
    assert taken.refuse(None, None) is None


def test_an_event_without_a_time_has_that_of_the_broker() -> None:
    bare = lead_event("qualified")
    bare = bare._replace(headers=[(name, value) for name, value in bare.headers if name != "ce_time"], timestamp_ms=1_000)
    assert decode(bare).data.at == "1970-01-01T00:00:01.000000Z"
    assert decode(lead_event("qualified", second=3)).data.at == at(3)
