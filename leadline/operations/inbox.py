"""One person's inbox: what the pages show, newest first, and what was read of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from leadline.postgres.pool import connect
from leadline.postgres.queries import load_queries

SCHEMA: Final = "notifier"


class Wanted(NamedTuple):
    """Which part of an inbox; `before` is the id of the last notification of the page before."""

    recipient: str
    unread: bool = False
    before: str | None = None
    limit: int = 50


def inbox(url: str, wanted: Wanted) -> list[dict[str, Any]]:
    """Notifications by time, newest first, what was withdrawn among them; `unread` leaves out read and withdrawn ones."""
    return _rows(url, "find_inbox", wanted._asdict())


def mark_read(url: str, recipient: str, ids: Sequence[str], *, every: bool = False) -> list[str]:
    """Note that a person has read these (`every`: all there are now); gives those that were not read before."""
    rows = _rows(url, "mark_read", {"recipient": recipient, "ids": list(ids), "every": every})
    return sorted(row["notification_id"] for row in rows)


def _rows(url: str, name: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    query = load_queries(Path(__file__).with_name("inbox.sql"))[name].encode()
    with connect(url, SCHEMA) as connection:
        return connection.execute(query, parameters).fetchall()
