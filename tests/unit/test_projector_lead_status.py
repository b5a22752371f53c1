"""A lead's status and its history are folded in time order, and only by steps that are allowed."""

from __future__ import annotations

from itertools import pairwise, permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.projector.domain.event import Event, Place
from services.projector.domain.lead_status import (
    ALLOWED_FROM,
    LeadConversion,
    Period,
    Saying,
    history,
    milestones,
    saying_of,
    standing,
)
from tests.unit.service_records import at


def said(*steps: tuple[int, str, str]) -> dict[str, Saying]:
    return {f"{at(second)}/{second:019d}/lead.events": (kind, status) for second, kind, status in steps}


def conversion(id: str = "K-1", **times: int | None) -> LeadConversion:
    names = ("requested_at", "ended_at", "completed_at", "reverted_at")
    requested, ended, done, reverted = (None if (second := times.get(name)) is None else at(second) for name in names)
    return LeadConversion(id, f"C-{id}", requested, ended, done, reverted)


QUALIFIED = said((1, "given", "new"), (2, "moves", "contacted"), (3, "moves", "qualified"))


def statuses(sayings: dict[str, Saying], *conversions: LeadConversion) -> list[str]:
    return [period.status for period in history(sayings, conversions)]


def test_each_period_ends_where_the_next_begins_and_the_last_is_open() -> None:
    assert history(QUALIFIED, []) == (
        Period("new", at(1), at(2)),
        Period("contacted", at(2), at(3)),
        Period("qualified", at(3), None),
    )


def test_a_lead_of_which_nothing_is_known_has_no_history() -> None:
    assert history({}, []) == ()


def test_a_conversion_is_seen_as_converting_and_then_as_converted() -> None:
    done = conversion(requested_at=5, completed_at=9, ended_at=9)
    assert history(QUALIFIED, [done])[2:] == (
        Period("qualified", at(3), at(5)),
        Period("converting", at(5), at(9)),
        Period("converted", at(9), None),
    )


def test_a_conversion_that_failed_for_good_gives_the_lead_its_status_back() -> None:
    failed = conversion(requested_at=5, ended_at=9)
    assert statuses(QUALIFIED, failed) == ["new", "contacted", "qualified", "converting", "qualified"]


def test_a_request_for_a_lead_that_is_not_qualified_is_no_converting() -> None:
    assert statuses(said((1, "given", "new")), conversion(requested_at=5)) == ["new"]


def test_a_lead_that_is_lost_meanwhile_is_not_shown_as_converting() -> None:
    lost = QUALIFIED | said((7, "moves", "disqualified"))
    assert statuses(lost, conversion(requested_at=5))[-2:] == ["converting", "disqualified"]


def test_a_converted_lead_stays_converted_whatever_is_said_later() -> None:
    done, later = conversion(requested_at=5, completed_at=9), said((20, "moves", "nurturing"), (21, "moves", "disqualified"))
    assert statuses(QUALIFIED | later, done)[-1] == "converted"


def test_a_conversion_that_was_taken_back_leaves_a_qualified_lead() -> None:
    back = conversion(requested_at=5, completed_at=9, ended_at=30, reverted_at=30)
    assert statuses(QUALIFIED, back)[-2:] == ["converted", "qualified"]
    again = conversion("K-2", requested_at=40, completed_at=41)
    assert statuses(QUALIFIED, back, again)[-3:] == ["qualified", "converting", "converted"]
    assert standing([back, again]) == again
    assert standing([back]) is None


@pytest.mark.parametrize("target", sorted(ALLOWED_FROM))
@pytest.mark.parametrize("present", sorted(ALLOWED_FROM))
def test_a_step_that_is_not_allowed_changes_nothing(present: str, target: str) -> None:
    found = statuses(said((1, "given", present), (2, "moves", target)))[-1]
    assert found == (target if present in ALLOWED_FROM[target] else present)


def test_the_late_word_of_a_creation_does_not_make_a_lead_new_again() -> None:
    assert statuses(said((1, "moves", "qualified"), (2, "given", "new"))) == ["qualified"]


def test_the_steps_that_a_request_stands_for_are_in_the_history() -> None:
    implied = conversion(requested_at=5, completed_at=9)._replace(implied=["lead.contacted", "lead.qualified"])
    assert statuses(said((1, "given", "new")), implied) == ["new", "contacted", "converting", "converted"]


def test_a_lead_that_is_told_of_again_is_not_restored_and_asks_for_a_status_as_an_event_does() -> None:
    assert statuses(said((1, "given", "junk"), (2, "given", "new"))) == ["junk"]
    assert statuses(said((1, "given", "junk"), (2, "given", "qualified"))) == ["junk"]
    assert statuses(said((1, "given", "new"), (2, "given", "qualified"))) == ["new", "qualified"]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([(1, "given", "new")], (None, None)),
        ([(1, "given", "qualified")], (None, None)),
        ([(1, "given", "new"), (2, "moves", "qualified")], (2, 2)),
        ([(2, "moves", "contacted"), (3, "moves", "qualified"), (4, "moves", "qualified")], (2, 4)),
        ([(2, "moves", "contacted"), (3, "moves", "nurturing"), (4, "moves", "contacted")], (2, None)),
        ([(1, "given", "junk"), (2, "moves", "qualified")], (None, None)),
    ],
)
def test_the_first_contact_and_the_newest_qualification_are_milestones(
    steps: list[tuple[int, str, str]], expected: tuple[int | None, int | None]
) -> None:
    found = milestones(said(*reversed(steps)))
    assert found == tuple(None if second is None else at(second) for second in expected)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("lead.created", None, ("given", "new")),
        ("lead.created", "qualified", ("given", "qualified")),
        ("lead.created", "converted", ("given", "new")),
        ("lead.updated", "nurturing", ("moves", "nurturing")),
        ("lead.updated", "qualified", None),
        ("lead.updated", None, None),
        ("lead.junked", None, ("moves", "junk")),
        ("lead.scored", None, None),
    ],
)
def test_only_what_may_speak_of_a_status_is_heard(name: str, given: str | None, expected: Saying | None) -> None:
    event = Event("e-1", "/tests", f"leadline.{name}.v1", name, at(1), 0, "k", Place("t", 0, 1), {"status": given})
    assert saying_of(event) == expected


def test_the_order_in_which_conversions_are_listed_does_not_matter() -> None:
    three = [conversion("K-1", requested_at=5, ended_at=6), conversion("K-2", requested_at=5), conversion("K-3", completed_at=9)]
    assert {history(QUALIFIED, order) for order in permutations(three)} == {history(QUALIFIED, three)}


STEPS = st.tuples(st.integers(0, 50), st.sampled_from(["moves", "given"]), st.sampled_from(sorted(ALLOWED_FROM)))


@given(st.lists(STEPS, unique_by=lambda step: step[0]), st.randoms(use_true_random=False))
def test_the_history_is_the_same_whatever_order_it_was_told_in(steps: list[tuple[int, str, str]], random: Any) -> None:
    shuffled = list(steps)
    random.shuffle(shuffled)
    done = conversion(requested_at=10, completed_at=20)
    found = history(said(*shuffled), [done])
    assert found == history(said(*steps), [done])
    assert all(period.until == later.since for period, later in pairwise(found))
    assert all(period.status != later.status for period, later in pairwise(found))
