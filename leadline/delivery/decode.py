"""From the records of a turn to a batch, and from its bytes to messages: original headers back, refusals noted. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leadline.contracts.topics import replay_topic
from leadline.delivery.batch import Batch, Portion, Rejection, Share
from leadline.delivery.handler import Handler
from leadline.delivery.intake import Taken
from leadline.delivery.isolate import describe
from leadline.delivery.ladder import Ladder
from leadline.delivery.message import Failure, Message
from leadline.delivery.ports import Partition, Step
from leadline.delivery.record import Record
from leadline.delivery.trail import DEAD_LETTER_FIRST, FIRST_ATTEMPT, RETRY_FIRST, Trail, follow
from leadline.errors import Rejected

_as_tuple = tuple.__new__  # a third of the time of Message(...), for every record there is


@dataclass(frozen=True, slots=True)
class Decoder:
    """Builds and decodes batches of one service."""

    handler: Handler
    ladder: Ladder
    topic_prefix: str

    def batch(self, taken: Taken, starts: Mapping[Partition, int], epochs: Mapping[Partition, int], metadata: Any) -> Batch:
        """What was taken, not decoded yet; `starts` is where each partition stood before it.

        Retry topics come first: their records are older than those of the same key on other topics.
        """
        own = f"{self.ladder.service}.retry."
        partitions = sorted(taken.records | taken.ends, key=lambda p: (not p.topic.startswith(own), p))
        portions = []
        for partition in partitions:
            records = taken.records.get(partition, [])
            after = max(records[-1].offset + 1 if records else 0, taken.ends.get(partition, 0))
            portions.append(Portion(Step(partition, epochs[partition], starts[partition], after), records))
        return Batch(portions, metadata)

    def decode(self, batch: Batch) -> None:
        """Fill the batch's shares."""
        batch.shares = [self._share(step, records) for step, records in batch.portions]

    def _block_begins(self, topic: str) -> str | None:
        """The first of the headers that records of this topic have gained, if it is one of our own topics."""
        if topic in self.ladder.delays_by_topic:
            return RETRY_FIRST
        return DEAD_LETTER_FIRST if topic == replay_topic(self.ladder.service) else None

    def _original(self, trail: Trail) -> Record:
        """The record as it stood where it first came from: an event's age and place do not change by a retry or replay."""
        topic, partition, offset, timestamp_ms = trail.origin
        return trail.record._replace(
            topic=topic.removeprefix(self.topic_prefix), partition=partition, offset=offset, timestamp_ms=timestamp_ms
        )

    def _share(self, step: Step, records: Sequence[Record]) -> Share:
        messages: list[Message] = []
        rejections: list[Rejection] = []
        block_begins = self._block_begins(step.partition.topic)
        first_rung = self.ladder.after(1)
        for record in records:
            trail = follow(record, self.topic_prefix, block_begins)
            try:
                content = self.handler.decode(self._original(trail) if block_begins else trail.record)
            except Rejected as refusal:
                fields = f" ({', '.join(refusal.fields)})" if refusal.fields else ""
                failure = Failure(refusal.code, refusal.message + fields)
                rejections.append(Rejection(trail, step.partition, failure))
            except Exception as error:  # noqa: BLE001 - a record that our own code cannot read must not stop the rest
                rejections.append(Rejection(trail, step.partition, describe(error)))
            else:
                rung = first_rung if trail.attempt is FIRST_ATTEMPT else self.ladder.after(trail.attempt.number)
                messages.append(_as_tuple(Message, (trail.record, trail.origin, trail.attempt, rung, content)))
        return Share(step, messages, rejections)
