"""SIGKILL and SIGSTOP at random, with rests in between; the same seed gives the same plan."""

from __future__ import annotations

import random
import secrets
import signal
import threading
import time
from collections import Counter
from collections.abc import Sequence

from tests.scenarios.harness.instance import Instance

PAUSES_SECONDS = (1.0, 4.0)
FREEZES_SECONDS = (2.0, 9.0)
FROZEN = 0.3
"""The share of faults that freeze instead of killing."""


def new_seed() -> int:
    """A seed for this run, printed so that it can be run again."""
    seed = secrets.randbelow(1_000_000)
    print(f"seed {seed}")
    return seed


class Chaos:
    """Disturbs instances; `story` is what it did when, `counts` how often it did what."""

    def __init__(self, seed: int, victims: Sequence[Instance]) -> None:
        self._random = random.Random(seed)
        self._victims = victims
        self._began = time.monotonic()
        self.story: list[str] = [f"seed {seed}"]
        self.counts: Counter[str] = Counter()

    def run(self, seconds: float) -> None:
        """Disturb for that long; at the end nobody is frozen any more."""
        deadline = time.monotonic() + seconds
        wakings: list[threading.Timer] = []
        while time.monotonic() < deadline:
            threading.Event().wait(self._random.uniform(*PAUSES_SECONDS))
            victim = self._random.choice(self._victims)
            if self._random.random() < FROZEN:
                wakings.append(self._freeze(victim))
            else:
                self._send(victim, signal.SIGKILL)
        for waking in wakings:
            waking.join()

    def _freeze(self, victim: Instance) -> threading.Timer:
        self._send(victim, signal.SIGSTOP)
        waking = threading.Timer(self._random.uniform(*FREEZES_SECONDS), self._send, (victim, signal.SIGCONT))
        waking.start()
        return waking

    def _send(self, victim: Instance, number: signal.Signals) -> None:
        victim.signal(number)
        self.counts[number.name] += 1
        self.story.append(f"{time.monotonic() - self._began:.1f} s {number.name} {victim.log.stem}")
