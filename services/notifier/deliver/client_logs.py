"""What Faust and aiokafka have to say, as events of ours, and each of them at most every ten seconds."""

from __future__ import annotations

import logging
import time

from leadline.runtime.logs import PAUSE_SECONDS, log


class RareHandler(logging.Handler):
    """Repeats of one sentence of one logger are left out for a while, whatever values it has."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._said: dict[tuple[str, str], float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Tell it, unless it was told just now."""
        sentence, now = (record.name, str(record.msg)), time.monotonic()
        if now - self._said.get(sentence, -PAUSE_SECONDS) >= PAUSE_SECONDS:
            self._said[sentence] = now
            log("client_trouble", source=record.name, text=record.getMessage())


def tell_rarely() -> None:
    """From now on, everything that libraries log goes this way."""
    logging.getLogger().addHandler(RareHandler())
