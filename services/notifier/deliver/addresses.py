"""Who is to be reached how: the one reader of the tables `recipient` and `recipient_channel`, which *decide* writes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from leadline.postgres.queries import load_queries
from services.notifier.domain.letter import Address, Delivery

DEFAULT_LANGUAGE: Final = "en"


class Asking(Protocol):
    """A connection that can be asked."""

    async def execute(self, query: bytes, params: Mapping[str, Any]) -> Any:
        """Run one statement and give a cursor."""


class Addresses:
    """Asks through the connection that it is given."""

    def __init__(self) -> None:
        self._queries = load_queries(Path(__file__).with_name("addresses.sql"))

    async def find(self, connection: Asking, user_ids: Collection[str]) -> list[Address]:
        """Every address in use of these people; whoever is not among them has an inbox only."""
        rows = await self._rows(connection, "find_channels", user_ids)
        return [
            Address(row["user_id"], row["language"] or DEFAULT_LANGUAGE, row["channel"] or "", row["address"] or "")
            for row in rows
        ]

    async def with_secrets(self, connection: Asking, deliveries: Iterable[Delivery]) -> list[Delivery]:
        """The deliveries with the secrets that their addresses have now, so that a rotation counts for repeats too."""
        wanted = list(deliveries)
        rows = await self._rows(connection, "find_secrets", {each.recipient for each in wanted})
        secrets = {(row["user_id"], row["channel"], row["address"]): tuple(row["secrets"]) for row in rows}
        return [each._replace(secrets=secrets.get((each.recipient, each.channel, each.address))) for each in wanted]

    async def _rows(self, connection: Asking, name: str, user_ids: Collection[str]) -> list[Mapping[str, Any]]:
        if not user_ids:
            return []
        cursor = await connection.execute(self._queries[name].encode(), {"user_ids": sorted(user_ids)})
        rows: list[Mapping[str, Any]] = await cursor.fetchall()
        return rows
