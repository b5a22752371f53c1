"""Logs as events with a fixed name and fields, one line each on stderr, without personal data."""

from __future__ import annotations

import logging
import sys
import time
from typing import Any, Final

import structlog

PAUSE_SECONDS: Final = 10.0


def configure_logs(service: str, instance: str, log_format: str) -> None:
    """Set the process's logs up: `json` for machines, `text` for people."""
    renderer: Any = structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service, instance=instance)


class RareLog:
    """Logs what a client library says again and again at most every ten seconds for each code."""

    def __init__(self, event: str) -> None:
        self._event = event
        self._said: dict[str, float] = {}

    def __call__(self, error: Any) -> None:
        """An error as confluent-kafka hands it to `error_cb`."""
        code, now = str(error.name()), time.monotonic()
        if now - self._said.get(code, -PAUSE_SECONDS) >= PAUSE_SECONDS:
            self._said[code] = now
            log(self._event, code=code, text=error.str())


def log(event: str, **fields: Any) -> None:
    """Write one event."""
    structlog.get_logger().info(event, **fields)
