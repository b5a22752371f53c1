"""A lead is what its events say, newest word first, in whatever order and however often they come."""

from __future__ import annotations

from functools import reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.contracts.codes import ErrorCode
from services.converter.decode import decode
from services.converter.domain.decision import Known, Taken, is_key_reused, is_repeat, refuse_by_lead
from services.converter.domain.lead import Lead, LeadChange, apply, stamp
from tests.unit.converter_records import lead, lead_event, request
from tests.unit.service_records import at

KINDS = ["contacted", "qualified", "nurturing-started", "junked", "restored", "erased"]


def changes(events: list[tuple[str, int, dict[str, Any]]]) -> list[LeadChange]:
    return [decode(lead_event(name, second=second, **data)).data for name, second, data in events]


fields = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from([None, "x", "y"]) for name in ("first_name", "company_name", "assigned_to")}
)
told: st.SearchStrategy[tuple[str, int, dict[str, Any]]] = st.one_of(
    st.tuples(st.just("updated"), st.integers(0, 9), fields),
    st.tuples(st.just("created"), st.integers(0, 9), fields.map(lambda given: {**given, "email": "a@b"})),
    st.tuples(st.sampled_from(KINDS), st.integers(0, 9), st.just({})),
    st.tuples(st.just("disqualified"), st.integers(0, 9), st.just({"reason": "no_need"})),
    st.tuples(st.just("assigned"), st.integers(0, 9), st.sampled_from(["rep-1", "rep-2"]).map(lambda rep: {"rep_id": rep})),
)


@settings(deadline=None, max_examples=50)
@given(st.lists(told, max_size=8).map(changes), st.data())
def test_any_order_and_any_repeats_give_what_the_order_of_time_gives(events: list[LeadChange], data: st.DataObject) -> None:
    by_time = reduce(apply, sorted(events, key=lambda event: event.stamp), Lead("L-1"))
    mixed = data.draw(
        st.permutations(events + data.draw(st.lists(st.sampled_from(events), max_size=4) if events else st.just([])))
    )
    found = reduce(apply, mixed, Lead("L-1"))
    assert (found.status, found.fields, found.stamps) == (by_time.status, by_time.fields, by_time.stamps)
    if found.fields.get("assigned_to"):
        assert found.assignment == by_time.assignment


def test_of_two_events_of_one_moment_the_later_in_the_topic_counts() -> None:
    first, second = changes([("updated", 5, {"first_name": "Ada"}), ("updated", 5, {"first_name": "Eva"})])
    assert first.stamp < second.stamp
    for order in ([first, second], [second, first]):
        assert reduce(apply, order, Lead("L-1")).fields == {"first_name": "Eva"}


def test_times_of_any_precision_are_ordered_as_moments() -> None:
    times = ["2026-11-22T08:00:00Z", "2026-11-22T08:00:00.5Z", "2026-11-22T08:00:00.500001Z", "2026-11-22T08:00:01Z"]
    stamps = [stamp(time, offset) for offset, time in zip((9, 8, 7, 6), times, strict=True)]
    assert stamps == sorted(stamps)


def test_null_clears_a_field_and_absence_leaves_it() -> None:
    found = reduce(apply, changes([("created", 1, {"email": "a@b", "phone": "1"}), ("updated", 2, {"phone": None})]), Lead("L-1"))
    assert found.fields == {"email": "a@b", "phone": None}


@pytest.mark.parametrize("name", [*KINDS, "created"])
def test_a_converted_lead_stays_converted_whatever_is_said(name: str) -> None:
    (change,) = changes([(name, 9, {"email": "new@b"} if name == "created" else {})])
    assert apply(Lead("L-1", "converted", customer_id="C-1"), change).status == "converted"


@pytest.mark.parametrize("status", ["converting", "converted"])
def test_upstream_cannot_say_that_a_lead_is_converted(status: str) -> None:
    (change,) = changes([("updated", 9, {"status": status})])
    assert apply(lead(), change).status == "qualified"


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
        (Lead("L-1", "erased", {"email": "a@b"}), ErrorCode.LEAD_NOT_CONVERTIBLE, False),
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
