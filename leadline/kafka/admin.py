"""Topics: made and checked by the registry of `leadline.contracts.topics`. Topics are never made by writing to them."""

from __future__ import annotations

from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from leadline.contracts.topics import all_topics, full_name
from leadline.errors import SetupError, Unavailable
from leadline.runtime.settings import Settings, kafka_properties

ANSWER_SECONDS: Final = 30.0


def admin_client(settings: Settings) -> AdminClient:
    """A client of the configured cluster."""
    properties = kafka_properties(settings)
    if "bootstrap.servers" not in properties:
        message = "no Kafka is known: start one with `leadline up`, or set LEADLINE_KAFKA_BOOTSTRAP"
        raise SetupError(message)
    return AdminClient({**properties, "client.id": "leadline-admin"})


def _partition_counts(client: AdminClient) -> dict[str, int]:
    try:
        metadata = client.list_topics(timeout=ANSWER_SECONDS)
    except KafkaException as error:
        message = f"Kafka cannot be reached: {error.args[0].str()}"
        raise Unavailable(message) from error
    return {name: len(topic.partitions) for name, topic in metadata.topics.items()}


def create_topics(settings: Settings) -> list[str]:
    """Make the topics that are missing and give their names; returns when the broker knows them all."""
    client = admin_client(settings)
    present = _partition_counts(client)
    wanted = [
        NewTopic(
            full_name(settings.topic_prefix, topic.name),
            num_partitions=settings.topic_partitions,
            replication_factor=settings.topic_replication,
            config=dict(topic.config),
        )
        for topic in all_topics(settings.retry_delays)
        if full_name(settings.topic_prefix, topic.name) not in present
    ]
    if not wanted:
        return []
    for future in client.create_topics(wanted, operation_timeout=ANSWER_SECONDS).values():
        _wait(future)
    return sorted(topic.topic for topic in wanted)


def _wait(future: Any) -> None:
    try:
        future.result(ANSWER_SECONDS)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise


def topic_problems(settings: Settings) -> list[str]:
    """What is not as it should be, each a sentence; empty if all is well."""
    present = _partition_counts(admin_client(settings))
    problems = []
    counts = set()
    for topic in all_topics(settings.retry_delays):
        name = full_name(settings.topic_prefix, topic.name)
        if name not in present:
            problems.append(f"topic {name} is missing: leadline topics create")
        else:
            counts.add(present[name])
    if len(counts) > 1:
        problems.append("topics with one key must have one partition count, these have " + ", ".join(map(str, sorted(counts))))
    return problems
