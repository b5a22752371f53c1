"""What goes in and out of a service: records as data, with no client library behind them."""

from __future__ import annotations

from typing import NamedTuple

Headers = list[tuple[str, bytes | None]]


class Record(NamedTuple):
    """One record as read from Kafka; `topic` is the bare name (no prefix), `timestamp_ms` the broker's time."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Outgoing(NamedTuple):
    """One record to be written; `topic` is the bare name. It is final: emitted later, it is the same record."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers


class Origin(NamedTuple):
    """Where a record first came from, whatever retry or replay topic it has been through since."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"
