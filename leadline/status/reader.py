"""Asks the projector's tables by named queries; what one question reads is of one moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from leadline.postgres.pool import connect
from leadline.postgres.queries import load_queries

Row = Mapping[str, Any]
FILES = ("reader", "things", "lists", "metrics", "dead_letters")


class StatusReader:
    """A connection to the status store. Close it, or use it as a context."""

    def __init__(self, url: str) -> None:
        self._connection = connect(url, schema="projector")
        files = (load_queries(Path(__file__).with_name(f"{name}.sql")) for name in FILES)
        self._queries = {name: text for queries in files for name, text in queries.items()}

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Everything asked inside sees the store as it is at the first question."""
        with self._connection.transaction():
            self._connection.execute(self._queries["one_moment"].encode())
            yield

    def rows(self, query: str, **parameters: Any) -> list[Row]:
        """What a named query finds."""
        return list(self._connection.execute(self._queries[query].encode(), parameters).fetchall())

    def row(self, query: str, **parameters: Any) -> Row | None:
        """The first row that a named query finds, if any."""
        return next(iter(self.rows(query, **parameters)), None)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
