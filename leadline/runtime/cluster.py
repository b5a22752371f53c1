"""The Kafka cluster of the settings, and the topics that the settings want there."""

from __future__ import annotations

from leadline.contracts.topics import all_topics, full_name
from leadline.kafka import admin
from leadline.kafka.admin import Cluster
from leadline.runtime.settings import Settings, kafka_properties


def cluster(settings: Settings) -> Cluster:
    """The configured cluster, as `leadline.kafka.admin` wants it."""
    return Cluster(kafka_properties(settings), settings.topic_prefix)


def create_topics(settings: Settings) -> list[str]:
    """Make the topics that are missing and give their names; returns when the broker knows them all."""
    topics = all_topics(settings.retry_delays)
    return admin.create_topics(
        cluster(settings), topics, partitions=settings.topic_partitions, replication=settings.topic_replication
    )


def topic_problems(settings: Settings) -> list[str]:
    """What is not as it should be, each a sentence; empty if all is well."""
    present = admin.partition_counts(cluster(settings))
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
