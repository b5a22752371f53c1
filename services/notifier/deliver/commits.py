"""What Faust's Kafka driver does wrong for topics that are written in transactions, corrected in this one place.

1. It reads what was never committed: its consumer is told `read_uncommitted` unless Faust itself runs transactions, and no
   setting says otherwise (faust-streaming/faust #606).
2. Its offsets stand still or jump: every transaction ends with a marker that takes an offset and is never handed on, and
   the bookkeeping of such gaps counts wrongly, by one in either direction (#378, #596). Measured: 71 of 1,000
   single-record transactions committed after 36 s.
3. It acknowledges what nobody has handled: records that it skips at a rebalance, and those of an agent that was cancelled.

So here nothing counts but what the agent itself has decided, in the order in which it was read: with one agent that takes
batches one after the other (concurrency 1), everything before the last decided record of a partition is decided.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, Final

import aiokafka
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, Message

from services.notifier.deliver.progress import Position

ISOLATION: Final = "read_committed"


class _Thread(driver.AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = ISOLATION  # noqa: SLF001 - read when the consumer starts; there is no other way in
        return consumer


class CommittingConsumer(driver.Consumer):
    """Commits, for each partition, what lies behind the last record that was decided."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._next: dict[TP, int] = {}
        self._taken: dict[TP, int] = {}

    def decide(self, messages: Iterable[Message]) -> None:
        """Say that these need not be read again: the next commit goes behind them.

        Messages that were read before the last rebalance are left alone, since their partition is read again.
        """
        for message in messages:
            if message.generation_id == self.app.consumer_generation_id:
                self._next[message.tp] = max(message.offset + 1, self._next.get(message.tp, 0))

    def ack(self, message: Message) -> bool:
        """Only lets go of the message; see 3."""
        message.acked = True
        self._unacked_messages.discard(message)
        return True

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Forget what was decided of partitions that go."""
        await super().on_partitions_revoked(revoked)
        for partition in revoked:
            self._next.pop(partition, None)
            self._taken.pop(partition, None)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:  # noqa: ASYNC109 - Faust's signature
        """As before; what is handed on is noted, for `positions`."""
        async for partition, message in super().getmany(timeout):
            self._taken[partition] = message.offset + 1
            yield partition, message

    def positions(self) -> dict[str, Position]:
        """Where each assigned partition stands."""
        consumer = self._thread._consumer  # noqa: SLF001 - nothing public says what is left to read
        subscription = consumer._subscription.subscription if consumer is not None else None  # noqa: SLF001
        assignment = None if subscription is None else subscription.assignment
        if assignment is None or not assignment.active:
            return {}
        return {f"{each.topic}/{each.partition}": self._position(each, assignment.state_value(each)) for each in assignment.tps}

    def _position(self, place: aiokafka.TopicPartition, state: Any) -> Position:
        partition = TP(place.topic, place.partition)
        fetched = state.position if state.has_valid_position else 0
        committed = self._committed_offset[partition] or 0
        return Position(fetched, self._taken.get(partition, committed), committed, state.lso or 0)

    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        return iter(tuple(self._next))

    def _new_offset(self, tp: TP) -> int | None:
        return self._next.get(tp)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Gaps do not matter here, and noting them costs a search for each record."""


class CommittingTransport(driver.Transport):
    """Faust's transport with the consumer of this module."""

    Consumer = CommittingConsumer
