"""Topics: made and checked by the registry of `leadline.contracts.topics`. Topics are never made by writing to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

from leadline.contracts.topics import all_topics, bare_name, full_name
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


def committed_offsets(settings: Settings, group: str) -> dict[tuple[str, int], int]:
    """A group's offsets by (bare topic, partition)."""
    client = admin_client(settings)
    future = client.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])[group]
    found = future.result(ANSWER_SECONDS).topic_partitions
    prefix = settings.topic_prefix
    return {
        (bare_name(prefix, each.topic), each.partition): each.offset for each in found if each.topic.startswith(prefix)
    }


def is_group_empty(settings: Settings, group: str) -> bool:
    """Whether no member is in the group, or there is no such group."""
    future = admin_client(settings).describe_consumer_groups([group])[group]
    try:
        return not future.result(ANSWER_SECONDS).members
    except KafkaException as error:
        if error.args[0].code() == KafkaError.GROUP_ID_NOT_FOUND:
            return True
        raise


def log_ends(settings: Settings, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """The end of each partition's log, by (bare topic, partition); those that do not exist are left out."""
    client, prefix = admin_client(settings), settings.topic_prefix
    counts = _partition_counts(client)
    wanted = {
        TopicPartition(full_name(prefix, topic), number): OffsetSpec.latest()
        for topic, number in places
        if number < counts.get(full_name(prefix, topic), 0)
    }
    futures = client.list_offsets(wanted, request_timeout=ANSWER_SECONDS) if wanted else {}
    return {
        (bare_name(prefix, each.topic), each.partition): future.result(ANSWER_SECONDS).offset
        for each, future in futures.items()
    }


def commit_offset(settings: Settings, group: str, place: tuple[str, int], offset: int) -> None:
    """Set an empty group's offset for one partition (bare topic, partition)."""
    topic, number = place
    position = TopicPartition(full_name(settings.topic_prefix, topic), number, offset)
    request = ConsumerGroupTopicPartitions(group, [position])
    admin_client(settings).alter_consumer_group_offsets([request])[group].result(ANSWER_SECONDS)
