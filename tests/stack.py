"""A real Kafka and a real PostgreSQL for tests.

Most tests share the session's stack (fixture `stack`). A test that kills or stops a server starts its own with `start_stack`.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from leadline.local.kafka import RunningKafka, start_kafka
from leadline.local.postgres import RunningPostgres, start_postgres


@dataclass(frozen=True)
class ExternalKafka:
    """A broker that somebody else runs."""

    bootstrap: str


@dataclass(frozen=True)
class ExternalPostgres:
    """A database that somebody else runs; its role may create databases."""

    url: str


@dataclass(frozen=True)
class Stack:
    """What tests talk to: `stack.kafka.bootstrap`, `stack.postgres.url`."""

    kafka: RunningKafka | ExternalKafka
    postgres: RunningPostgres | ExternalPostgres


@dataclass(frozen=True)
class OwnStack:
    """A stack whose servers a test may kill, stop and start."""

    kafka: RunningKafka
    postgres: RunningPostgres


@contextmanager
def start_stack(folder: Path) -> Iterator[OwnStack]:
    """Kafka and PostgreSQL with their data in `folder`, stopped at the end whatever the test did to them."""
    with start_postgres(folder, durable=False) as postgres, start_kafka(folder, session_seconds=6) as kafka:
        yield OwnStack(kafka, postgres)


@contextmanager
def session_stack(folder: Path) -> Iterator[Stack]:
    """The stack named by LEADLINE_KAFKA_BOOTSTRAP and LEADLINE_DATABASE_URL, else one of our own in `folder`."""
    bootstrap, url = os.environ.get("LEADLINE_KAFKA_BOOTSTRAP"), os.environ.get("LEADLINE_DATABASE_URL")
    if bootstrap and url:
        yield Stack(ExternalKafka(bootstrap), ExternalPostgres(url))
        return
    with start_stack(folder) as own:
        yield Stack(own.kafka, own.postgres)


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """The URL of a new empty database in the server of `server_url`; dropped at the end, with who is still connected."""
    name = f"test_{secrets.token_hex(6)}"
    _administer(server_url, sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    try:
        yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    finally:
        _administer(server_url, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def new_topic_prefix() -> str:
    """A prefix that no other test uses, such as `t1a2b3c4.`."""
    return f"t{secrets.token_hex(4)}."


def _administer(server_url: str, statement: sql.Composed) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(statement)
