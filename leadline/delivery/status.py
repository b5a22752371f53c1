"""What a running engine knows of itself, for health checks and metrics. Written by the engine, read by anybody."""

from __future__ import annotations

import time
from collections import Counter
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
