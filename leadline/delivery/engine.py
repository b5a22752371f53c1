"""The delivery protocol as one engine: every service is a handler in it.

The loop below polls, holds back what has to wait, and hands batches to the database step and the Kafka step.
Any error ends the process: recovery is the normal start.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import Final

from leadline.contracts.topics import replay_topic
from leadline.delivery.apply import Applier
from leadline.delivery.assignment import Assignment
from leadline.delivery.batch import Batch
from leadline.delivery.decode import Decoder
from leadline.delivery.failpoints import Failpoints
from leadline.delivery.handler import Handler
from leadline.delivery.intake import Intake, Taken
from leadline.delivery.ladder import Ladder
from leadline.delivery.pipeline import Pipeline
from leadline.delivery.ports import Ledger, Partition, Polled, Rebalance, Sink, Source
from leadline.delivery.status import Status
from leadline.errors import Fenced, Unavailable

IDLE_POLL_SECONDS: Final = 0.2
HELD_POLL_SECONDS: Final = 0.005
SUBMIT_SECONDS: Final = 0.5
# Overlapping the steps pays with full batches only. While they are small, the next one is taken when the last is through:
# its records would wait anyway, behind one small transaction after the other.
SMALL_BATCH_RECORDS: Final = 500
SETTLE_SECONDS: Final = 0.1
REVOKE_SECONDS: Final = 20.0
STOP_SECONDS: Final = 7.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What an engine is put together from; `on_error` hears of what ends it, before the group is left."""

    source: Source
    sink: Sink
    ledger: Ledger
    ladder: Ladder
    failpoints: Failpoints
    topic_prefix: str = ""
    batch_records: int = 2000
    on_error: Callable[[BaseException], None] = lambda _: None


class Engine:
    """Runs one handler until it is told to stop."""

    def __init__(self, handler: Handler, parts: Parts) -> None:
        self.status = Status()
        self._handler = handler
        self._parts = parts
        self._stopping = threading.Event()
        self._is_leaving = False  # after an error: what is in flight is left to whoever recovers it
        self._emitted: dict[Partition, int] = {}
        self._epochs: dict[Partition, int] = {}
        self._early: list[Polled] = []
        self._pending: Batch | None = None
        self._last_batch_records = 0
        self._decoder = Decoder(handler, parts.ladder, parts.topic_prefix)
        self._intake = Intake(handler.inputs, parts.ladder.delays_by_topic, parts.source.readable_ends, self._applied_elsewhere)
        self._assignment = Assignment(parts.source, parts.sink, parts.ledger, self._keeps_waiting, self._epochs)
        self._applier = Applier(handler, parts.ledger, parts.ladder, parts.failpoints, self.status, self._emitted)
        self._pipeline = Pipeline(self._apply, self._emit)

    @property
    def topics(self) -> list[str]:
        """Every topic that the service reads: its inputs, its retry rungs, its replay topic."""
        own = [*self._parts.ladder.delays_by_topic, replay_topic(self._handler.service)]
        return [each.topic for each in self._handler.inputs] + own

    def owned(self, topic: str) -> list[int]:
        """The partitions of a topic that this process works on now; may be asked from another thread."""
        return sorted(partition.number for partition in tuple(self._intake.positions) if partition.topic == topic)

    def stop(self) -> None:
        """Ask for an orderly stop; may be called from a signal handler or another thread."""
        self._stopping.set()

    def run(self) -> None:
        """Work until `stop`; raises what makes it impossible to go on."""
        self._parts.sink.start()
        self._pipeline.start()
        self._parts.source.subscribe(self.topics, Rebalance(self._assigned, self._revoked, self._lost))
        try:
            while not self._stopping.is_set():
                self._turn()
            self._pipeline.drain(STOP_SECONDS)
        except BaseException as error:
            self._is_leaving = True
            self._parts.on_error(error)
            raise
        finally:
            self._pipeline.stop()
            self._parts.source.close()
            self._parts.sink.close()

    def _turn(self) -> None:
        self.status.last_turn_seconds = time.monotonic()
        self._pipeline.raise_error()
        if self._last_batch_records < SMALL_BATCH_RECORDS:
            self._pipeline.drain(SETTLE_SECONDS)
        polled = self._early.pop(0) if self._early else self._parts.source.poll(self._parts.batch_records, self._patience())
        if polled.records:
            self._parts.failpoints.pass_by("after-poll")
        starts = dict(self._intake.positions)
        taken, flow = self._intake.take(polled, time.time())
        self._parts.source.pause(flow.pause)
        self._parts.source.resume(flow.resume)
        if taken.records or taken.ends:
            self._hand_on(taken, starts)

    def _hand_on(self, taken: Taken, starts: dict[Partition, int]) -> None:
        batch = self._decoder.batch(taken, starts, self._epochs, self._parts.source.group_metadata())
        self._last_batch_records = sum(len(records) for records in taken.records.values())
        self.status.records_in += self._last_batch_records
        self._pending = batch
        if not self._pipeline.submit(batch, SUBMIT_SECONDS):
            self._wait_for_room()
        self._pending = None

    def _wait_for_room(self) -> None:
        """The steps behind are slow or the database is away: pause, and keep polling to stay in the group."""
        while self._pending and self._pending.portions and not self._stopping.is_set():
            self.status.last_turn_seconds = time.monotonic()
            self._parts.source.pause(list(self._intake.positions))
            polled = self._parts.source.poll(self._parts.batch_records, 0)
            if polled.records or polled.ends:
                self._early.append(_of(polled, self._intake.positions))
            if self._pipeline.submit(self._pending, SUBMIT_SECONDS):
                break
        self._parts.source.resume([p for p in self._intake.positions if p not in self._intake.paused])

    def _apply(self, batch: Batch) -> None:
        self._decoder.decode(batch)
        self._parts.sink.tell(self._handler.announce(batch.messages))
        self._applier.apply(batch)

    def _emit(self, batch: Batch) -> None:
        self._parts.sink.emit(list(batch.blocks.values()), batch.offsets, batch.metadata)
        self._emitted.update(batch.offsets)
        self.status.batches += 1
        self.status.records_out += batch.records_out
        self.status.outcomes.update(batch.outcomes)

    def _patience(self) -> float:
        due = self._intake.next_due_seconds(time.time())
        if self._intake.is_blocked:
            return HELD_POLL_SECONDS
        return IDLE_POLL_SECONDS if due is None else min(due + 0.001, IDLE_POLL_SECONDS)

    def _applied_elsewhere(self, partitions: list[Partition]) -> dict[Partition, int]:
        try:
            found = self._parts.ledger.progress(partitions)
        except Unavailable:
            return {}
        return {partition: offset for partition, (_, offset) in found.items()}

    def _keeps_waiting(self) -> bool:
        """While partitions wait for the database the loop stands, but the process lives."""
        self.status.last_turn_seconds = time.monotonic()
        return not self._stopping.is_set()

    def _assigned(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        self._parts.failpoints.pass_by("on-assign")
        self._settle()
        offsets = self._assignment.take_over(partitions) if partitions else {}
        self._intake.own(offsets)
        self.status.has_joined = True
        self.status.assigned_partitions = len(self._intake.positions)
        return offsets

    def _revoked(self, partitions: Sequence[Partition]) -> None:
        self._parts.failpoints.pass_by("on-revoke")
        self._settle()
        self._intake.disown(partitions)
        for partition in partitions:
            self._epochs.pop(partition, None)
            self._emitted.pop(partition, None)
        if self._pending:
            self._pending.portions = [p for p in self._pending.portions if p.step.partition not in partitions]
        # Read again from where the partition is taken over: kept, they would jump over what was pending before them.
        self._early = [_of(polled, self._intake.positions) for polled in self._early]
        self.status.assigned_partitions = len(self._intake.positions)

    def _settle(self) -> None:
        """Finish what is in flight while its membership still holds."""
        if self._is_leaving:
            return
        if not self._pipeline.drain(REVOKE_SECONDS) and not self._stopping.is_set():
            message = "partitions are to move and the database has not taken the last batch: it will be read again"
            raise Unavailable(message)

    def _lost(self, partitions: Sequence[Partition]) -> None:
        if self._is_leaving:
            return
        message = f"{len(partitions)} partitions were given away while this process did not answer"
        raise Fenced(message)


def _of(polled: Polled, owned: Container[Partition]) -> Polled:
    records = [record for record in polled.records if Partition(record.topic, record.partition) in owned]
    return Polled(records, {partition: end for partition, end in polled.ends.items() if partition in owned})
