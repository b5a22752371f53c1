"""A lead is the same whatever order its events come in."""

from __future__ import annotations

from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from leadline.delivery.record import Record
from services.projector.domain.changes import Changes
from services.projector.domain.conversion import conversion_id_of
from services.projector.domain.fields import NOTHING_SAID, Fields, join_parts, split_parts
from services.projector.domain.lead import SAID_BY_PARTS, Lead, sayings_of
from services.projector.domain.lead_status import history
from services.projector.handler import gather
from services.projector.reading import read
from tests.unit.service_records import at, completed, messages, record, requested


def lead_event(name: str, second: int, **data: Any) -> Record:
    return record("lead.events", f"lead.{name}", {"lead_id": "L-1", **data}, second=second)


def changes_of(records: list[Record]) -> Changes:
    changes = gather(messages(read, records))
    changes.accept_embedded(changes.facts)
    return changes


def lead_after(*records: Record) -> Lead:
    lead = Lead("L-1")
    for change in changes_of(list(records)).leads.get("L-1", []):
        lead = change(lead)
    return lead


CREATED = lead_event("created", 1, first_name="Ada", email="ada@example.com", source="fair")
RENAMED = lead_event("updated", 2, first_name="Augusta", phone=None)
QUALIFIED = lead_event("qualified", 3)
DISQUALIFIED = lead_event("disqualified", 4, reason="no_budget")
ERASED = lead_event("erased", 5)


def test_events_out_of_order_give_the_same_lead_as_in_order() -> None:
    records = [CREATED, RENAMED, QUALIFIED, DISQUALIFIED, ERASED]
    for length in (3, 4, 5):
        expected = lead_after(*records[:length])
        for arrival in permutations(records[:length]):
            assert lead_after(*arrival) == expected


def test_an_older_event_fills_only_what_no_newer_one_has_said() -> None:
    lead = lead_after(RENAMED, CREATED)
    assert lead.fields.values["first_name"] == "Augusta"
    assert lead.fields.values["email"] == "ada@example.com"
    assert (lead.created_at, lead.updated_at) == (at(1), at(2))


def test_null_clears_a_field() -> None:
    lead = lead_after(lead_event("created", 1, email="a@example.com"), lead_event("updated", 2, email=None))
    assert lead.fields.values["email"] is None


def test_a_lead_that_only_a_completed_conversion_speaks_of_exists() -> None:
    assert lead_after(completed("K-1")).created_at == at(30)


def test_an_erased_lead_keeps_no_field_whenever_it_was_said() -> None:
    late = lead_event("updated", 9, phone="1")
    for arrival in permutations([ERASED, CREATED, QUALIFIED, late]):
        lead = lead_after(*arrival)
        assert lead.fields.values == {}
        assert [period.status for period in history(sayings_of(lead), [])] == ["new", "qualified"]


def test_what_is_said_after_an_erasure_changes_no_status() -> None:
    lead = lead_after(CREATED, ERASED, lead_event("junked", 9))
    assert [period.status for period in history(sayings_of(lead), [])] == ["new"]


def test_the_lead_in_a_request_counts_from_the_requests_time() -> None:
    embedded = {"first_name": "Ada", "email": "old@example.com", "status": "qualified", "items": []}
    request = requested("key-1", second=2, lead=embedded)
    lead = lead_after(lead_event("updated", 3, email="new@example.com"), request)
    assert lead.fields.values["email"] == "new@example.com"
    assert history(lead.sayings, [])[-1].status == "qualified"


def test_a_repeated_request_does_not_take_back_what_was_said_since() -> None:
    embedded = {"first_name": "Ada", "email": "old@example.com"}
    first, again = requested("k", second=1, lead=embedded), requested("k", second=9, lead=embedded)
    lead = lead_after(first, lead_event("updated", 5, email="new@example.com"), again)
    assert lead.fields.values["email"] == "new@example.com"
    changes = changes_of([first, again])
    assert len(changes.leads["L-1"]) == 1
    assert list(changes.facts) == [conversion_id_of("k")]


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.dictionaries(st.sampled_from("abc"), st.integers())),
        unique_by=lambda said: said[0],
    ),
    st.randoms(use_true_random=False),
)
def test_fields_do_not_depend_on_the_order_or_number_of_merges(said: list[tuple[int, dict[str, int]]], random: Any) -> None:
    in_order = NOTHING_SAID
    for second, changes in sorted(said, key=lambda pair: pair[0]):
        in_order = in_order.merge(changes, at(second))
    shuffled, fields = said + said[:2], NOTHING_SAID
    random.shuffle(shuffled)
    for second, changes in shuffled:
        fields = fields.merge(changes, at(second))
    assert (fields.values, fields.times) == (in_order.values, in_order.times)


PARTS = st.dictionaries(st.sampled_from(["size", "color", "a.b"]), st.one_of(st.none(), st.integers()))
SAYING_PARTS = st.tuples(st.integers(0, 9), st.one_of(st.none(), PARTS))


@given(st.lists(SAYING_PARTS, unique_by=lambda said: said[0]), st.randoms(use_true_random=False))
def test_a_part_that_is_not_said_stays_and_null_clears_all_before_it(said: list[tuple[int, Any]], random: Any) -> None:
    expected: dict[str, Any] = {}
    for _, parts in sorted(said, key=lambda pair: pair[0]):
        expected = {} if parts is None else {**expected, **parts}
    random.shuffle(said)
    fields = NOTHING_SAID
    for second, parts in said:
        fields = fields.merge(split_parts({"custom_fields": parts}, SAID_BY_PARTS), at(second))
        kept = Fields(split_parts(join_parts(fields, SAID_BY_PARTS), SAID_BY_PARTS), fields.times)
        assert join_parts(kept, SAID_BY_PARTS) == join_parts(fields, SAID_BY_PARTS)
        fields = kept
    assert (join_parts(fields, SAID_BY_PARTS).get("custom_fields") or {}) == expected
