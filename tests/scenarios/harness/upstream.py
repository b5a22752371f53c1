"""A system that sends records: in order, and sure that the broker has them before it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from confluent_kafka import Producer

from leadline.delivery.record import Outgoing

SECONDS = 60.0


class Upstream:
    """One producer; `properties` are librdkafka's, with `_` for `.`."""

    def __init__(self, bootstrap: str, prefix: str, **properties: Any) -> None:
        given = {name.replace("_", "."): value for name, value in properties.items()}
        fixed = {"bootstrap.servers": bootstrap, "acks": "all", "partitioner": "murmur2_random", "linger.ms": 0}
        # The client counts before compression; the broker's limit is the one to meet.
        self._producer = Producer({**fixed, "message.max.bytes": 8 << 20, **given})
        self._prefix = prefix
        self._problems: list[str] = []

    def publish(self, records: Sequence[Outgoing]) -> None:
        """Write records, those of one topic before those of the next, as they come."""
        for _, run in groupby(records, key=lambda record: record.topic):
            self.publish_to(None, list(run))

    def publish_to(self, partition: int | None, records: Sequence[Outgoing]) -> None:
        """Write records to one partition, whatever their keys are, as an upstream with another partitioner would."""
        place = {} if partition is None else {"partition": partition}
        for record in records:
            topic, headers = self._prefix + record.topic, list(record.headers)
            self._producer.produce(topic, record.value, record.key, headers=headers, on_delivery=self._note, **place)
            self._producer.poll(0)
        left = self._producer.flush(SECONDS)
        assert not left, f"{left} records are not with the broker after {SECONDS:g} s"
        assert not self._problems, self._problems

    def _note(self, error: Any, _: object) -> None:
        if error is not None:
            self._problems.append(error.str())
