"""A real Kafka and a real PostgreSQL for tests, from the backend that LEADLINE_TEST_BACKEND names (`tests.backends`).

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
from tests.backends import external
from tests.backends.containers import ContainerKafka, ContainerPostgres
from tests.backends.containers import start_kafka as start_kafka_container
from tests.backends.containers import start_postgres as start_postgres_container

SESSION_SECONDS = 6
_prefixes: list[str] = []


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

    kafka: RunningKafka | ContainerKafka | ExternalKafka
    postgres: RunningPostgres | ContainerPostgres | ExternalPostgres


@dataclass(frozen=True)
class OwnStack:
    """A stack whose servers a test may kill, stop and start."""

    kafka: RunningKafka | ContainerKafka
    postgres: RunningPostgres | ContainerPostgres


def backend() -> str:
    """The backend of this run, which `tests/conftest.py` has chosen."""
    return os.environ["LEADLINE_TEST_BACKEND"]


@contextmanager
def start_stack(folder: Path) -> Iterator[OwnStack]:
    """Kafka and PostgreSQL of our own, stopped at the end whatever the test did to them; embedded ones keep data in `folder`.

    Where the session's servers are somebody else's, these are embedded.
    """
    if backend() == "containers":
        with start_postgres_container() as postgres, start_kafka_container(SESSION_SECONDS) as kafka:
            yield OwnStack(kafka, postgres)
    else:
        with start_postgres(folder, durable=False) as database, start_kafka(folder, session_seconds=SESSION_SECONDS) as broker:
            yield OwnStack(broker, database)


@contextmanager
def session_stack(folder: Path) -> Iterator[Stack]:
    """The stack that most tests share: for `external` that of the two addresses, else one of our own."""
    if backend() == "external":
        bootstrap, url = os.environ["LEADLINE_KAFKA_BOOTSTRAP"], os.environ["LEADLINE_DATABASE_URL"]
        yield Stack(ExternalKafka(bootstrap), ExternalPostgres(url))
        external.remove_topics(bootstrap, _prefixes)
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
    prefix = f"t{secrets.token_hex(4)}."
    _prefixes.append(prefix)
    return prefix


def _administer(server_url: str, statement: sql.Composed) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(statement)
