"""The ledger of deliveries in PostgreSQL: a fixed number of statements for any number of letters.

Several instances may work on it: a delivery is claimed with a lease, by one of them at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_loads

from leadline.errors import Unavailable
from leadline.postgres.ledger import is_record_fault
from leadline.postgres.pool import connection_info
from leadline.postgres.queries import load_queries
from services.notifier.deliver.addresses import Addresses
from services.notifier.domain.delivery import Verdict
from services.notifier.domain.digest import DIGEST_TYPE, Waiting, digest_columns, gather, held_columns
from services.notifier.domain.letter import Delivery, Enclosed, Letter, Withdrawal
from services.notifier.domain.notice import ERASED_TEXT
from services.notifier.domain.plan import Plan

SCHEMA: Final = "notifier"
LEASE_SECONDS: Final = 60.0
GATHER_MOST: Final = 200  # digests of one transaction


class Rooms(NamedTuple):
    """How many deliveries may be claimed: `most` of all, on each route as many as its channel allows or `rooms` says."""

    most: int
    limits: Mapping[str, int]
    rooms: Mapping[str, int]


class Settled(NamedTuple):
    """An attempt that has been decided."""

    delivery: Delivery
    verdict: Verdict


class DeliveryStore:
    """One connection, for one task at a time; opened anew after any loss."""

    def __init__(self, url: str, instance: str) -> None:
        self._url = url
        self._instance = instance
        self._queries = load_queries(Path(__file__).with_name("store.sql"))
        self._addresses = Addresses()
        self._connection: psycopg.AsyncConnection[DictRow] | None = None

    async def record(self, letters: Sequence[Letter], withdrawals: Sequence[Withdrawal], plan: Plan) -> None:
        """Write letters with their deliveries, then withdrawals, in one transaction. What is there already stays as it is.

        Raises Unavailable for a fault of the moment, ValueError where a letter cannot be stored.
        """
        async with self._work() as connection:
            if letters:
                await self._execute(connection, "lock_letters", {})
                found = await self._addresses.find(connection, {letter.recipient for letter in letters})
                rows = await self._execute(connection, "write_letters", plan.letter_columns(letters, found))
                fresh = {row["notification_id"] for row in rows}
                await self._execute(connection, "erase_letters", {"ids": sorted(fresh), "text": ERASED_TEXT})
                await self._execute(connection, "write_inbox", {"ids": sorted(fresh)})
                await self._execute(connection, "write_deliveries", plan.delivery_columns(letters, fresh, found))
            if withdrawals:
                parameters = {"ids": [each.notification_id for each in withdrawals], "at": [each.at for each in withdrawals]}
                for name in ("withdraw_letters", "withdraw_inbox", "cancel_deliveries"):
                    await self._execute(connection, name, parameters)

    async def claim(self, rooms: Rooms) -> list[Delivery]:
        """Take what is due and there is room for; each is this instance's until it is settled or its lease ends."""
        parameters = {
            "instance": self._instance,
            "lease_seconds": LEASE_SECONDS,
            "most": rooms.most,
            "scan": rooms.most * 4,
            "channels": list(rooms.limits),
            "limits": list(rooms.limits.values()),
            "routes": list(rooms.rooms),
            "rooms": list(rooms.rooms.values()),
            "closed": [route for route, room in rooms.rooms.items() if room <= 0],
        }
        async with self._work() as connection:
            rows = await self._execute(connection, "claim", parameters)
            claimed = await self._addresses.with_secrets(connection, [Delivery(**row) for row in rows])
            return await self._with_enclosed(connection, claimed)

    async def gather(self) -> None:
        """Put what waits for a digest that is due into one, before it is sent; does nothing beside another instance.

        What a digest holds is final from then on: a later attempt holds the same under the same id.
        """
        async with self._work() as connection:
            if not (await self._execute(connection, "lock_digests", {}))[0]["is_ours"]:
                return
            rows = await self._execute(connection, "find_waiting_for_digests", {"most": GATHER_MOST})
            if rows:
                digests = gather(Waiting(**row) for row in rows)
                for name in ("write_digest_letters", "write_digest_deliveries"):
                    await self._execute(connection, name, digest_columns(digests))
                await self._execute(connection, "close_digests", held_columns(digests))

    async def settle(self, attempts: Sequence[Settled]) -> None:
        """Note what became of attempts; those that are this instance's no longer are left alone."""
        parameters = {
            "instance": self._instance,
            "ids": [each.delivery.delivery_id for each in attempts],
            "attempts": [each.delivery.attempts for each in attempts],
            "states": [each.verdict.state for each in attempts],
            "delays": [each.verdict.delay_seconds for each in attempts],
            "errors": [each.verdict.error for each in attempts],
        }
        async with self._work() as connection:
            await self._execute(connection, "settle", parameters)

    async def give_up_leases(self, most_attempts: int, *, own: bool = False) -> None:
        """Make unknown what was claimed by who has ended; with `own`, also by an earlier process of this instance."""
        ended = self._instance if own else None
        async with self._work() as connection:
            await self._execute(connection, "give_up_leases", {"most_attempts": most_attempts, "ended_instance": ended})

    async def counts(self) -> tuple[dict[str, int], float]:
        """How many deliveries are in each unfinished state, and by how many seconds the oldest is overdue."""
        async with self._work() as connection:
            rows = await self._execute(connection, "count_by_state", {})
        overdue = max((row["overdue_seconds"] for row in rows), default=0.0)
        return {row["state"]: row["number"] for row in rows}, max(0.0, overdue)

    async def _with_enclosed(self, connection: psycopg.AsyncConnection[DictRow], claimed: Sequence[Delivery]) -> list[Delivery]:
        """The deliveries, digests with what they hold."""
        ids = [each.delivery_id for each in claimed if each.type == DIGEST_TYPE]
        enclosed: defaultdict[str, list[Enclosed]] = defaultdict(list)
        for row in await self._execute(connection, "find_enclosed", {"ids": ids}) if ids else ():
            enclosed[row["digest_id"]].append(Enclosed(**row))
        return [each._replace(enclosed=tuple(enclosed[each.delivery_id])) for each in claimed]

    async def close(self) -> None:
        """Leave the database."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    @asynccontextmanager
    async def _work(self) -> AsyncIterator[psycopg.AsyncConnection[DictRow]]:
        """A transaction; after any error the connection is not used again."""
        try:
            connection = await self._connect()
            async with connection.transaction():
                yield connection
        except psycopg.Error as error:
            await self.close()
            text = str(error).splitlines()[0] if str(error) else type(error).__name__
            if is_record_fault(error):
                raise ValueError(text) from error
            raise Unavailable(text) from error

    async def _connect(self) -> psycopg.AsyncConnection[DictRow]:
        if self._connection is None or self._connection.closed:
            info = connection_info(self._url, SCHEMA)
            self._connection = await psycopg.AsyncConnection.connect(info, autocommit=True, row_factory=dict_row)
            set_json_loads(orjson.loads, self._connection)
        return self._connection

    async def _execute(
        self, connection: psycopg.AsyncConnection[DictRow], name: str, parameters: Mapping[str, Any]
    ) -> list[DictRow]:
        cursor = await connection.execute(self._queries[name].encode(), parameters)
        return await cursor.fetchall() if cursor.description else []
