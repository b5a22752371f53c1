"""From polled records to those whose turn it is: due times, the order between topics, and bounded memory.

Records that have to wait (a retry rung before its due time, requests before the lead events they rely on) are held in
memory, at most one poll of them for each partition, and their partition is paused. What is held is no effect: it is
dropped when the partition goes, and read again by whoever has it next.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from leadline.delivery.handler import Input
from leadline.delivery.ports import Partition, Polled
from leadline.delivery.record import Record

Ends = Callable[[list[Partition]], dict[Partition, int]]
Applied = Callable[[list[Partition]], dict[Partition, int]]


@dataclass(slots=True)
class Held:
    """One partition's records that wait; `after_offset` is how far the topic they rely on must have been applied."""

    records: deque[Record] = field(default_factory=deque)
    after_offset: int = 0
    paused: bool = False


@dataclass(slots=True)
class Taken:
    """What may be handled now: records by partition, and ends of partitions that were reached behind markers."""

    records: dict[Partition, list[Record]] = field(default_factory=dict)
    ends: dict[Partition, int] = field(default_factory=dict)


@dataclass(slots=True)
class Flow:
    """The partitions to pause and to resume after a look at what is held."""

    pause: list[Partition] = field(default_factory=list)
    resume: list[Partition] = field(default_factory=list)


class Intake:
    """Holds back what may not be handled yet. Knows nothing of Kafka; `positions` is how far each owned partition is."""

    def __init__(
        self, inputs: Iterable[Input], delay_seconds: Mapping[str, float], readable_ends: Ends, applied: Applied
    ) -> None:
        self._after = {each.topic: each.after for each in inputs if each.after}
        self._delay_seconds = delay_seconds
        self._readable_ends = readable_ends
        self._applied = applied
        self._held: dict[Partition, Held] = {}
        self._expected: dict[Partition, int] = {}
        self.positions: dict[Partition, int] = {}

    def own(self, offsets: Mapping[Partition, int]) -> None:
        """These partitions are ours now, from these offsets on."""
        self.positions.update(offsets)
        self._expected.update(offsets)

    def disown(self, partitions: Iterable[Partition]) -> None:
        """These partitions are not ours any longer: drop what is held of them."""
        for partition in partitions:
            self.positions.pop(partition, None)
            self._expected.pop(partition, None)
            self._held.pop(partition, None)

    @property
    def is_blocked(self) -> bool:
        """Whether anything waits for something else than a time."""
        return any(partition.topic in self._after for partition in self._held)

    @property
    def paused(self) -> set[Partition]:
        """The partitions that are paused because of what is held of them."""
        return {partition for partition, held in self._held.items() if held.paused}

    def take(self, polled: Polled, now_seconds: float) -> tuple[Taken, Flow]:
        """Sort what was polled, and say what may be handled now; `now_seconds` is Unix time."""
        taken, waiting = Taken(), []
        for record in polled.records:
            partition = Partition(record.topic, record.partition)
            if record.offset < self._expected.get(partition, record.offset + 1):
                continue  # polled in the call that took the partition away, or seen before it came back
            self._expected[partition] = record.offset + 1
            if record.topic in self._after or record.topic in self._delay_seconds:
                waiting.append((partition, record))
            else:
                taken.records.setdefault(partition, []).append(record)
        for partition, records in taken.records.items():
            self._move(partition, records[-1].offset + 1)
        self._reach_ends(polled.ends, taken)
        self._hold(waiting)
        return taken, self._release(taken, now_seconds)

    def next_due_seconds(self, now_seconds: float) -> float | None:
        """How long until the first held record is due; None if nothing waits for a time."""
        dues = [self._due(held.records[0]) for partition, held in self._held.items() if partition.topic in self._delay_seconds]
        return max(0.0, min(dues) - now_seconds) if dues else None

    def _move(self, partition: Partition, offset: int) -> None:
        self.positions[partition] = max(offset, self.positions[partition])

    def _reach_ends(self, ends: Mapping[Partition, int], taken: Taken) -> None:
        """A partition that others rely on is applied up to its end, also when a transaction marker is the last there."""
        relied_on = set(self._after.values())
        for partition, offset in ends.items():
            if partition.topic in relied_on and offset > self.positions.get(partition, offset):
                self.positions[partition] = offset
                taken.ends[partition] = offset

    def _hold(self, waiting: list[tuple[Partition, Record]]) -> None:
        for partition, record in waiting:
            self._held.setdefault(partition, Held()).records.append(record)
        dependent = {p: Partition(self._after[p.topic], p.number) for p, _ in waiting if p.topic in self._after}
        if dependent:
            ends = self._readable_ends(sorted(set(dependent.values())))
            for partition, relied_on in dependent.items():
                self._held[partition].after_offset = ends.get(relied_on, 0)

    def _release(self, taken: Taken, now_seconds: float) -> Flow:
        flow = Flow()
        blocked = self._blocked()
        for partition, held in list(self._held.items()):
            released: list[Record] = []
            if partition not in blocked:
                while held.records and self._due(held.records[0]) <= now_seconds:
                    released.append(held.records.popleft())
            if released:
                taken.records.setdefault(partition, []).extend(released)
                self._move(partition, released[-1].offset + 1)
            if not held.records:
                del self._held[partition]
                if held.paused:
                    flow.resume.append(partition)
            elif not held.paused:
                held.paused = True
                flow.pause.append(partition)
        return flow

    def _blocked(self) -> set[Partition]:
        """The partitions whose records rely on something that is not applied yet."""
        wanted: dict[Partition, tuple[Partition, int]] = {}
        for partition, held in self._held.items():
            if partition.topic in self._after:
                relied_on = Partition(self._after[partition.topic], partition.number)
                if self.positions.get(relied_on, -1) < held.after_offset:
                    wanted[partition] = (relied_on, held.after_offset)
        elsewhere = sorted({relied_on for relied_on, _ in wanted.values() if relied_on not in self.positions})
        applied = self._applied(elsewhere) if elsewhere else {}
        return {p for p, (relied_on, offset) in wanted.items() if applied.get(relied_on, -1) < offset}

    def _due(self, record: Record) -> float:
        """Unix time from which the record may be handled; on topics without a delay its own time says nothing."""
        delay = self._delay_seconds.get(record.topic)
        return 0.0 if delay is None else record.timestamp_ms / 1000 + delay
