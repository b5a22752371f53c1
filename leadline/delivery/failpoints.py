"""Exact crash points for tests: off unless LEADLINE_FAILPOINTS arms them, such as `after-database-commit=3:kill`."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from typing import Final, NamedTuple

from leadline.errors import SetupError

NAMES: Final = (
    "after-poll",
    "before-database-commit",
    "after-database-commit",
    "before-kafka-commit",
    "after-kafka-commit",
    "on-assign",
    "on-revoke",
)
SLEEP_SECONDS: Final = 2.0
ACTIONS: Final = ("kill", "stop", "raise", "sleep")


class FailpointError(RuntimeError):
    """Raised by a failpoint that was told to."""


class Armed(NamedTuple):
    """What happens at the nth time (from 1) that a failpoint is passed."""

    nth: int
    action: str


class Failpoints:
    """Counts how often each named point is passed and acts at the one that was asked for."""

    def __init__(self, specification: str = "") -> None:
        """Arm from `name=nth:kill|stop|raise|sleep`, comma between; raises SetupError for anything else."""
        self._armed = dict(_parse(part) for part in specification.split(",") if part.strip())
        self._passed: Counter[str] = Counter()

    def pass_by(self, name: str) -> None:
        """Say that the point `name` is passed now."""
        armed = self._armed.get(name)
        if armed is None:
            return
        self._passed[name] += 1
        if self._passed[name] == armed.nth:
            sys.stderr.write(f"failpoint {name} passed {armed.nth} times: {armed.action}\n")
            sys.stderr.flush()
            _act(name, armed.action)


def _parse(part: str) -> tuple[str, Armed]:
    name, _, order = part.strip().partition("=")
    nth, _, action = order.partition(":")
    if name not in NAMES or not nth.isdigit() or int(nth) < 1 or action not in ACTIONS:
        message = (
            f"LEADLINE_FAILPOINTS: {part.strip()!r} is not name=nth:action; "
            f"names: {', '.join(NAMES)}; actions: {', '.join(ACTIONS)}"
        )
        raise SetupError(message)
    return name, Armed(int(nth), action)


def _act(name: str, action: str) -> None:
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif action == "sleep":
        time.sleep(SLEEP_SECONDS)
    else:
        raise FailpointError(name)
