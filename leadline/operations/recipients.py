"""What the notifier knows of one user: preferences, channels, subscriptions, teams. Reads only, all as of one moment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from leadline.postgres.pool import connect
from leadline.postgres.queries import load_queries

SERVICE: Final = "notifier"


def recipient(url: str, user_id: str) -> Mapping[str, Any] | None:
    """The preferences, with `channels`, `subscriptions` (those of the user's teams too) and `teams`; None: nothing is known."""
    queries = load_queries(Path(__file__).with_name("recipients.sql"))
    with connect(url, SERVICE) as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        found = {name: connection.execute(text.encode(), {"user_id": user_id}).fetchall() for name, text in queries.items()}
    if not any(found.values()):
        return None
    preferences = found["recipient"][0] if found["recipient"] else {"user_id": user_id}
    parts = {name: found[name] for name in ("channels", "subscriptions")}
    return {**preferences, **parts, "teams": [row["team_id"] for row in found["teams"]]}
