"""The transactional producer of one instance. librdkafka 2.16 does not raise its epoch for each transaction
(confluentinc/librdkafka #5423), so after any error of it the process ends and a new one takes the id over.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from confluent_kafka import Producer, TopicPartition

from leadline.contracts.topics import full_name
from leadline.delivery.failpoints import Failpoints
from leadline.delivery.ports import Partition
from leadline.delivery.record import Outgoing

START_SECONDS: Final = 60.0
COMMIT_SECONDS: Final = 12.0
HANG_SECONDS: Final = 15.0  # the broker has ended the transaction by then (`transaction.timeout.ms`)


class KafkaSink:
    """Writes a batch's records and its offsets as one."""

    def __init__(
        self, transactional: Mapping[str, Any], plain: Mapping[str, Any], topic_prefix: str, failpoints: Failpoints
    ) -> None:
        self._producer = Producer(dict(transactional))
        self._plain = Producer(dict(plain))
        self._prefix = topic_prefix
        self._failpoints = failpoints

    def start(self) -> None:
        """Take the transactional id over: the broker ends what a predecessor left open and shuts it out."""
        self._producer.init_transactions(START_SECONDS)

    def emit(self, records: Sequence[Outgoing], offsets: Mapping[Partition, int], metadata: Any) -> None:
        """Write everything in one transaction; any error means that the process has to end."""
        with _ending_what_hangs():
            self._transact(records, offsets, metadata)

    def _transact(self, records: Sequence[Outgoing], offsets: Mapping[Partition, int], metadata: Any) -> None:
        producer = self._producer
        producer.begin_transaction()
        self._produce(records)
        positions = [TopicPartition(full_name(self._prefix, p.topic), p.number, o) for p, o in offsets.items()]
        producer.send_offsets_to_transaction(positions, metadata, COMMIT_SECONDS)
        self._failpoints.pass_by("before-kafka-commit")
        producer.commit_transaction(COMMIT_SECONDS)
        self._failpoints.pass_by("after-kafka-commit")

    def tell(self, records: Sequence[Outgoing]) -> None:
        """Write outside the transaction; what cannot be written is forgotten."""
        with suppress(BufferError):
            for topic, key, value, headers in records:
                self._plain.produce(full_name(self._prefix, topic), value, key, headers=headers)
        self._plain.poll(0)

    def _produce(self, records: Sequence[Outgoing]) -> None:
        names: dict[str, str] = {}
        for topic, key, value, headers in records:
            name = names.get(topic)
            if name is None:
                name = names[topic] = full_name(self._prefix, topic)
            while True:
                try:
                    self._producer.produce(name, value, key, headers=headers)
                    break
                except BufferError:  # the client's memory is full: it sends meanwhile
                    self._producer.poll(0.1)


@contextmanager
def _ending_what_hangs() -> Iterator[None]:
    """End the process if the block takes too long: with a coordinator that went away, `send_offsets_to_transaction` does
    not keep its own time limit and may wait for ever (confluentinc/librdkafka #5456, #5511).
    """

    def end() -> None:
        sys.stderr.write(f"Kafka: a transaction has hung for {HANG_SECONDS:g} s, this process starts anew\n")
        sys.stderr.flush()
        os._exit(1)

    watch = threading.Timer(HANG_SECONDS, end)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()
