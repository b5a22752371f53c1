"""Waiting for what is to come true, and asking whether a process is there: for every test."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import psycopg


def until(true: Callable[[], object], seconds: float = 15.0, what: str = "true") -> None:
    """Return when it is so; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"after {seconds:g} s still not {what}"
        time.sleep(0.02)


def until_blocked(url: str) -> None:
    """Return when somebody in this database waits for a lock."""
    query = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with psycopg.connect(url, autocommit=True) as connection:
        until(lambda: connection.execute(query).fetchone(), 10, "waiting for a lock")


def lives(pid: int) -> bool:
    """Whether a process of this id is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
