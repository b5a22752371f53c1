"""Tells the partitions that this process works on how late it is, so that a silence is noticed when nothing happens.

Best effort: a tick that could not be written is made up for by the next one. Several processes may tick one partition.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from leadline.delivery.engine import Engine
from leadline.errors import Unavailable
from leadline.operations.ticks import TOPIC, write_tick
from leadline.runtime.settings import Settings

SOURCE: Final = "/leadline/notifier"
FIRST_SECONDS: Final = 60.0
# Dormancy is a matter of days, and ticks are kept for ever: some 50,000 a year for each partition.
INTERVAL_SECONDS: Final = 600.0


def start_ticker(settings: Settings, engine: Engine) -> None:
    """Tick in a thread that ends with the process."""

    def tell(partitions: Sequence[int]) -> None:
        write_tick(settings, SOURCE, datetime.now(UTC), partitions)

    stop = threading.Event()  # never set: the thread ends with the process
    wait = stop.wait
    threading.Thread(target=keep_ticking, args=(lambda: engine.owned(TOPIC), tell, wait), name="ticker", daemon=True).start()


def keep_ticking(
    owned: Callable[[], Sequence[int]], tell: Callable[[Sequence[int]], None], wait: Callable[[float], bool]
) -> None:
    """Tell the owned partitions the time again and again; `wait` gives True when it is to end."""
    seconds = FIRST_SECONDS
    while not wait(seconds):
        seconds = INTERVAL_SECONDS
        if partitions := owned():
            try:
                tell(partitions)
            except Unavailable:
                seconds = FIRST_SECONDS
