"""Whether the work goes on is judged by what moves."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import pytest

from services.notifier.deliver.progress import JOIN_SECONDS, STILL_SECONDS, DeliverStatus, Position

DONE = Position(fetched=10, taken=10, committed=10, end=10)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


def fresh(**more: Any) -> DeliverStatus:
    """As it is when the process begins."""
    return DeliverStatus(started_at=1000.0, dispatched_at=1000.0, moved_at=1000.0, last_turn_seconds=1000.0, **more)


def go_on(status: DeliverStatus, clock: Clock, *positions: Position, flows: bool = True) -> bool:
    """Let 30 s pass, in which both loops turn and the partitions stand so, one position after the other; is it alive?"""
    for step in range(30):
        clock.now += 1
        status.dispatched()
        status.observe({"t/0": positions[step % len(positions)]}, flows=flows)
    return status.is_alive


def test_nothing_to_do_is_no_standstill(clock: Clock) -> None:
    assert go_on(fresh(has_joined=True), clock, DONE)


@pytest.mark.parametrize(
    "stuck",
    [
        DONE._replace(end=12),
        DONE._replace(fetched=12, end=12, taken=12),
    ],
    ids=["records that are not fetched", "records that are taken and not committed"],
)
def test_a_partition_with_something_left_to_do_has_to_move(clock: Clock, stuck: Position) -> None:
    assert not go_on(fresh(has_joined=True), clock, stuck)


def test_a_partition_that_moves_may_be_far_behind(clock: Clock) -> None:
    assert go_on(fresh(has_joined=True), clock, DONE._replace(end=1000), DONE._replace(fetched=11, end=1000))


def test_a_rebalance_that_never_ends_is_a_standstill(clock: Clock) -> None:
    status = fresh(has_joined=True)
    assert go_on(status, clock, DONE)
    assert not go_on(status, clock, DONE, flows=False)


def test_while_the_database_is_away_everything_waits_and_nothing_is_stuck(clock: Clock) -> None:
    status = fresh(has_joined=True, database_available=False)
    assert go_on(status, clock, DONE._replace(end=12))
    assert not status.is_ready


def test_a_loop_that_stands_still_is_not_alive(clock: Clock) -> None:
    status = fresh(has_joined=True)
    clock.now += STILL_SECONDS
    assert not status.is_alive
    status.dispatched()
    assert not status.is_alive, "the other one stands still all the same"
    status.observe({}, flows=True)
    assert status.is_alive


def test_a_process_that_does_not_come_to_an_end_of_its_start_is_not_alive(clock: Clock) -> None:
    status = fresh()
    while clock.now < 1000 + JOIN_SECONDS - 1:
        clock.now += 1
        status.dispatched()
        status.observe({}, flows=True)
        assert status.is_alive
    clock.now += 1
    assert not status.is_alive


def test_what_is_not_committed_is_counted() -> None:
    status = DeliverStatus(positions={"t/0": DONE, "t/1": DONE._replace(taken=17)})
    assert status.uncommitted == 7


def test_a_process_that_is_stuck_ends_with_a_status_that_is_restarted() -> None:
    """In a process of its own, whose main thread does nothing any more."""
    code = (
        "import time\n"
        "from services.notifier.deliver.ending import end_when_stuck\n"
        "from services.notifier.deliver.progress import DeliverStatus\n"
        "end_when_stuck(DeliverStatus(has_joined=True, moved_at=time.monotonic() - 60))\n"
        "while True: time.sleep(60)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=30, capture_output=True).returncode == 1
