"""The record of what operators decide: written before anything is done (see `desk`), read and verified from outside.

None of it is ever changed. Reads of the chain go by pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from leadline.contracts.times import time_now_text
from leadline.errors import SetupError
from leadline.operations.chain import Act, Head, first_broken, link
from leadline.postgres.migrate import missing_migrations
from leadline.postgres.pool import Connection, connect
from leadline.postgres.queries import load_queries

SCHEMA: Final = "operations"
PAGE_ROWS: Final = 5_000
_QUERIES: Final = load_queries(Path(__file__).with_name("audit.sql"))


def open_schema(url: str) -> Connection:
    """Connect to the database of the operators' tools; raises SetupError where it is not migrated."""
    if missing_migrations(url, SCHEMA):
        message = "the schema of operators' tools is not up to date: run `leadline db migrate`"
        raise SetupError(message)
    return connect(url, SCHEMA)


def record(connection: Connection, act: Act) -> None:
    """Add an act to the chain, in the caller's transaction on schema `operations`; other acts wait until it is over.

    Three statements, whatever the number of entries.
    """
    found = _rows(connection, "lock_head")[0]
    rows = list(link(Head(found["sequence"], found["hash"]), act))
    if rows:
        connection.execute(_QUERIES["add_rows"].encode(), {"rows": orjson.dumps(rows).decode()})
        connection.execute(_QUERIES["move_head"].encode(), {name: rows[-1][name] for name in Head._fields})


def verify(url: str) -> int | None:
    """The number of the first row that does not fit; None where the whole chain holds."""
    with open_schema(url) as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        head = _rows(connection, "read_head")
        end = Head(head[0]["sequence"], head[0]["hash"]) if head else Head(-1)
        return first_broken(_chain(connection), end)


def latest(url: str, rows: int) -> list[dict[str, Any]]:
    """The last rows, newest first."""
    with open_schema(url) as connection:
        return [_read(row) for row in _rows(connection, "latest", rows=rows)]


def _chain(connection: Connection) -> Iterator[dict[str, Any]]:
    behind = -(2**63)
    while page := _rows(connection, "read_chain", behind=behind, rows=PAGE_ROWS):
        yield from map(_read, page)
        behind = page[-1]["sequence"]


def _read(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "at": time_now_text(row["at"])}


def _rows(connection: Connection, query: str, **parameters: Any) -> list[dict[str, Any]]:
    return connection.execute(_QUERIES[query].encode(), parameters).fetchall()
