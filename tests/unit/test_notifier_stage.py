"""The stage of a customer follows from what is known of it, whatever order it is heard in, and each step is told once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.contracts.envelope import read_envelope
from leadline.contracts.events import accepted_on, decode
from leadline.delivery.record import Record
from services.notifier.domain.stage import Life, StageChange, stage_of
from services.notifier.reading import read
from services.notifier.records import stage_record
from services.notifier.stages import Session
from tests.unit.service_records import activity, at, customer, message, order, record, tick

SILENCE = timedelta(seconds=100)


def created(stage: str | None = "qualified", second: int = 30) -> Record:
    return record("customer.events", "customer.created", customer(prospect_stage=stage), second=second)


def told(records: Sequence[Record]) -> list[StageChange]:
    """The changes of customer C-1."""
    return list(run(records)[0])


def run(records: Sequence[Record]) -> tuple[list[StageChange], Session]:
    session = Session(SILENCE, {"C-1": Life("C-1")}, {})
    return [change for each in records for change in session.take(message(read, each))], session


def steps(records: Sequence[Record]) -> list[tuple[str, str]]:
    return [(change.stage, change.reason) for change in told(records)]


def test_a_first_order_makes_a_customer_active() -> None:
    (change,) = told([created(), order("placed", second=40)])
    assert change == StageChange("C-1", 1, "qualified", "active", "first_order", at(40))


def test_a_second_order_changes_nothing() -> None:
    assert len(told([created(), order("placed"), order("placed"), order("placed", "O-2", second=50)])) == 1


def test_a_silence_that_a_tick_shows_makes_an_active_customer_dormant() -> None:
    story = [created(), order("placed", second=40)]
    assert steps([*story, tick(at(139))]) == [("active", "first_order")]
    *_, change = told([*story, tick(at(500))])
    assert change == StageChange("C-1", 2, "active", "dormant", "no_activity", at(140)), "at the time when it was over"


@pytest.mark.parametrize(
    ("waker", "reason"),
    [(order("placed", "O-2", second=160), "order"), (activity(at(160)), "activity")],
)
def test_an_order_or_an_activity_wakes_a_dormant_customer(waker: Record, reason: str) -> None:
    *_, change = told([created(), order("placed", second=40), tick(at(150)), waker])
    assert (change.previous, change.stage, change.reason, change.at) == ("dormant", "active", reason, at(160))


def test_an_activity_puts_the_silence_off() -> None:
    story = [created(), order("placed", second=40), activity(at(100))]
    assert steps([*story, tick(at(199))]) == [("active", "first_order")]
    assert steps([*story, tick(at(200))])[-1] == ("dormant", "no_activity")


def test_a_customer_without_an_order_stays_qualified_however_long_it_is_silent() -> None:
    assert told([created(), activity(at(50)), tick(at(3000))]) == []


def test_a_customer_without_stages_has_none() -> None:
    assert told([created(None), order("placed"), activity(at(50)), tick(at(3000))]) == []


def test_a_customer_that_is_not_known_has_none_yet() -> None:
    assert told([order("placed"), tick(at(3000))]) == []


def test_an_order_before_its_customer_counts_when_the_customer_comes() -> None:
    (change,) = told([order("placed", second=10), created(second=30)])
    assert (change.stage, change.reason, change.at) == ("active", "first_order", at(30))


def test_nobody_falls_dormant_without_having_been_active() -> None:
    story = [created(), tick(at(500)), order("placed", second=40)]
    assert steps(story) == [("active", "first_order"), ("dormant", "no_activity")]
    assert [change.number for change in told(story)] == [1, 2]


def test_a_cancelled_order_is_no_first_order() -> None:
    assert told([created(), order("cancelled"), order("placed")]) == []
    assert told([order("placed"), order("cancelled"), created()]) == []


def test_a_first_order_that_is_cancelled_later_takes_the_customer_back() -> None:
    assert steps([created(), order("placed"), order("cancelled", second=60)]) == [
        ("active", "first_order"),
        ("qualified", "order_cancelled"),
    ]
    assert steps([created(), order("placed"), order("placed", "O-2", second=50), order("cancelled")]) == [
        ("active", "first_order")
    ]


def test_a_tick_that_is_earlier_than_the_last_changes_nothing() -> None:
    _, session = run([created(), order("placed"), tick(at(100)), tick(at(90))])
    assert session.ticks == {0: at(100)}


def test_a_tick_counts_for_the_customers_of_its_partition() -> None:
    elsewhere = tick(at(3000))._replace(partition=1)
    assert steps([created(), order("placed"), elsewhere]) == [("active", "first_order")]


def test_of_two_times_of_one_order_the_earlier_counts_in_every_order() -> None:
    for story in permutations([created(), order("placed", second=40), order("placed", second=90), tick(at(141))]):
        assert run(story)[1].lives["C-1"].stage == "dormant"


def test_what_is_first_heard_of_a_customer_stands() -> None:
    _, session = run([created(), created(None, second=50)])
    assert session.lives["C-1"].first_stage == "qualified"


def test_a_change_fits_the_contract() -> None:
    cause = message(read, order("placed", second=40, traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01"))
    out = stage_record(StageChange("C-1", 3, "dormant", "active", "order", at(40)), cause)
    envelope = read_envelope(out.headers, out.value)
    body: Any = decode(envelope.type, envelope.data)
    assert (out.topic, out.key, envelope.subject) == ("customer.events", b"C-1", "C-1")
    assert envelope.type in accepted_on(out.topic)
    assert (envelope.id, envelope.time) == ("C-1:customer.stage-changed:3", at(40))
    assert (envelope.causation_id, envelope.traceparent) == (cause.content.envelope.id, cause.content.envelope.traceparent)
    assert (body.previous_stage, body.stage, body.reason) == ("dormant", "active", "order")


FACTS = [
    created(),
    *(order("placed", f"O-{number}", second=40 * number) for number in range(1, 5)),
    *(order("cancelled", f"O-{number}", second=45 * number) for number in range(1, 5)),
    *(activity(at(second)) for second in (35, 90, 210)),
    *(tick(at(second)) for second in (60, 150, 250, 310)),
]


@st.composite
def heard_twice(draw: st.DrawFn) -> tuple[list[Record], list[Record]]:
    """Some facts in two orders, some of them more than once."""
    facts = draw(st.lists(st.sampled_from(range(len(FACTS))), min_size=1, unique=True))
    repeats = draw(st.lists(st.sampled_from(facts), max_size=4))
    return tuple([FACTS[each] for each in draw(st.permutations(facts + repeats))] for _ in range(2))  # type: ignore[return-value]


@settings(max_examples=500, deadline=None)
@given(heard_twice())
def test_any_order_and_any_repeats_lead_to_the_same_stage(stories: tuple[list[Record], list[Record]]) -> None:
    ends = []
    for story in stories:
        _, session = run(story)
        life = session.lives["C-1"]
        assert life.stage == stage_of(life, session.ticks.get(0), SILENCE)
        ends.append(life.stage)
    assert ends[0] == ends[1]


@settings(max_examples=500, deadline=None)
@given(heard_twice())
def test_no_step_is_told_twice_and_each_goes_on_from_the_one_before(stories: tuple[list[Record], list[Record]]) -> None:
    for story in stories:
        changes = told(story)
        assert [change.number for change in changes] == list(range(1, len(changes) + 1))
        assert [change.previous for change in changes] == ["qualified", *(change.stage for change in changes[:-1])][
            : len(changes)
        ]
        assert all(change.previous != change.stage for change in changes)
        assert [change.at for change in changes] == sorted(change.at for change in changes)
        allowed = {("qualified", "active"), ("active", "dormant"), ("dormant", "active")}
        allowed |= {("active", "qualified"), ("dormant", "qualified")}
        assert {(change.previous, change.stage) for change in changes} <= allowed
