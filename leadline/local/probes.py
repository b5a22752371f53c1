"""Whether a broker or a database answers: the least that a start has to wait for."""

from __future__ import annotations

import psycopg
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

_KAFKA_TIMEOUT_SECONDS = 2.0
_POSTGRES_TIMEOUT_SECONDS = 2


def kafka_answers(bootstrap: str) -> bool:
    """Whether a broker answers a metadata request within 2 s."""
    client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0, "reconnect.backoff.max.ms": 100})
    try:
        return bool(client.list_topics(timeout=_KAFKA_TIMEOUT_SECONDS).brokers)
    except KafkaException:
        return False


def postgres_answers(url: str) -> bool:
    """Whether the database takes connections; raises nothing, whatever is wrong."""
    try:
        with psycopg.connect(url, connect_timeout=_POSTGRES_TIMEOUT_SECONDS):
            return True
    except psycopg.Error:
        return False


def ensure_database(url: str, name: str) -> None:
    """Create the database `name` in the server of `url` when it is missing."""
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
