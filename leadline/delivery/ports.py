"""What the engine needs of Kafka and of the database, in its own words. Adapters: `leadline.kafka`, `leadline.postgres`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from leadline.delivery.handler import Transaction
from leadline.delivery.record import Outgoing, Record


class Partition(NamedTuple):
    """A partition of a topic, by the topic's bare name."""

    topic: str
    number: int


class Claim(NamedTuple):
    """A partition that this process may write for; `next_offset` is None if nobody ever did."""

    epoch: int
    next_offset: int | None


class Step(NamedTuple):
    """How far a batch moves one partition: its first offset, and the one after its last."""

    partition: Partition
    epoch: int
    before: int
    after: int


class LogRange(NamedTuple):
    """The first offset that a partition still has, and the one after its last."""

    low: int
    high: int


class JournalRow(NamedTuple):
    """The outgoing records of one partition's share of a batch."""

    partition: Partition
    next_offset: int
    records: bytes


class Waiting(NamedTuple):
    """A record that waits in a retry topic, by its origin (`topic/partition/offset`).

    Of two with one order key, the one with the smaller sequence is handled first.
    """

    origin: str
    order_key: str
    goes_first: bool
    sequence: int
    rung: str


class ReplayOutcome(NamedTuple):
    """What became of a record that an operator has sent again: `done`, `retrying` or `dead`, with the error code.

    `replay_id` is empty for one that was sent by hand.
    """

    dlq_id: str
    replays: int
    replay_id: str
    outcome: str
    code: str | None
    conversion_id: str | None


class Rebalance(NamedTuple):
    """What the engine does when partitions come and go; called from within `Source.poll`."""

    assigned: Callable[[Sequence[Partition]], Mapping[Partition, int]]
    revoked: Callable[[Sequence[Partition]], None]
    lost: Callable[[Sequence[Partition]], None]


class Polled(NamedTuple):
    """What one poll brought: records, and the ends of partitions that were reached (an offset may be behind a marker)."""

    records: list[Record]
    ends: dict[Partition, int]


class Source(Protocol):
    """A member of a consumer group."""

    def subscribe(self, topics: Sequence[str], rebalance: Rebalance) -> None:
        """Join the group."""

    def poll(self, limit: int, timeout: float) -> Polled:
        """Wait for a first record up to `timeout` seconds, then take what else is already here, up to `limit`."""

    def group_metadata(self) -> Any:
        """The membership that the records of the last poll were read under: keep it with them."""

    def committed(self, partitions: Sequence[Partition]) -> dict[Partition, int | None]:
        """The group's offsets, waiting for undecided transactions."""

    def log_ranges(self, partitions: Sequence[Partition]) -> dict[Partition, LogRange]:
        """What each partition's log holds now."""

    def readable_ends(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """Up to where each partition can be read now, asked of the broker."""

    def pause(self, partitions: Iterable[Partition]) -> None:
        """Stop fetching."""

    def resume(self, partitions: Iterable[Partition]) -> None:
        """Go on fetching behind the last record that was polled."""

    def close(self) -> None:
        """Leave the group."""


class Sink(Protocol):
    """A transactional producer. After any error of it the process has to end: it is never used again."""

    def start(self) -> None:
        """Take the transactional id over, ending what a predecessor left open."""

    def emit(self, blocks: Sequence[bytes], offsets: Mapping[Partition, int], metadata: Any) -> None:
        """Write the records of these journal blocks, in this order, and the group's offsets in one transaction."""

    def tell(self, records: Sequence[Outgoing]) -> None:
        """Write records outside any transaction, best effort."""

    def close(self) -> None:
        """Let go of what it holds; what is not committed is not written."""


class Work(Transaction, Protocol):
    """One open transaction of the engine; every method belongs to the same commit."""

    def savepoint(self) -> AbstractContextManager[None]:
        """Undo what happens inside if it raises."""

    def advance(self, steps: Sequence[Step]) -> int:
        """Move the partitions on where epoch and offset are still ours; how many were."""

    def waiting(self, order_keys: Sequence[str]) -> list[Waiting]:
        """The records in retry that have one of these keys."""

    def save_waiting(self, rows: Sequence[Waiting]) -> None:
        """Note where records wait now."""

    def clear_waiting(self, origins: Sequence[str]) -> None:
        """These records wait no longer."""

    def save_replay_outcomes(self, rows: Sequence[ReplayOutcome]) -> None:
        """Note what became of replayed records, no two rows for one replay; one that is done stays done."""

    def write_journal(self, rows: Sequence[JournalRow]) -> None:
        """Keep outgoing records until Kafka has them."""

    def trim_journal(self, emitted: Mapping[Partition, int]) -> None:
        """Drop what Kafka has, up to each partition's offset."""


class Ledger(Protocol):
    """The database of a service. Every method raises Unavailable when it cannot be reached."""

    def claim(self, partitions: Sequence[Partition]) -> dict[Partition, Claim]:
        """Raise the epoch of each partition: from now on, only this process writes for it."""

    def begin_at(self, offsets: Mapping[Partition, int]) -> None:
        """Set the first offset of partitions that nobody has ever written for."""

    def journal(self, partitions: Sequence[Partition]) -> list[JournalRow]:
        """What may not have reached Kafka, in the order in which it was written, whatever its partition."""

    def progress(self, partitions: Sequence[Partition]) -> dict[Partition, tuple[int, int]]:
        """Epoch and next offset of each partition, whoever owns it."""

    def work(self) -> AbstractContextManager[Work]:
        """A transaction: committed at the end of the block, rolled back if the block raises.

        Raises Unavailable when the connection is lost, also during the commit: then its outcome is unknown.
        """

    def is_record_fault(self, error: Exception) -> bool:
        """Whether a record can be the cause (its data), rather than the moment (a deadlock, a time-out)."""
