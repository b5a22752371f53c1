"""What happens when partitions come: raise the epoch, look where the group stands, emit what a predecessor could not."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from leadline.delivery.ports import Claim, Ledger, LogRange, Partition, Sink, Source
from leadline.errors import OffsetsMoved, Unavailable

T = TypeVar("T")
# Below max.poll.interval.ms (300 s): a database that is away longer ends the process, which starts over.
PATIENCE_SECONDS: Final = 240.0
RETRY_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Start:
    """Where to begin, and whether journalled records beyond the group's offset have to be emitted first."""

    offset: int
    emit_beyond: int | None
    is_first: bool


def decide_start(partition: Partition, claim: Claim, committed: int | None, log: LogRange) -> Start:
    """Compare the database, the group and the log; raises OffsetsMoved where they contradict each other. Pure."""
    stored = claim.next_offset
    if stored is None:
        if committed is not None and committed > log.low:
            raise OffsetsMoved(_message(partition, f"the group stands at {committed}, the database knows nothing of it"))
        return Start(log.low, None, is_first=True)
    if committed is None:
        raise OffsetsMoved(_message(partition, f"the group's offset is gone, the database stands at {stored}"))
    if stored < committed:
        raise OffsetsMoved(_message(partition, f"the group stands at {committed}, the database only at {stored}"))
    if not log.low <= stored <= log.high:
        raise OffsetsMoved(_message(partition, f"the log holds {log.low} to {log.high}, the database stands at {stored}"))
    return Start(stored, None if committed == stored else committed, is_first=False)


def _message(partition: Partition, what: str) -> str:
    place = f"{partition.topic}/{partition.number}"
    return (
        f"{place}: {what}. Nothing was skipped or repeated. If the topic, the group or the database was replaced on "
        f"purpose, stop the service and say where to go on: leadline offsets move {place} --to OFFSET --service NAME"
    )


@dataclass(slots=True)
class Assignment:
    """Takes partitions over for one process. `epochs` are those that it holds now."""

    source: Source
    sink: Sink
    ledger: Ledger
    keep_waiting: Callable[[], bool]
    epochs: dict[Partition, int]

    def take_over(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """Run the protocol's assignment; gives the offset at which each partition is to be read on."""
        metadata = self.source.group_metadata()
        claims = self._patiently(lambda: self.ledger.claim(partitions))
        committed = self.source.committed(partitions)
        ranges = self.source.log_ranges(partitions)
        starts = {p: decide_start(p, claims[p], committed.get(p), ranges[p]) for p in partitions}
        self._emit_what_is_left(starts, metadata)
        first = {p: start.offset for p, start in starts.items() if start.is_first}
        if first:
            self._patiently(lambda: self.ledger.begin_at(first))
        self.epochs.update({p: claims[p].epoch for p in partitions})
        return {p: start.offset for p, start in starts.items()}

    def _emit_what_is_left(self, starts: Mapping[Partition, Start], metadata: Any) -> None:
        """Also sets the group's offset of partitions that are new: from then on, a missing offset means that it was lost."""
        behind = {p: start.emit_beyond for p, start in starts.items() if start.emit_beyond is not None}
        rows = self._patiently(lambda: self.ledger.journal(sorted(behind))) if behind else []
        blocks = [row.records for row in rows if row.next_offset > behind[row.partition]]
        offsets = {p: start.offset for p, start in starts.items() if p in behind or start.is_first}
        if offsets:
            self.sink.emit(blocks, offsets, metadata)

    def _patiently(self, ask: Callable[[], T]) -> T:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return ask()
            except Unavailable:
                if time.monotonic() > deadline or not self.keep_waiting():
                    raise
                time.sleep(RETRY_SECONDS)
