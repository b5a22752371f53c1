"""A projector on a real database, driven record by record."""

from __future__ import annotations

from typing import Any

from leadline.delivery.record import Record
from leadline.postgres.ledger import PostgresLedger
from leadline.postgres.migrate import migrate
from leadline.postgres.pool import connect
from services.projector.handler import ProjectorHandler
from services.projector.reading import read
from services.projector.store import StatusStore
from tests.unit.service_records import (
    messages,
)


class Projector:
    """The handler on a database, a transaction for each call."""

    def __init__(self, url: str) -> None:
        migrate(url, "projector")
        self._url = url
        self._ledger = PostgresLedger(url, "projector", "projector", "")
        self._handler = ProjectorHandler(StatusStore())

    def take(self, *records: Record) -> None:
        with self._ledger.work() as work:
            self._handler.handle(work, messages(read, records))

    def take_unfinished(self, work: Any, *records: Record) -> None:
        self._handler.handle(work, messages(read, records))

    def close(self) -> None:
        self._ledger.close()

    def work(self) -> Any:
        return self._ledger.work()

    def rows(self, query: str) -> list[dict[str, Any]]:
        with connect(self._url, "projector") as connection:
            return connection.execute(query.encode()).fetchall()

    def run(self, statement: str) -> None:
        with connect(self._url, "projector") as connection:
            connection.execute(statement.encode())

    def row(self, query: str) -> dict[str, Any]:
        (found,) = self.rows(query)
        return found
