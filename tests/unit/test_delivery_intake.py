"""What is held back, for how long, and that nothing of it is kept when its partition goes."""

from __future__ import annotations

from dataclasses import dataclass, field

from leadline.delivery.handler import Input
from leadline.delivery.intake import Flow, Intake, Taken
from leadline.delivery.ports import Partition, Polled
from leadline.delivery.record import Record

EVENTS, REQUESTS, RETRY = Partition("events", 0), Partition("requests", 0), Partition("svc.retry.5s", 0)
DELAY_SECONDS = 5.0


def records(partition: Partition, *offsets: int, at_ms: int = 1_000) -> list[Record]:
    return [Record(partition.topic, partition.number, offset, at_ms, None, None, []) for offset in offsets]


@dataclass
class Inbox:
    """An intake of requests that rely on events, and of one retry rung; `applied` is what another instance has applied."""

    ends: dict[Partition, int] = field(default_factory=dict)
    applied: dict[Partition, int] = field(default_factory=dict)
    asked_ends: int = 0
    intake: Intake = field(init=False)

    def __post_init__(self) -> None:
        self.intake = Intake(
            (Input("events"), Input("requests", after="events")), {RETRY.topic: DELAY_SECONDS}, self._ends, self._applied
        )

    def _ends(self, partitions: list[Partition]) -> dict[Partition, int]:
        self.asked_ends += 1
        return {p: self.ends.get(p, 0) for p in partitions}

    def _applied(self, partitions: list[Partition]) -> dict[Partition, int]:
        return {p: self.applied[p] for p in partitions if p in self.applied}

    def take(self, *polled: Record, at: float = 1_000.0, ends: dict[Partition, int] | None = None) -> tuple[Taken, Flow]:
        return self.intake.take(Polled(list(polled), ends or {}), at)


def offsets(taken: Taken) -> dict[Partition, list[int]]:
    return {partition: [record.offset for record in held] for partition, held in taken.records.items()}


def test_records_of_an_input_are_taken_at_once_whatever_their_time_says() -> None:
    inbox = Inbox()
    inbox.intake.own({EVENTS: 0, REQUESTS: 0})
    in_the_future = 10**15
    taken, flow = inbox.take(*records(EVENTS, 0, 1, at_ms=in_the_future), *records(REQUESTS, 0, at_ms=in_the_future))
    assert offsets(taken) == {EVENTS: [0, 1], REQUESTS: [0]}
    assert (flow.pause, flow.resume) == ([], [])
    assert inbox.intake.positions == {EVENTS: 2, REQUESTS: 1}


def test_a_retried_record_waits_until_it_is_due_and_its_partition_is_paused_meanwhile() -> None:
    inbox = Inbox()
    inbox.intake.own({RETRY: 0})
    taken, flow = inbox.take(*records(RETRY, 0, at_ms=1_000), *records(RETRY, 1, at_ms=3_000), at=1.0)
    assert (offsets(taken), flow.pause) == ({}, [RETRY])
    assert inbox.intake.next_due_seconds(1.0) == DELAY_SECONDS
    assert inbox.intake.paused == {RETRY}
    taken, flow = inbox.take(at=5.999)
    assert (offsets(taken), flow.pause) == ({}, [])
    taken, flow = inbox.take(at=6.0)
    assert (offsets(taken), flow.resume) == ({RETRY: [0]}, [])
    assert inbox.intake.positions == {RETRY: 1}, "what is held is not passed yet"
    taken, flow = inbox.take(at=8.0)
    assert (offsets(taken), flow.resume) == ({RETRY: [1]}, [RETRY])
    assert inbox.intake.next_due_seconds(8.0) is None
    assert inbox.intake.paused == set()


def test_a_record_that_is_overdue_is_taken_in_the_poll_that_brings_it() -> None:
    inbox = Inbox()
    inbox.intake.own({RETRY: 0})
    taken, flow = inbox.take(*records(RETRY, 0), at=100.0)
    assert (offsets(taken), flow.pause, flow.resume) == ({RETRY: [0]}, [], [])


def test_requests_wait_for_the_events_that_were_there_when_they_came() -> None:
    inbox = Inbox(ends={EVENTS: 2})
    inbox.intake.own({EVENTS: 0, REQUESTS: 0})
    taken, flow = inbox.take(*records(REQUESTS, 0, 1))
    assert (offsets(taken), flow.pause) == ({}, [REQUESTS])
    assert inbox.intake.is_blocked
    taken, _ = inbox.take(*records(EVENTS, 0))
    assert offsets(taken) == {EVENTS: [0]}
    taken, flow = inbox.take(*records(EVENTS, 1))
    assert offsets(taken) == {EVENTS: [1], REQUESTS: [0, 1]}
    assert flow.resume == [REQUESTS]
    assert not inbox.intake.is_blocked
    assert inbox.asked_ends == 1


def test_events_that_come_later_do_not_move_the_barrier() -> None:
    inbox = Inbox(ends={EVENTS: 1})
    inbox.intake.own({EVENTS: 0, REQUESTS: 0})
    inbox.take(*records(REQUESTS, 0))
    inbox.ends[EVENTS] = 99
    taken, _ = inbox.take(*records(EVENTS, 0))
    assert offsets(taken) == {EVENTS: [0], REQUESTS: [0]}


def test_requests_wait_for_events_that_another_instance_applies() -> None:
    inbox = Inbox(ends={EVENTS: 2}, applied={EVENTS: 1})
    inbox.intake.own({REQUESTS: 0})
    assert offsets(inbox.take(*records(REQUESTS, 0))[0]) == {}
    assert offsets(inbox.take()[0]) == {}
    inbox.applied[EVENTS] = 2
    assert offsets(inbox.take()[0]) == {REQUESTS: [0]}


def test_requests_stay_held_while_nobody_knows_what_is_applied() -> None:
    inbox = Inbox(ends={EVENTS: 1})
    inbox.intake.own({REQUESTS: 0})
    inbox.take(*records(REQUESTS, 0))
    assert offsets(inbox.take()[0]) == {}
    assert inbox.intake.is_blocked


def test_the_end_of_events_is_reached_behind_a_transaction_marker() -> None:
    inbox = Inbox(ends={EVENTS: 3})
    inbox.intake.own({EVENTS: 0, REQUESTS: 0})
    assert offsets(inbox.take(*records(EVENTS, 0, 1), *records(REQUESTS, 0))[0]) == {EVENTS: [0, 1]}
    taken, _ = inbox.take(ends={EVENTS: 3})
    assert (offsets(taken), taken.ends) == ({REQUESTS: [0]}, {EVENTS: 3})
    assert inbox.intake.positions[EVENTS] == 3


def test_an_end_that_was_passed_already_is_no_news() -> None:
    inbox = Inbox()
    inbox.intake.own({EVENTS: 0, REQUESTS: 0})
    assert inbox.take(*records(EVENTS, 0), ends={EVENTS: 1, REQUESTS: 7, Partition("events", 5): 9})[0].ends == {}


def test_records_of_a_partition_that_is_not_ours_are_left_to_its_owner() -> None:
    inbox = Inbox()
    inbox.intake.own({EVENTS: 0})
    taken, _ = inbox.take(*records(REQUESTS, 0), *records(Partition("events", 4), 0), *records(RETRY, 0))
    assert offsets(taken) == {}
    assert inbox.asked_ends == 0


def test_records_that_were_seen_before_are_ignored() -> None:
    inbox = Inbox(ends={EVENTS: 9})
    inbox.intake.own({EVENTS: 5, REQUESTS: 0})
    assert offsets(inbox.take(*records(EVENTS, 3, 4, 5))[0]) == {EVENTS: [5]}
    assert offsets(inbox.take(*records(EVENTS, 5, 6))[0]) == {EVENTS: [6]}
    inbox.take(*records(REQUESTS, 0, 1))
    inbox.take(*records(REQUESTS, 0, 1))
    assert offsets(inbox.take(*records(EVENTS, 7, 8))[0]) == {EVENTS: [7, 8], REQUESTS: [0, 1]}


def test_what_is_held_is_dropped_with_its_partition_and_read_again_when_it_comes_back() -> None:
    inbox = Inbox()
    inbox.intake.own({RETRY: 0, EVENTS: 0})
    inbox.take(*records(RETRY, 0, 1), at=1.0)
    inbox.intake.disown([RETRY])
    assert inbox.intake.next_due_seconds(1.0) is None
    assert inbox.intake.positions == {EVENTS: 0}
    assert offsets(inbox.take(at=100.0)[0]) == {}
    inbox.intake.own({RETRY: 0})
    taken, flow = inbox.take(*records(RETRY, 0, 1), at=100.0)
    assert (offsets(taken), flow.pause, flow.resume) == ({RETRY: [0, 1]}, [], [])


def test_no_more_than_a_poll_is_held_of_a_partition_that_is_paused() -> None:
    inbox = Inbox()
    inbox.intake.own({RETRY: 0})
    assert inbox.take(*records(RETRY, 0), at=1.0)[1].pause == [RETRY]
    for _ in range(3):
        flow = inbox.take(at=1.0)[1]
        assert (flow.pause, flow.resume) == ([], []), "paused once, and not let go before it is empty"
