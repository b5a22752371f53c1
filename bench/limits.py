"""How fast PostgreSQL takes the rows of conversions from memory, without Kafka: the limit of any pipeline into it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import sql

TABLES = ("lead", "conversion", "customer", "contact", "customer_match")
BATCH = 2_000
PLACES = {
    "contact": "(SELECT conversion_id FROM converter.customer AS c WHERE c.customer_id = contact.customer_id)",
    "customer_match": "place",
}
Rows = dict[str, list[tuple[Any, ...]]]
Columns = dict[str, list[str]]


def write_by_copy(url: str) -> float:
    """Conversions a second by COPY, a commit for every 2,000."""

    def write(cursor: psycopg.Cursor[Any], table: str, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)) as copy:
            for row in rows:
                copy.write_row(row)

    return _measure(url, write)


def write_by_insert(url: str) -> float:
    """Conversions a second by insert of many rows in one statement, a commit for every 2,000."""

    def write(cursor: psycopg.Cursor[Any], table: str, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        slots = sql.SQL(", ").join(sql.Placeholder() * len(columns))
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(sql.Identifier(table), names, slots)
        cursor.executemany(statement, rows)

    return _measure(url, write)


def _measure(url: str, write: Callable[[psycopg.Cursor[Any], str, list[str], list[tuple[Any, ...]]], None]) -> float:
    with psycopg.connect(url) as connection:
        columns, rows = _read(connection)
    with psycopg.connect(url, options="-c search_path=bench_limit") as connection:
        _clone_tables(connection)
        total = len(rows["customer"])
        started = time.perf_counter()
        for first in range(0, total, BATCH):
            with connection.cursor() as cursor:
                for table in TABLES:
                    share = slice(*(len(rows[table]) * end // total for end in (first, min(first + BATCH, total))))
                    write(cursor, table, columns[table], rows[table][share])
            connection.commit()
        return total / (time.perf_counter() - started)


def _read(connection: psycopg.Connection[Any]) -> tuple[Columns, Rows]:
    """The rows as the converter hands them over: ids and JSON as text, times as datetimes."""
    columns: Columns = {}
    rows: Rows = {}
    for table in TABLES:
        found = connection.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'converter' AND table_name = %s "
            "AND is_identity = 'NO' ORDER BY ordinal_position",
            (table,),
        ).fetchall()
        columns[table] = [name for name, _ in found]
        place = PLACES.get(table, "conversion_id")
        names = sql.SQL(", ").join(
            sql.SQL("{}::text").format(sql.Identifier(name)) if kind in ("jsonb", "uuid") else sql.Identifier(name)
            for name, kind in found
        )
        query = sql.SQL("SELECT {} FROM converter.{} ORDER BY ").format(names, sql.Identifier(table)) + sql.SQL(place)
        rows[table] = connection.execute(query).fetchall()
    return columns, rows


def _clone_tables(connection: psycopg.Connection[Any]) -> None:
    connection.execute("DROP SCHEMA IF EXISTS bench_limit CASCADE")
    connection.execute("CREATE SCHEMA bench_limit")
    for table in TABLES:
        connection.execute(sql.SQL("CREATE TABLE {0} (LIKE converter.{0} INCLUDING ALL)").format(sql.Identifier(table)))
    connection.execute("ALTER TABLE contact ADD FOREIGN KEY (customer_id) REFERENCES customer")
    connection.commit()
