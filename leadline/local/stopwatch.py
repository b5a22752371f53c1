"""How long it takes from a request to its `customer.created`, as a `read_committed` reader sees it."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Final, Self

import orjson
from confluent_kafka import OFFSET_END, Consumer, TopicPartition

from leadline.contracts.topics import full_name
from leadline.delivery.record import Record
from leadline.runtime.settings import Settings, kafka_properties

CREATED: Final = b"leadline.customer.created.v1"
REQUESTED: Final = b"leadline.conversion.requested.v1"
_CONVERSIONS: Final = uuid.UUID("6f1c2a52-6f0e-5d57-9c62-3f6c2b0c7a11")


class Stopwatch:
    """Reads `customer.events` from now on and notes when each customer was seen, by conversion id, in Unix seconds."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._seen: dict[str, float] = {}
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._read, name="stopwatch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(10)

    def seconds(self, records: Iterable[Record]) -> list[float]:
        """For each first request among these records that made a customer: from its broker's time till it was seen."""
        requested: dict[str, float] = {}
        for record in records:
            headers = dict(record.headers)
            if record.topic == "conversion.requests" and headers.get("ce_type") == REQUESTED:
                requested.setdefault(_conversion_id(headers), record.timestamp_ms / 1000)
        return [self._seen[each] - at for each, at in requested.items() if each in self._seen]

    def _read(self) -> None:
        consumer = Consumer(
            {
                **kafka_properties(self._settings),
                "group.id": "leadline-stopwatch",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 20,
            }
        )
        name = full_name(self._settings.topic_prefix, "customer.events")
        partitions = consumer.list_topics(name, timeout=30).topics[name].partitions
        consumer.assign([TopicPartition(name, number, OFFSET_END) for number in partitions])
        consumer.poll(0.5)
        self._ready.set()
        while not self._stopping.is_set():
            message = consumer.poll(0.1)
            if message is not None and message.error() is None and dict(message.headers())["ce_type"] == CREATED:
                self._seen[orjson.loads(message.value())["conversion_id"]] = time.time()
        consumer.close()


def _conversion_id(headers: Mapping[str, Any]) -> str:
    key = headers.get("idempotency-key") or b"%s#%s" % (headers.get("ce_source") or b"", headers.get("ce_id") or b"")
    return str(uuid.uuid5(_CONVERSIONS, key.decode("utf-8", "replace")))
