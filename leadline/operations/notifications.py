"""What operators see and do with deliveries: the notifier's ledger, read, and the guarded way to send again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from leadline.postgres.pool import connect
from leadline.postgres.queries import load_queries

SCHEMA: Final = "notifier"
STATES: Final = ("scheduled", "claimed", "sent", "confirmed", "unknown", "dead", "cancelled", "gathered")
RESENDABLE: Final = ("dead", "unknown")


class Wanted(NamedTuple):
    """Which deliveries; None: any."""

    state: str | None = None
    channel: str | None = None
    recipient: str | None = None
    notification_id: str | None = None
    limit: int = 100


def deliveries(url: str, wanted: Wanted) -> list[dict[str, Any]]:
    """Rows of the ledger, newest letter first."""
    return _rows(url, "list_deliveries", wanted._asdict())


def letter(url: str, notification_id: str) -> dict[str, Any] | None:
    """A notification with its text, and when it was read; None where there is none."""
    found = _rows(url, "find_letter", {"notification_id": notification_id})
    return found[0] if found else None


def resend(url: str, ids: Sequence[str], *, every: bool, dry_run: bool) -> list[str]:
    """Send dead and unknown deliveries again, under the message ids that they have; gives those ids.

    `ids` are of notifications or deliveries; `every` takes all. Receivers that keep message ids are not told twice.
    """
    found = _rows(url, "find_resendable", {"ids": list(ids), "every": every, "states": list(RESENDABLE)})
    chosen = [row["delivery_id"] for row in found]
    if chosen and not dry_run:
        with connect(url, SCHEMA) as connection:
            connection.execute(_query("resend"), {"ids": chosen, "states": list(RESENDABLE)})
    return chosen


def _rows(url: str, name: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    with connect(url, SCHEMA) as connection:
        return connection.execute(_query(name), parameters).fetchall()


def _query(name: str) -> bytes:
    return load_queries(Path(__file__).with_name("notifications.sql"))[name].encode()
