"""Reads topics as a consumer downstream would: `read_committed`, up to the end of what may be read."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec

from tests.faults.checker.facts import Coordinates, Place, Record

STEP_SECONDS = 0.1
SILENCE_STEPS = 300
"""So many steps without any record or end of a partition mean that the broker does not answer."""


class Log:
    """The topics of one prefix; topic names that come in and go out are without it."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self._prefix = prefix
        self._admin = AdminClient({"bootstrap.servers": bootstrap})
        self._consumer = Consumer({
            "bootstrap.servers": bootstrap,
            "group.id": f"checker-{uuid.uuid4()}",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
            "check.crcs": True,
            "queued.min.messages": 20000,
            "fetch.queue.backoff.ms": 10,
            "fetch.wait.max.ms": 20,
            "queued.max.messages.kbytes": 16384,
        })  # fmt: skip
        self._next: dict[tuple[str, int], int] = {}

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()

    def topics(self) -> dict[str, int]:
        """The partition count of each topic."""
        found = self._admin.list_topics(timeout=20).topics
        return {self.bare(name): len(topic.partitions) for name, topic in found.items() if name.startswith(self._prefix)}

    def bare(self, topic: str) -> str:
        """A topic's name without the prefix, whether it has it or not."""
        return topic.removeprefix(self._prefix)

    def new_records(self, topics: Mapping[str, int]) -> Iterator[tuple[Coordinates, Record]]:
        """Read on, from where the last call ended up to the present end of every partition.

        Transaction markers are gaps; the end is told by the broker's last stable offset, never by counting.
        """
        open_places = {(self._prefix + topic, p) for topic, count in topics.items() for p in range(count)}
        self._assign({place: self._next.get(place, OFFSET_BEGINNING) for place in open_places})
        silence = 0
        while open_places:
            messages = self._consumer.consume(1000, STEP_SECONDS)
            silence = 0 if messages else silence + 1
            if silence > SILENCE_STEPS:
                raise TimeoutError(f"no end of {sorted(open_places)} in {SILENCE_STEPS * STEP_SECONDS} s")
            for message in messages:
                place, offset = _place(message), message.offset() or 0
                if _is_end(message):
                    open_places.discard(place)
                    self._next[place] = max(offset, self._next.get(place, 0))
                else:
                    self._next[place] = offset + 1
                    yield (self.bare(place[0]), place[1], offset), _record(message)

    def records_at(self, wanted: Iterable[Coordinates]) -> dict[Coordinates, Record]:
        """Read single records; those that are not there are left out."""
        by_place: dict[tuple[str, int], list[int]] = {}
        known = self.topics()
        for topic, partition, offset in wanted:
            if partition < known.get(self.bare(topic), 0):
                by_place.setdefault((topic, partition), []).append(offset)
        found: dict[Coordinates, Record] = {}
        for (topic, partition), offsets in by_place.items():
            for offset, record in self._between(self._prefix + self.bare(topic), partition, min(offsets), max(offsets)):
                if offset in offsets:
                    found[(topic, partition, offset)] = record
        return found

    def ends(self, places: Iterable[Place]) -> dict[Place, int]:
        """Each partition's end, markers and open transactions included."""
        latest = OffsetSpec.latest()
        spec = {TopicPartition(self._prefix + topic, partition): latest for topic, partition in places}
        if not spec:
            return {}
        futures = self._admin.list_offsets(spec, isolation_level=IsolationLevel.READ_UNCOMMITTED)
        return {(self.bare(at.topic), at.partition): future.result().offset for at, future in futures.items()}

    def committed(self, group: str, places: Iterable[Place]) -> dict[Place, int]:
        """The group's offsets, undecided transactions waited for; partitions without one are left out."""
        partitions = [TopicPartition(self._prefix + topic, partition) for topic, partition in places]
        request = [ConsumerGroupTopicPartitions(group, partitions)]
        futures = self._admin.list_consumer_group_offsets(request, require_stable=True)
        found = futures[group].result().topic_partitions or []
        return {(self.bare(at.topic), at.partition): at.offset for at in found if at.offset >= 0}

    def _between(self, topic: str, partition: int, first: int, last: int) -> Iterator[tuple[int, Record]]:
        self._assign({(topic, partition): first})
        silence = 0
        while silence <= SILENCE_STEPS:
            messages = self._consumer.consume(1000, STEP_SECONDS)
            silence = 0 if messages else silence + 1
            for message in messages:
                offset = message.offset() or 0
                if _is_end(message) or offset > last:
                    return
                yield offset, _record(message)
                if offset == last:
                    return

    def _assign(self, places: Mapping[tuple[str, int], int]) -> None:
        self._consumer.assign([TopicPartition(topic, partition, at) for (topic, partition), at in places.items()])


def _is_end(message: Message) -> bool:
    error = message.error()
    if error is None:
        return False
    if error.code() == KafkaError._PARTITION_EOF:
        return True
    raise KafkaException(error)


def _place(message: Message) -> tuple[str, int]:
    topic, partition = message.topic(), message.partition()
    if topic is None or partition is None:
        raise KafkaException(message.error())
    return topic, partition


def _record(message: Message) -> Record:
    found = message.headers() or []
    pairs = list(found.items()) if isinstance(found, dict) else found
    headers = tuple((str(name), _bytes(value)) for name, value in pairs)
    return Record(_bytes(message.key()), _bytes(message.value()), headers, message.timestamp()[1])


def _bytes(value: object) -> bytes | None:
    if value is None or isinstance(value, bytes):
        return value
    return str(value).encode()
