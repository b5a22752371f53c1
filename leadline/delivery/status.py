"""What a running engine knows of itself, for health checks and metrics. Written by the engine, read by anybody."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

STILL_SECONDS: Final = 30.0


@dataclass(slots=True)
class Status:
    """Plain numbers; a reader may see one of them a moment before another."""

    assigned_partitions: int = 0
    has_joined: bool = False
    database_available: bool = True
    last_turn_seconds: float = field(default_factory=time.monotonic)
    records_in: int = 0
    records_out: int = 0
    batches: int = 0
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often each (outcome, error code) came: outcome is done, retry, held-back or dead-letter."""

    @property
    def is_alive(self) -> bool:
        """Whether the loop has turned within the last 30 seconds; asks nobody."""
        return time.monotonic() - self.last_turn_seconds < STILL_SECONDS

    @property
    def is_ready(self) -> bool:
        """Whether this process takes part in the work."""
        return self.has_joined and self.database_available and self.is_alive


def merge(parts: Sequence[Status]) -> Status:
    """What several engines are together: their sums, as alive and as ready as the least of them."""
    return Status(
        assigned_partitions=sum(part.assigned_partitions for part in parts),
        has_joined=all(part.has_joined for part in parts),
        database_available=all(part.database_available for part in parts),
        last_turn_seconds=min(part.last_turn_seconds for part in parts),
        records_in=sum(part.records_in for part in parts),
        records_out=sum(part.records_out for part in parts),
        batches=sum(part.batches for part in parts),
        outcomes=sum((part.outcomes for part in parts), Counter()),
    )
