"""Ticks: how late it is, written to the partitions of `stage.ticks`. Customers fall dormant by them and by nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import orjson

from leadline.contracts.envelope import Envelope, write_headers
from leadline.contracts.times import time_now_text
from leadline.contracts.topics import full_name
from leadline.delivery.record import Outgoing
from leadline.errors import SetupError
from leadline.kafka.admin import partition_counts
from leadline.kafka.publish import publish_to_partitions
from leadline.runtime.cluster import cluster
from leadline.runtime.settings import Settings, kafka_properties

TOPIC: Final = "stage.ticks"


def tick_record(source: str, at: datetime) -> Outgoing:
    """The tick that says `at`; its key is set for each partition."""
    text = time_now_text(at)
    body = orjson.dumps({"at": text})
    event = Envelope(f"stage.ticked:{text}", source, "leadline.stage.ticked.v1", time=text, data=body)
    return Outgoing(TOPIC, None, body, [*write_headers(event)])


def write_tick(settings: Settings, source: str, at: datetime, partitions: Sequence[int]) -> None:
    """Tell these partitions that it is `at`; raises Unavailable if one could not be told."""
    publish_to_partitions(kafka_properties(settings), settings.topic_prefix, tick_record(source, at), partitions)


def all_partitions(settings: Settings) -> list[int]:
    """Every partition of the topic; raises SetupError where there is none."""
    count = partition_counts(cluster(settings)).get(full_name(settings.topic_prefix, TOPIC), 0)
    if not count:
        message = f"topic {full_name(settings.topic_prefix, TOPIC)} is missing: leadline topics create"
        raise SetupError(message)
    return list(range(count))
