"""The converter's handler on a real PostgreSQL, a transaction for each call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from leadline.delivery.isolate import handle_isolated
from leadline.delivery.message import Attempt, Failure, Message, Outcome, Rung
from leadline.delivery.order import waves
from leadline.delivery.record import Origin, Outgoing, Record
from leadline.delivery.trail import Trail
from leadline.errors import Rejected
from leadline.postgres.ledger import PostgresLedger
from leadline.postgres.migrate import migrate
from leadline.postgres.pool import connect
from services.converter.handler import ConverterHandler
from tests.unit.converter_records import ADA, lead_event, read

SECONDS = 10.0
START = 1_790_000_000
LATER = START + 10_000_000
"""A clock that begins so is later than everything that records say."""


class Converter:
    """The handler on a database, a transaction for each call, in the waves in which the engine hands records on."""

    def __init__(self, url: str, start: int = START, **options: Any) -> None:
        migrate(url, "converter")
        self.url = url
        self.ledger = PostgresLedger(url, "converter", "converter", "")
        seconds = iter(range(10**6))
        self._handler = ConverterHandler(clock=lambda: datetime.fromtimestamp(start + next(seconds), UTC), **options)

    def take(self, *records: Record, **state: Any) -> list[Outcome]:
        with self.ledger.work() as work:
            return self.take_unfinished(work, *records, **state)

    def take_unfinished(self, work: Any, *records: Record, **state: Any) -> list[Outcome]:
        messages = [self.message(record, **state) for record in records]
        outcomes: dict[int, Outcome] = {}
        for wave in waves(messages):
            decided = handle_isolated(self._handler, work, wave, self.ledger.is_record_fault)
            outcomes |= {id(message): outcome for message, outcome in zip(wave, decided, strict=True)}
        return [outcomes[id(message)] for message in messages]

    def message(self, record: Record, *, attempt: int = 1, replays: int = 0, rung: Rung | None = None) -> Message:
        origin = Origin(record.topic, record.partition, record.offset, record.timestamp_ms)
        return Message(record, origin, Attempt(attempt, replays, None), rung, self._handler.decode(record))

    def refuse(self, record: Record) -> list[Outgoing]:
        """As the engine does with a record that cannot be decoded."""
        with pytest.raises(Rejected) as refused:
            self._handler.decode(record)
        trail = Trail(record, Origin(*record[:4]), Attempt(1, 0, None))
        with self.ledger.work() as work:
            return self._handler.on_rejected(work, trail, Failure(refused.value.code, refused.value.message))

    def rows(self, query: str) -> list[dict[str, Any]]:
        with connect(self.url, "converter") as connection:
            return connection.execute(query.encode()).fetchall()

    def one(self, query: str) -> Mapping[str, Any]:
        (row,) = self.rows(query)
        return row


@contextmanager
def open_converter(url: str, **options: Any) -> Iterator[Converter]:
    converter = Converter(url, **options)
    try:
        yield converter
    finally:
        converter.ledger.close()


def qualified(lead_id: str = "L-1", **fields: Any) -> list[Record]:
    return [lead_event("created", lead_id=lead_id, **{**ADA, **fields}), lead_event("qualified", lead_id=lead_id, second=1)]


def told(outcomes: Sequence[Outcome]) -> list[str]:
    return [read(out)[0] for outcome in outcomes for out in outcome.emit]


def error(outcome: Outcome) -> Any:
    """The error of a failure that is told as the only thing."""
    ((kind, body),) = [read(out) for out in outcome.emit]
    assert kind == "conversion.failed"
    return body.error


class Counting:
    """A transaction that counts its statements."""

    def __init__(self, work: Any) -> None:
        self._work = work
        self.count = 0

    def __getattr__(self, name: str) -> Any:
        self.count += name in ("execute", "copy")
        return getattr(self._work, name)
