"""Whether the work goes on: judged by what moves, not by the process being there."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from leadline.delivery.status import Status
from leadline.runtime.logs import log

STILL_SECONDS: Final = 20.0  # a watch that looks every second ends the process well within 30 s
JOIN_SECONDS: Final = 30.0  # to start: a member that has died is waited for, up to its session's 10 s


class Position(NamedTuple):
    """Where a partition stands: fetched up to, handed on up to, committed up to, and where the readable log ends."""

    fetched: int
    taken: int
    committed: int
    end: int

    @property
    def is_behind(self) -> bool:
        """Whether something is left to fetch, to decide or to commit."""
        return self.fetched < self.end or self.committed < self.taken


@dataclass(slots=True)
class DeliverStatus(Status):
    """What the delivering process knows of itself. `unfinished` counts the ledger's rows by state."""

    unfinished: Mapping[str, int] = field(default_factory=dict)
    overdue_seconds: float = 0.0
    positions: Mapping[str, Position] = field(default_factory=dict)
    started_at: float = field(default_factory=time.monotonic)
    dispatched_at: float = field(default_factory=time.monotonic)
    moved_at: float = field(default_factory=time.monotonic)

    @property
    def is_alive(self) -> bool:
        """Whether both loops have got on within the last 20 s, and the start took no longer than 30 s."""
        now = time.monotonic()
        still = now - min(self.dispatched_at, self.moved_at, self.last_turn_seconds)
        return still < STILL_SECONDS if self.has_joined else now - self.started_at < JOIN_SECONDS

    @property
    def uncommitted(self) -> int:
        """How many offsets lie between what was taken and what is committed, markers of transactions included."""
        return sum(max(0, each.taken - each.committed) for each in self.positions.values())

    def dispatched(self) -> None:
        """Say that the ledger was looked at."""
        self.dispatched_at = time.monotonic()

    def database_is_away(self, error: str) -> None:
        """Say that the ledger could not be reached; it is told when that is news."""
        if self.database_available:
            log("ledger_unavailable", error=error)
        self.database_available = False

    def observe(self, positions: Mapping[str, Position], *, flows: bool) -> None:
        """Say where the partitions stand, and whether records would come if there were any; to be called every second.

        All partitions are looked at together: one that stands still beside others that move waits for its turn. While
        the database is away everything waits, and nothing is stuck.
        """
        now = self.last_turn_seconds = time.monotonic()
        rests = flows and not any(each.is_behind for each in positions.values())
        if positions != self.positions or rests or not self.database_available:
            self.moved_at = now
        self.positions = dict(positions)
        self.assigned_partitions = len(positions)

    def joined(self) -> None:
        """Say that the start is over."""
        self.has_joined = True
        self.moved_at = self.last_turn_seconds = self.dispatched_at = time.monotonic()

    def count(self, outcomes: Iterable[tuple[str, str]]) -> None:
        """Count deliveries by state and channel."""
        for each in outcomes:
            self.outcomes[each] += 1
