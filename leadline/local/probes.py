"""Whether a broker or a database answers, and what a broker says about itself: for starts and for `leadline doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from leadline.errors import Unavailable

_KAFKA_TIMEOUT_SECONDS = 2.0
_POSTGRES_TIMEOUT_SECONDS = 2
_ANSWER_SECONDS = 5.0


@dataclass(frozen=True)
class Cluster:
    """What a cluster says: its brokers, the partition count of each topic, and the settings of one broker."""

    brokers: int
    partitions: dict[str, int]
    settings: dict[str, str | None]


def kafka_answers(bootstrap: str) -> bool:
    """Whether a broker answers a metadata request within 2 s."""
    client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0, "reconnect.backoff.max.ms": 100})
    try:
        return bool(client.list_topics(timeout=_KAFKA_TIMEOUT_SECONDS).brokers)
    except KafkaException:
        return False


def describe_cluster(properties: dict[str, Any]) -> Cluster:
    """Ask the cluster that these properties of librdkafka lead to; raises Unavailable when it does not answer within 5 s."""
    try:
        client = AdminClient({**properties, "log_level": 0})
        metadata = client.list_topics(timeout=_ANSWER_SECONDS)
        broker = ConfigResource(ResourceType.BROKER, str(next(iter(metadata.brokers))))
        future = client.describe_configs([broker], request_timeout=_ANSWER_SECONDS)[broker]
        settings = {name: entry.value for name, entry in future.result(_ANSWER_SECONDS).items()}
    except KafkaException as error:
        raise Unavailable(error.args[0].str()) from error
    return Cluster(len(metadata.brokers), {name: len(topic.partitions) for name, topic in metadata.topics.items()}, settings)


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
