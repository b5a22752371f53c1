"""The engine's tables on psycopg: who may write for a partition, what may still have to leave, who waits in retry."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.rows import DictRow

from leadline.contracts.topics import bare_name, full_name
from leadline.delivery.ports import Claim, JournalRow, Partition, ReplayOutcome, Step, Waiting
from leadline.errors import Unavailable
from leadline.postgres.pool import connect
from leadline.postgres.queries import load_queries

# What is tried again as a whole, because the moment is at fault and not a record: deadlock, serialization, locks,
# time-outs, resources, shutdown. https://www.postgresql.org/docs/18/errcodes-appendix.html
_MOMENT: Final = ("08", "40", "53", "55", "57", "58")
# And what is wrong with the installation: a missing table, column, function, schema or privilege.
_MOMENT_STATES: Final = (
    "42501",
    "42P01",
    "42703",
    "42883",
    "3F000",
    "25P02",
    "25P03",
    "25P04",
    "25006",
)  # the last: read only, as a replica before it takes over


def is_record_fault(error: Exception) -> bool:
    """Whether a record's data can be the cause; anything that is no database error can."""
    if not isinstance(error, psycopg.Error):
        return True
    state = error.sqlstate
    if state is None:  # found by the client: a lost connection, or a value that it cannot send
        return not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return not state.startswith(_MOMENT) and state not in _MOMENT_STATES


class PostgresWork:
    """One open transaction."""

    def __init__(self, connection: psycopg.Connection[DictRow], names: _Names) -> None:
        self._connection = connection
        self._names = names
        self._queries = names.queries

    def execute(self, query: str, parameters: Any = None) -> psycopg.Cursor[DictRow]:
        """Run one statement."""
        return self._connection.execute(query.encode(), parameters)

    def copy(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Write rows by COPY ... FROM STDIN."""
        with self._connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            for row in rows:
                copy.write_row(row)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what happens inside if it raises."""
        with self._connection.transaction():
            yield

    def advance(self, steps: Sequence[Step]) -> int:
        """Move the partitions on where they are still ours."""
        parameters = self._names.of(step.partition for step in steps) | {
            "epochs": [step.epoch for step in steps],
            "before": [step.before for step in steps],
            "after": [step.after for step in steps],
        }
        return self.execute(self._queries["advance"], parameters).rowcount

    def waiting(self, order_keys: Sequence[str]) -> list[Waiting]:
        """The records in retry that have one of these keys."""
        rows = self.execute(self._queries["waiting"], {"keys": list(order_keys)})
        return [Waiting(r["origin"], r["order_key"], r["goes_first"], r["sequence"], r["rung"]) for r in rows]

    def save_waiting(self, rows: Sequence[Waiting]) -> None:
        """Note where records wait now."""
        parameters = {
            "origins": [row.origin for row in rows],
            "keys": [row.order_key for row in rows],
            "first": [row.goes_first for row in rows],
            "rungs": [row.rung for row in rows],
        }
        self.execute(self._queries["save_waiting"], parameters)

    def clear_waiting(self, origins: Sequence[str]) -> None:
        """These records wait no longer."""
        self.execute(self._queries["clear_waiting"], {"origins": list(origins)})

    def save_replay_outcomes(self, rows: Sequence[ReplayOutcome]) -> None:
        """Note what became of replayed records."""
        columns = {f"{name}s": [getattr(row, name) for row in rows] for name in ReplayOutcome._fields}
        self.execute(self._queries["save_replay_outcomes"], columns)

    def write_journal(self, rows: Sequence[JournalRow]) -> None:
        """Keep outgoing records until Kafka has them."""
        if not rows:
            return
        parameters = self._names.of(row.partition for row in rows) | {
            "offsets": [row.next_offset for row in rows],
            "records": [row.records for row in rows],
        }
        self.execute(self._queries["write_journal"], parameters)

    def trim_journal(self, emitted: Mapping[Partition, int]) -> None:
        """Drop what Kafka has."""
        if emitted:
            parameters = self._names.of(emitted) | {"offsets": list(emitted.values())}
            self.execute(self._queries["trim_journal"], parameters)


class _Names:
    """Turns partitions into query parameters, with the topics' full names."""

    def __init__(self, group: str, topic_prefix: str) -> None:
        self.group = group
        self.queries = load_queries(Path(__file__).with_name("ledger.sql"))
        self._prefix = topic_prefix

    def of(self, partitions: Iterable[Partition]) -> dict[str, Any]:
        listed = list(partitions)
        return {
            "group": self.group,
            "topics": [full_name(self._prefix, each.topic) for each in listed],
            "partitions": [each.number for each in listed],
        }

    def partition(self, row: DictRow) -> Partition:
        return Partition(bare_name(self._prefix, row["topic"]), row["partition"])


class PostgresLedger:
    """A service's database. Each thread has a connection of its own, opened anew after any loss."""

    def __init__(self, url: str, service: str, group: str, topic_prefix: str) -> None:
        self._url = url
        self._service = service
        self._names = _Names(group, topic_prefix)
        self._local = threading.local()
        self._open: list[psycopg.Connection[DictRow]] = []
        self.is_record_fault = is_record_fault

    def claim(self, partitions: Sequence[Partition]) -> dict[Partition, Claim]:
        """Raise the epoch of each partition."""
        rows = self._fetch("claim", self._names.of(partitions))
        return {self._names.partition(row): Claim(row["epoch"], row["next_offset"]) for row in rows}

    def begin_at(self, offsets: Mapping[Partition, int]) -> None:
        """Set the first offset of partitions that nobody has ever written for."""
        with self._connection() as connection:
            parameters = self._names.of(offsets) | {"offsets": list(offsets.values())}
            connection.execute(self._names.queries["begin_at"].encode(), parameters)

    def journal(self, partitions: Sequence[Partition]) -> list[JournalRow]:
        """What may not have reached Kafka, in the order in which it was written."""
        rows = self._fetch("journal", self._names.of(partitions))
        return [JournalRow(self._names.partition(row), row["next_offset"], bytes(row["records"])) for row in rows]

    def progress(self, partitions: Sequence[Partition]) -> dict[Partition, tuple[int, int]]:
        """Epoch and next offset of each partition."""
        rows = self._fetch("progress", self._names.of(partitions))
        return {self._names.partition(row): (row["epoch"], row["next_offset"]) for row in rows}

    @contextmanager
    def work(self) -> Iterator[PostgresWork]:
        """One transaction."""
        with self._connection() as connection, connection.transaction():
            yield PostgresWork(connection, self._names)

    def waiting_rungs(self) -> list[str]:
        """The rungs on which records wait."""
        return [row["rung"] for row in self._fetch("waiting_rungs", {})]

    def close(self) -> None:
        """Close the connections of all threads."""
        for connection in self._open:
            connection.close()

    def _fetch(self, query: str, parameters: dict[str, Any]) -> list[DictRow]:
        with self._connection() as connection:
            return connection.execute(self._names.queries[query].encode(), parameters).fetchall()

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[DictRow]]:
        connection = getattr(self._local, "connection", None)
        if connection is None or connection.closed:
            connection = self._local.connection = connect(self._url, self._service)
            self._open = [each for each in self._open if not each.closed] + [connection]
        try:
            yield connection
        except psycopg.Error as error:
            if is_record_fault(error):
                raise
            with suppress(psycopg.Error):
                connection.close()  # whatever state it is in: the next use opens a fresh one
            message = f"PostgreSQL: {type(error).__name__}"
            raise Unavailable(message) from error
