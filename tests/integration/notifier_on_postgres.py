"""The notifier's handler on a real PostgreSQL, a transaction for each call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from leadline.delivery.message import Done
from leadline.delivery.record import Outgoing, Record
from leadline.postgres.ledger import PostgresLedger
from leadline.postgres.migrate import migrate
from leadline.postgres.pool import connect
from services.notifier.handler import NotifierHandler
from services.notifier.reading import read
from services.notifier.store import NotifierStore
from tests.unit.service_records import message

DORMANT_AFTER = timedelta(seconds=100)


class Notifier:
    """The handler on a database, a transaction for each call."""

    def __init__(self, url: str) -> None:
        migrate(url, "notifier")
        self._url = url
        self._ledger = PostgresLedger(url, "notifier", "notifier", "")

    def close(self) -> None:
        self._ledger.close()

    def take(self, *records: Record, replays: int = 0) -> list[Outgoing]:
        with self._ledger.work() as work:
            return self.take_unfinished(work, *records, replays=replays)

    def take_unfinished(self, work: Any, *records: Record, replays: int = 0) -> list[Outgoing]:
        handler = NotifierHandler(
            NotifierStore(), dormant_after=DORMANT_AFTER
        )  # a new one for each call: nothing is remembered in it
        outcomes = handler.handle(work, [message(read, each, replays=replays) for each in records])
        return [emitted for outcome in outcomes if isinstance(outcome, Done) for emitted in outcome.emit]

    def work(self) -> Any:
        return self._ledger.work()

    def rows(self, query: str) -> list[dict[str, Any]]:
        with connect(self._url, "notifier") as connection:
            return connection.execute(query.encode()).fetchall()

    def forget(self) -> None:
        """Empty every table of the notifier's own."""
        own = "customer, waiting_order, first_order, customer_order, notification, subscription, team, team_member, reminder"
        with connect(self._url, "notifier") as connection:
            connection.execute(f"TRUNCATE {own}, recipient, recipient_channel, stage_tick, reverted_conversion".encode())

    def count(self, table: str) -> int:
        (row,) = self.rows(f"SELECT count(*) AS n FROM {table}")
        return int(row["n"])


@contextmanager
def open_notifier(url: str) -> Iterator[Notifier]:
    notifier = Notifier(url)
    try:
        yield notifier
    finally:
        notifier.close()


class Counting:
    """A transaction that keeps the text of its statements."""

    def __init__(self, work: Any) -> None:
        self._work = work
        self.queries: list[str] = []

    def execute(self, query: str, parameters: Any = None) -> Any:
        self.queries.append(query)
        return self._work.execute(query, parameters)
