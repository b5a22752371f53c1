"""The database step: fence, handle, journal, in one transaction.

The order of effects is the protocol's: the fence first, so that a process that has lost a partition writes nothing.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from leadline.contracts.topics import dead_letter_topic
from leadline.delivery import journal
from leadline.delivery.batch import Batch, Share
from leadline.delivery.failpoints import Failpoints
from leadline.delivery.handler import Handler
from leadline.delivery.isolate import handle_isolated, note_isolated
from leadline.delivery.ladder import Ladder
from leadline.delivery.message import DeadLetter, Done, Failure, Message, Outcome, Retry
from leadline.delivery.order import Queue, waves
from leadline.delivery.ports import JournalRow, Ledger, Partition, Waiting, Work
from leadline.delivery.record import Outgoing
from leadline.delivery.replayed import quietened, replay_outcomes
from leadline.delivery.status import Status
from leadline.delivery.trail import FIRST_ATTEMPT, Death, Trail, dead_letter_headers, retry_headers
from leadline.errors import Fenced, Unavailable

RETRY_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0)
HELD_BACK = "waits for an earlier record of its key"


@dataclass(slots=True)
class Applier:
    """Applies batches, one after the other. `emitted` is told by the Kafka step: what need not be journalled longer."""

    handler: Handler
    ledger: Ledger
    ladder: Ladder
    failpoints: Failpoints
    status: Status
    emitted: dict[Partition, int]
    pause: Callable[[float], None] = time.sleep

    def apply(self, batch: Batch) -> None:
        """Bring the batch into the database, however long the database is away; fills the rest of the batch.

        Raises Fenced when another process owns a partition of the batch.
        """
        tries = 0
        is_in_doubt = False
        while True:
            try:
                if not (is_in_doubt and self._is_applied(batch)):
                    is_in_doubt = True
                    self._transact(batch)
                break
            except Unavailable:
                self.status.database_available = False
                self.pause(RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)])
                tries += 1
        self.status.database_available = True
        self.failpoints.pass_by("after-database-commit")

    def _transact(self, batch: Batch) -> None:
        with self.ledger.work() as work:
            if work.advance(batch.steps) != len(batch.steps):
                message = "another process writes for a partition of this batch now: nothing was written"
                raise Fenced(message)
            work.trim_journal({p: self.emitted[p] for p in batch.offsets if p in self.emitted})
            emissions = self._handle(work, batch)
            batch.records_out = sum(len(records) for records in emissions.values())
            batch.blocks = {partition: journal.pack(records) for partition, records in emissions.items() if records}
            work.write_journal([JournalRow(p, batch.offsets[p], block) for p, block in batch.blocks.items()])
            self.failpoints.pass_by("before-database-commit")

    def _is_applied(self, batch: Batch) -> bool:
        """After a connection lost during a commit: ask the fence whether the batch is in the database."""
        found = self.ledger.progress([step.partition for step in batch.steps])
        if all(found.get(s.partition) == (s.epoch, s.before) for s in batch.steps):
            return False
        if all(found.get(s.partition) == (s.epoch, s.after) for s in batch.steps):
            return True
        message = "another process took a partition over while the database was away"
        raise Fenced(message)

    def _handle(self, work: Work, batch: Batch) -> dict[Partition, list[Outgoing]]:
        messages = batch.messages
        # A record of a retry or replay topic may wait, put there by a version of the service that could still read it.
        refused = {str(r.trail.origin) for share in batch.shares for r in share.rejections}
        if refused:
            work.clear_waiting(sorted(refused))
        keys = sorted({m.content.order_key for m in messages if m.content.order_key is not None})
        queue = Queue(work.waiting(keys) if keys else ())
        outcomes: dict[int, Outcome | Waiting] = {}
        for wave in waves(messages):
            self._handle_wave(work, wave, queue, outcomes)
        if queue.cleared:
            work.clear_waiting(queue.cleared)
        if queue.changed:
            work.save_waiting(queue.changed)
        replayed = replay_outcomes(self.ladder, batch.shares, outcomes)
        if replayed:
            work.save_replay_outcomes(replayed)
        batch.outcomes = Counter(_kind(outcome) for outcome in outcomes.values())
        batch.outcomes.update(("dead-letter", r.failure.code) for share in batch.shares for r in share.rejections)
        return {share.step.partition: self._outgoing(work, share, outcomes) for share in batch.shares}

    def _handle_wave(self, work: Work, wave: list[Message], queue: Queue, outcomes: dict[int, Outcome | Waiting]) -> None:
        ready: list[Message] = []
        for message in wave:
            blocker = queue.blocker(message)
            if blocker is None:
                ready.append(message)
            else:
                queue.put(message, blocker.rung)
                outcomes[id(message)] = blocker
        decided = handle_isolated(self.handler, work, ready, self.ledger.is_record_fault)
        # A record that was replayed twice may come twice in a wave: it waits if one of the two does.
        retried = {str(m.origin) for m, outcome in zip(ready, decided, strict=True) if isinstance(outcome, Retry)}
        for message, outcome in zip(ready, decided, strict=True):
            outcomes[id(message)] = outcome
            if isinstance(outcome, Retry) and message.next_rung:
                queue.put(message, message.next_rung.name)
            elif not retried or str(message.origin) not in retried:
                queue.clear(message)

    def _outgoing(self, work: Work, share: Share, outcomes: dict[int, Outcome | Waiting]) -> list[Outgoing]:
        found: list[tuple[int, list[Outgoing]]] = [
            (message.record.offset, self._message_outgoing(message, outcomes[id(message)])) for message in share.messages
        ]
        found += [(r.trail.record.offset, self._rejected_outgoing(work, r.trail, r.failure)) for r in share.rejections]
        if share.rejections:
            found.sort(key=lambda pair: pair[0])
        return [record for _, records in found for record in records]

    def _message_outgoing(self, message: Message, outcome: Outcome | Waiting) -> list[Outgoing]:
        if message.attempt is not FIRST_ATTEMPT and message.is_quiet and not isinstance(outcome, Waiting):
            outcome = outcome._replace(emit=quietened(outcome.emit))
        if isinstance(outcome, Done):
            return outcome.emit
        trail = Trail(message.record, message.origin, message.attempt)
        if isinstance(outcome, Waiting):
            return [self._held_back(trail, outcome)]
        if isinstance(outcome, DeadLetter):
            return [*outcome.emit, self._dead_letter(trail, outcome.failure, message.content.conversion_id)]
        if message.next_rung is None:
            error = "a handler asked for a retry after the last rung"
            raise AssertionError(error)
        topic = self.ladder.topic(message.next_rung)
        failed_at = message.attempt.first_failed_at or _now().isoformat().replace("+00:00", "Z")
        trail = trail._replace(attempt=message.attempt._replace(first_failed_at=failed_at))
        headers = retry_headers(trail, outcome.failure, attempts=message.attempt.number)
        return [*outcome.emit, Outgoing(topic, trail.record.key, trail.record.value, headers)]

    def _held_back(self, trail: Trail, blocker: Waiting) -> Outgoing:
        """Follow the record that waits; this was no attempt of its own."""
        topic = f"{self.ladder.service}.retry.{blocker.rung}"
        failure = Failure("", HELD_BACK)
        headers = retry_headers(trail, failure, attempts=trail.attempt.number - 1)
        return Outgoing(topic, trail.record.key, trail.record.value, headers)

    def _rejected_outgoing(self, work: Work, trail: Trail, failure: Failure) -> list[Outgoing]:
        emit = note_isolated(work, lambda: self.handler.on_rejected(work, trail, failure), self.ledger.is_record_fault)
        if trail.attempt.replays and not trail.attempt.is_told:
            emit = quietened(emit)
        return [*emit, self._dead_letter(trail, failure, None)]

    def _dead_letter(self, trail: Trail, failure: Failure, conversion_id: str | None) -> Outgoing:
        death = Death(self.handler.service, failure, _now(), conversion_id)
        headers = dead_letter_headers(trail, death)
        return Outgoing(dead_letter_topic(self.handler.service), trail.record.key, trail.record.value, headers)


def _kind(outcome: Outcome | Waiting) -> tuple[str, str]:
    if isinstance(outcome, Done):
        return "done", ""
    if isinstance(outcome, Waiting):
        return "held-back", ""
    return "retry" if isinstance(outcome, Retry) else "dead-letter", outcome.failure.code


def _now() -> datetime:
    return datetime.now(UTC)
