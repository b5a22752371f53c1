"""Looks for a mark in every column of every table of a schema: in texts, bytes, documents, and what they hold in base64."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

MARK: Final = "Zaphodia"
"""Stands for whatever is personal."""
_TABLES: Final = """
SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_type = 'BASE TABLE' ORDER BY table_name
"""


def marked_places(url: str, schema: str, mark: str = MARK) -> list[str]:
    """Where the mark stands, as `table.column`, each place once.

    Not in `emission_journal`, whose blocks are the last records of topics, gone with the next batch of their partition.
    """
    with psycopg.connect(url, row_factory=dict_row) as connection:
        tables = [row["table_name"] for row in connection.execute(_TABLES, (schema,))]
        queries = {table: sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, table)) for table in tables}
        del queries["emission_journal"]
        found = {table: connection.execute(query).fetchall() for table, query in queries.items()}
    return sorted({f"{table}.{name}" for table, rows in found.items() for row in rows for name in _marked(row, mark)})


def _marked(row: Mapping[str, Any], mark: str) -> Iterator[str]:
    return (name for name, value in row.items() if any(mark in text for text in _texts(value)))


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value, as it stands and as what it may encode."""
    if isinstance(value, Mapping):
        yield from (text for pair in value.items() for each in pair for text in _texts(each))
    elif isinstance(value, list | tuple):
        yield from (text for each in value for text in _texts(each))
    elif isinstance(value, bytes | memoryview):
        yield bytes(value).decode("utf-8", "replace")
    elif value is not None:
        text = str(value)
        yield text
        yield _from_base64(text)


def _from_base64(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
