"""Keeps what users say of themselves, in PostgreSQL: nothing where a batch says nothing, else a fixed number of statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from leadline.delivery.handler import Transaction
from leadline.postgres.queries import load_queries
from services.notifier.domain.wish import Wishes

Rows = Sequence[Mapping[str, Any]]


class WishesStore:
    """Writes through the transaction that it is given, and commits nothing. An older word changes nothing."""

    def __init__(self) -> None:
        self._queries = load_queries(Path(__file__).with_name("wishes.sql"))

    def save(self, transaction: Transaction, wishes: Wishes) -> None:
        """Preferences, channels, subscriptions and teams."""
        self._write_whole(
            transaction, ("write_recipients", "drop_channels", "write_channels"), wishes.recipients, wishes.channels
        )
        self._write_whole(transaction, ("write_teams", "drop_members", "write_members"), wishes.teams, wishes.members)
        if wishes.subscriptions:
            transaction.execute(self._queries["write_subscriptions"], {"rows": _json(wishes.subscriptions)})

    def _write_whole(self, transaction: Transaction, names: tuple[str, str, str], things: Rows, parts: Rows) -> None:
        """Things that are said as a whole: of each that was written, the parts before go and these come."""
        if not things:
            return
        write, drop, add = (self._queries[name] for name in names)
        rows = transaction.execute(write, {"rows": _json(things)}).fetchall()
        written = [id for row in rows for id in row.values()]
        transaction.execute(drop, {"ids": written})
        transaction.execute(add, {"rows": _json(parts), "ids": written})


def _json(rows: Rows) -> str:
    return orjson.dumps(rows).decode()
