"""Waiting until nothing is left to do: every record that services read is handled, and what they wrote has been read too."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from leadline.contracts.topics import SERVICES, all_topics, replay_topic, retry_topics
from leadline.delivery.record import Record
from leadline.errors import Unavailable
from leadline.kafka.admin import committed_offsets
from leadline.kafka.reading import read_topics
from leadline.runtime.cluster import cluster
from leadline.runtime.settings import Settings, kafka_properties

POLL_SECONDS: Final = 0.5
Say = Callable[[str], None]
Inputs = Mapping[str, Sequence[str]]
Found = tuple[Iterable[Record], Mapping[tuple[str, int], int]]


def wait_until_quiet(settings: Settings, inputs: Inputs, *, seconds: float, say: Say) -> list[Record]:
    """Read every topic again and again until all is handled, and give what they hold then.

    `inputs`: for each service the business topics that it reads. Not by lag: a transaction marker at the end of a
    partition leaves a lag of 1 or 2 for ever. Raises Unavailable when it takes longer than `seconds`.
    """
    deadline = time.monotonic() + seconds
    topics = [topic.name for topic in all_topics(settings.retry_delays)]
    seen = -1
    while True:
        # Offsets first: what is committed while the topics are read may have written records that were read past.
        committed = {each: committed_offsets(cluster(settings), f"{settings.topic_prefix}{each}") for each in SERVICES}
        records = list(read_topics(kafka_properties(settings), settings.topic_prefix, topics))
        left = sum(_left(settings, service, inputs[service], (records, committed[service])) for service in SERVICES)
        if left == 0 and len(records) == seen:
            return records
        seen = len(records)
        say(f"{seen} records on the topics, {left} still to be handled")
        if time.monotonic() > deadline:
            message = f"after {seconds:g} s {left} records are still not handled: look at the logs of the services"
            raise Unavailable(message)
        time.sleep(POLL_SECONDS)


def _left(settings: Settings, service: str, inputs: Sequence[str], found: Found) -> int:
    """How many records a service has still to handle."""
    records, committed = found
    own = {*inputs, *retry_topics(service, settings.retry_delays), replay_topic(service)}
    by_place: defaultdict[tuple[str, int], int] = defaultdict(int)
    for record in records:
        if record.topic in own and record.offset >= committed.get((record.topic, record.partition), 0):
            by_place[record.topic, record.partition] += 1
    return sum(by_place.values())
