"""A database and a broker in memory, that keep the promises of `leadline.delivery.ports` and no others.

Each of them can be told to fail at a place of the protocol. `tests/integration/test_ledger.py` holds the real ledger to
what this one promises.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from leadline.delivery import journal
from leadline.delivery.ports import Claim, JournalRow, LogRange, Partition, Polled, Rebalance, ReplayOutcome, Step, Waiting
from leadline.delivery.record import Headers, Outgoing, Record
from leadline.errors import Unavailable
from tests.fake_service import MomentError, a_record


class CrashError(Exception):
    """The process dies here."""


@dataclass
class Tables:
    """What is committed, or would be."""

    progress: dict[Partition, tuple[int, int | None]] = field(default_factory=dict)
    journal: list[JournalRow] = field(default_factory=list)
    waiting: dict[str, Waiting] = field(default_factory=dict)
    replayed: dict[tuple[str, int, str], ReplayOutcome] = field(default_factory=dict)
    sequence: int = 0
    effects: list[str] = field(default_factory=list)


class FakeWork:
    """One open transaction on a copy of the tables; `calls` says what was asked of it, in order."""

    def __init__(self, tables: Tables) -> None:
        self.tables = copy.deepcopy(tables)
        self.calls: list[str] = []

    def execute(self, query: str, parameters: Any = None) -> Any:
        self.calls.append("execute")
        self.tables.effects.append(query)

    def copy(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        self.calls.append("copy")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        before = copy.deepcopy(self.tables)
        try:
            yield
        except BaseException:
            self.tables = before
            raise

    def advance(self, steps: Sequence[Step]) -> int:
        self.calls.append("advance")
        ours = [step for step in steps if self.tables.progress.get(step.partition) == (step.epoch, step.before)]
        self.tables.progress.update({step.partition: (step.epoch, step.after) for step in ours})
        return len(ours)

    def waiting(self, order_keys: Sequence[str]) -> list[Waiting]:
        self.calls.append("waiting")
        return [row for row in self.tables.waiting.values() if row.order_key in order_keys]

    def save_waiting(self, rows: Sequence[Waiting]) -> None:
        self.calls.append("save_waiting")
        for row in rows:
            self.tables.sequence += 1
            before = self.tables.waiting.get(row.origin)
            sequence = before.sequence if before else self.tables.sequence
            self.tables.waiting[row.origin] = row._replace(sequence=sequence)

    def clear_waiting(self, origins: Sequence[str]) -> None:
        self.calls.append("clear_waiting")
        for origin in origins:
            self.tables.waiting.pop(origin, None)

    def save_replay_outcomes(self, rows: Sequence[ReplayOutcome]) -> None:
        self.calls.append("save_replay_outcomes")
        assert len({row[:3] for row in rows}) == len(rows), "a row cannot be written twice by one statement"
        for row in rows:
            before = self.tables.replayed.get(row[:3])
            if before is None or before.outcome != "done":
                self.tables.replayed[row[:3]] = row

    def write_journal(self, rows: Sequence[JournalRow]) -> None:
        self.calls.append("write_journal")
        places = {(row.partition, row.next_offset) for row in self.tables.journal}
        assert places.isdisjoint((row.partition, row.next_offset) for row in rows), "emission_journal_key"
        self.tables.journal += rows

    def trim_journal(self, emitted: Mapping[Partition, int]) -> None:
        self.calls.append("trim_journal")
        kept = [row for row in self.tables.journal if row.next_offset > emitted.get(row.partition, -1)]
        self.tables.journal = kept


class FakeLedger:
    """A database. `faults` is asked before each transaction (`begin`), at its commit (`commit`) and for each question.

    Of a commit, the fault `lost` undoes it, `lost-applied` does it; both raise Unavailable.
    """

    def __init__(self) -> None:
        self.tables = Tables()
        self.faults: list[str] = []
        self.works: list[FakeWork] = []

    def _fault(self, place: str) -> str:
        return self.faults.pop(0) if self.faults and self.faults[0].startswith(place) else ""

    def _ask(self, place: str) -> None:
        if self._fault(place):
            raise Unavailable(place)

    def claim(self, partitions: Sequence[Partition]) -> dict[Partition, Claim]:
        self._ask("claim")
        for partition in partitions:
            epoch, offset = self.tables.progress.get(partition, (0, None))
            self.tables.progress[partition] = (epoch + 1, offset)
        return {p: Claim(*self.tables.progress[p]) for p in partitions}

    def begin_at(self, offsets: Mapping[Partition, int]) -> None:
        for partition, offset in offsets.items():
            epoch, before = self.tables.progress[partition]
            self.tables.progress[partition] = (epoch, offset if before is None else before)

    def journal(self, partitions: Sequence[Partition]) -> list[JournalRow]:
        return [row for row in self.tables.journal if row.partition in partitions]

    def progress(self, partitions: Sequence[Partition]) -> dict[Partition, tuple[int, int]]:
        self._ask("progress")
        rows = {p: self.tables.progress[p] for p in partitions if p in self.tables.progress}
        return {p: (epoch, offset or 0) for p, (epoch, offset) in rows.items()}

    @contextmanager
    def work(self) -> Iterator[FakeWork]:
        self._ask("begin")
        work = FakeWork(self.tables)
        self.works.append(work)
        yield work
        fault = self._fault("commit")
        if fault != "commit:lost":
            self.tables = work.tables
        if fault:
            raise Unavailable(fault)

    def is_record_fault(self, error: Exception) -> bool:
        return not isinstance(error, MomentError)


class FakeKafka:
    """Logs, the group's offsets, and what was written beside them. Time is 1 s after 1970 for every record."""

    def __init__(self, topics: Iterable[str], partitions: int = 1) -> None:
        self.logs: dict[Partition, list[Record]] = {Partition(t, n): [] for t in topics for n in range(partitions)}
        self.committed: dict[Partition, int] = {}
        self.emitted: list[Outgoing] = []

    def append(self, topic: str, value: str, partition: int = 0, headers: Headers | None = None) -> None:
        log = self.logs[Partition(topic, partition)]
        log.append(a_record(value, topic=topic, partition=partition, offset=len(log), headers=headers))

    @property
    def is_done(self) -> bool:
        return all(self.committed.get(partition, 0) == len(log) for partition, log in self.logs.items())


class FakeSource:
    """The only member of its group: gets every partition at its first poll. `script` runs before each later poll."""

    def __init__(self, kafka: FakeKafka) -> None:
        self.kafka = kafka
        self.positions: dict[Partition, int] = {}
        self.paused: set[Partition] = set()
        self.script: list[Callable[[], Polled | None]] = []
        self.rebalance: Rebalance | None = None
        self.on_idle: Callable[[], None] = lambda: None
        self.closed = False

    def subscribe(self, topics: Sequence[str], rebalance: Rebalance) -> None:
        self.rebalance = rebalance

    def assign(self, partitions: Iterable[Partition]) -> None:
        assert self.rebalance
        self.positions |= self.rebalance.assigned(sorted(partitions))
        self.paused -= set(partitions)

    def revoke(self, partitions: Sequence[Partition]) -> None:
        assert self.rebalance
        self.rebalance.revoked(partitions)
        for partition in partitions:
            del self.positions[partition]

    def poll(self, limit: int, timeout: float) -> Polled:
        if not self.positions:
            self.assign(self.kafka.logs)
            return Polled([], {})
        if self.script and (said := self.script.pop(0)()) is not None:
            return said
        records, ends = [], {}
        for partition, position in self.positions.items():
            if partition in self.paused:
                continue
            new = self.kafka.logs[partition][position : position + limit]
            records += new
            self.positions[partition] = position + len(new)
            ends[partition] = self.positions[partition]
        if not records:
            self.on_idle()
        return Polled(records, ends)

    def group_metadata(self) -> Any:
        return "member"

    def committed(self, partitions: Sequence[Partition]) -> dict[Partition, int | None]:
        return {p: self.kafka.committed.get(p) for p in partitions}

    def log_ranges(self, partitions: Sequence[Partition]) -> dict[Partition, LogRange]:
        return {p: LogRange(0, len(self.kafka.logs[p])) for p in partitions}

    def readable_ends(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        return {p: len(self.kafka.logs[p]) for p in partitions}

    def pause(self, partitions: Iterable[Partition]) -> None:
        self.paused |= set(partitions)

    def resume(self, partitions: Iterable[Partition]) -> None:
        self.paused -= set(partitions)

    def close(self) -> None:
        self.closed = True


class FakeSink:
    """A transactional producer; `crashes` names places (`before`, `after` the commit) where the next calls die."""

    def __init__(self, kafka: FakeKafka) -> None:
        self.kafka = kafka
        self.crashes: list[str] = []
        self.told: list[Outgoing] = []

    def start(self) -> None:
        """Nothing is open."""

    def emit(self, blocks: Sequence[bytes], offsets: Mapping[Partition, int], metadata: Any) -> None:
        crash = self.crashes.pop(0) if self.crashes else ""
        if crash == "before":
            raise CrashError(crash)
        for record in (record for block in blocks for record in journal.unpack(block)):
            self.kafka.emitted.append(record)
            if Partition(record.topic, 0) in self.kafka.logs:
                self.kafka.append(record.topic, (record.value or b"").decode(), 0, record.headers)
        self.kafka.committed.update(offsets)
        if crash == "after":
            raise CrashError(crash)

    def tell(self, records: Sequence[Outgoing]) -> None:
        self.told += records

    def close(self) -> None:
        """Nothing is held."""
