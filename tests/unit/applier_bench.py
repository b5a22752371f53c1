"""The database step on a fake database, and what came of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from leadline.delivery import journal
from leadline.delivery.apply import Applier
from leadline.delivery.batch import Batch
from leadline.delivery.decode import Decoder
from leadline.delivery.failpoints import Failpoints
from leadline.delivery.intake import Taken
from leadline.delivery.ladder import Ladder
from leadline.delivery.ports import Partition
from leadline.delivery.record import Headers, Outgoing, Record
from leadline.delivery.status import Status
from tests.fake_service import FakeHandler, a_record
from tests.fakes import FakeLedger

P = Partition("in", 0)
RETRY = Partition("svc.retry.5s", 0)
REPLAY = Partition("svc.replay", 0)
LADDER = Ladder.from_delays("svc", {"5s": 5.0, "1m": 60.0})


@dataclass
class Bench:
    """An applier on a fake database that owns its partitions at epoch 1."""

    handler: FakeHandler = field(default_factory=FakeHandler)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    status: Status = field(default_factory=Status)
    emitted: dict[Partition, int] = field(default_factory=dict)
    failpoints: Failpoints = field(default_factory=Failpoints)
    paused_seconds: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ledger.tables.progress = {P: (1, 0), RETRY: (1, 0), REPLAY: (1, 0)}

    def batch(self, *records: Record) -> Batch:
        """One batch of these records, beginning where the database is; their offsets are given here."""
        taken = Taken()
        for record in records:
            place = Partition(record.topic, record.partition)
            share = taken.records.setdefault(place, [])
            share.append(record._replace(offset=self.at(place) + len(share)))
        starts = {place: self.at(place) for place in taken.records}
        return self.decoded(taken, starts)

    def decoded(self, taken: Taken, starts: dict[Partition, int]) -> Batch:
        decoder = Decoder(self.handler, LADDER, "")
        batch = decoder.batch(taken, starts, dict.fromkeys(starts, 1), "member")
        decoder.decode(batch)
        return batch

    def at(self, place: Partition) -> int:
        return self.ledger.tables.progress[place][1] or 0

    def apply(self, batch: Batch) -> Batch:
        Applier(self.handler, self.ledger, LADDER, self.failpoints, self.status, self.emitted, self.paused_seconds.append).apply(
            batch
        )
        return batch

    def run(self, *values: str, topic: str = "in", headers: Headers | None = None) -> Batch:
        return self.apply(self.batch(*(a_record(value, topic=topic, headers=headers) for value in values)))

    @property
    def effects(self) -> list[str]:
        return self.ledger.tables.effects

    @property
    def waiting(self) -> dict[str, str]:
        rows = sorted(self.ledger.tables.waiting.values(), key=lambda row: row.sequence)
        return {row.origin: row.rung for row in rows}


def outgoing(batch: Batch) -> list[Outgoing]:
    return [record for block in batch.blocks.values() for record in journal.unpack(block)]


def said(records: Sequence[Outgoing]) -> list[tuple[str, str]]:
    return [(record.topic, (record.value or b"").decode()) for record in records]


def dead_letter(bench: Bench, value: str) -> Record:
    """A dead letter as it lies on the replay topic."""
    (dead,) = (record for record in outgoing(bench.run(value)) if record.topic == "svc.dlq")
    return a_record(value, topic="svc.replay", headers=dead.headers)
