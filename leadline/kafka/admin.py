"""What operators' tools ask of a cluster: topics, the offsets of groups, the ends of logs. Topics are never made by
writing to them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

from leadline.contracts.topics import Topic, bare_name, full_name
from leadline.errors import SetupError, Unavailable

ANSWER_SECONDS: Final = 30.0
_STARTING: Final = (
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
)


class Cluster(NamedTuple):
    """A cluster by librdkafka's properties, and the prefix of our topics in it."""

    properties: Mapping[str, Any]
    topic_prefix: str


def admin_client(cluster: Cluster) -> AdminClient:
    """A client of the cluster; raises SetupError where no address is known."""
    if "bootstrap.servers" not in cluster.properties:
        message = "no Kafka is known: start one with `leadline up`, or set LEADLINE_KAFKA_BOOTSTRAP"
        raise SetupError(message)
    return AdminClient({**cluster.properties, "client.id": "leadline-admin"})


def partition_counts(cluster: Cluster) -> dict[str, int]:
    """How many partitions each topic has, by its full name; raises Unavailable where the cluster does not answer."""
    return _partition_counts(admin_client(cluster))


def _partition_counts(client: AdminClient) -> dict[str, int]:
    try:
        metadata = client.list_topics(timeout=ANSWER_SECONDS)
    except KafkaException as error:
        message = f"Kafka cannot be reached: {error.args[0].str()}"
        raise Unavailable(message) from error
    return {name: len(topic.partitions) for name, topic in metadata.topics.items()}


def create_topics(cluster: Cluster, topics: Sequence[Topic], *, partitions: int, replication: int) -> list[str]:
    """Make those that are missing and give their full names; returns when the broker knows them all."""
    client = admin_client(cluster)
    present = _partition_counts(client)
    wanted = [
        NewTopic(name, num_partitions=partitions, replication_factor=replication, config=dict(topic.config))
        for topic in topics
        if (name := full_name(cluster.topic_prefix, topic.name)) not in present
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


def committed_offsets(cluster: Cluster, group: str) -> dict[tuple[str, int], int]:
    """A group's offsets by (bare topic, partition)."""
    client = admin_client(cluster)
    request = ConsumerGroupTopicPartitions(group)
    found = _coordinated(lambda: client.list_consumer_group_offsets([request])[group]).topic_partitions
    prefix = cluster.topic_prefix
    return {(bare_name(prefix, each.topic), each.partition): each.offset for each in found if each.topic.startswith(prefix)}


def is_group_empty(cluster: Cluster, group: str) -> bool:
    """Whether no member is in the group, or there is no such group."""
    client = admin_client(cluster)  # kept until there is an answer: without it, there is none
    try:
        return not _coordinated(lambda: client.describe_consumer_groups([group])[group]).members
    except KafkaException as error:
        if error.args[0].code() == KafkaError.GROUP_ID_NOT_FOUND:
            return True
        raise


def _coordinated(ask: Callable[[], Any]) -> Any:
    """The answer of a group's coordinator; a broker that has just started may not yet know that it is the one."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        try:
            return ask().result(ANSWER_SECONDS)
        except KafkaException as error:
            if error.args[0].code() not in _STARTING or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def log_ends(cluster: Cluster, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """The end of each partition's log, by (bare topic, partition); those that do not exist are left out."""
    client, prefix = admin_client(cluster), cluster.topic_prefix
    counts = _partition_counts(client)
    wanted = {
        TopicPartition(full_name(prefix, topic), number): OffsetSpec.latest()
        for topic, number in places
        if number < counts.get(full_name(prefix, topic), 0)
    }
    futures = client.list_offsets(wanted, request_timeout=ANSWER_SECONDS) if wanted else {}
    return {
        (bare_name(prefix, each.topic), each.partition): future.result(ANSWER_SECONDS).offset for each, future in futures.items()
    }


def commit_offset(cluster: Cluster, group: str, place: tuple[str, int], offset: int) -> None:
    """Set an empty group's offset for one partition (bare topic, partition)."""
    topic, number = place
    position = TopicPartition(full_name(cluster.topic_prefix, topic), number, offset)
    request = ConsumerGroupTopicPartitions(group, [position])
    client = admin_client(cluster)
    _coordinated(lambda: client.alter_consumer_group_offsets([request])[group])
