"""When to restart what has ended."""

from __future__ import annotations

from dataclasses import dataclass

_LONG_RUN_SECONDS = 5.0
_DELAYS_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 10.0)


@dataclass
class Backoff:
    """How long to wait before the next restart: not at all after a long run, else longer each time, up to 10 s."""

    short_runs: int = 0

    def delay_seconds(self, ran_seconds: float) -> float:
        """The wait after a run of `ran_seconds` that failed; counts it."""
        if ran_seconds > _LONG_RUN_SECONDS:
            self.short_runs = 0
            return 0.0
        delay = _DELAYS_SECONDS[min(self.short_runs, len(_DELAYS_SECONDS) - 1)]
        self.short_runs += 1
        return delay
