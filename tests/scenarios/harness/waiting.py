"""Waiting for what is to come true, never for a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

PAUSE_SECONDS = 0.05


def wait_until(is_so: Callable[[], object], *, seconds: float, what: str) -> None:
    """Ask until it is so; raises AssertionError that says what did not come true."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"after {seconds:g} s still not: {what}"
        _pause()


def assert_stays(is_so: Callable[[], object], *, seconds: float, what: str) -> None:
    """Ask for that long; raises AssertionError as soon as it is so no longer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert is_so(), f"no longer: {what}"
        _pause()


def _pause() -> None:
    threading.Event().wait(PAUSE_SECONDS)
