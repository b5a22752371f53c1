"""The process beside a service that writes its transactions: `python -m leadline.kafka DESCRIPTOR`.

Handing records to the client library costs about a fifth of the time of a conversion. Here it happens beside the service,
under an interpreter lock of its own. The process belongs to its service: it is told everything over one pipe, keeps
nothing, and ends when the pipe does. What it left open then is ended by the broker, at the latest when the service's
successor takes the transactional id over.
"""

from __future__ import annotations

import signal
from collections.abc import Iterable, Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Any, Final, NamedTuple

from confluent_kafka import Producer, TopicPartition

from leadline.contracts.topics import full_name
from leadline.delivery import journal
from leadline.delivery.ports import Partition
from leadline.delivery.record import Outgoing

START_SECONDS: Final = 60.0
COMMIT_SECONDS: Final = 12.0
HANG_SECONDS: Final = 15  # the broker has ended the transaction by then (`transaction.timeout.ms`)


class Begin(NamedTuple):
    """Take the transactional id over; the first message."""

    properties: Mapping[str, Any]
    topic_prefix: str


class Prepare(NamedTuple):
    """Begin a transaction with the records of these journal blocks, in this order, and with the group's offsets."""

    blocks: Sequence[bytes]
    offsets: Mapping[Partition, int]
    metadata: Any


class Commit(NamedTuple):
    """Commit what was prepared."""


class Writer:
    """One transactional producer."""

    def __init__(self, begin: Begin) -> None:
        self._producer = Producer(dict(begin.properties))
        self._prefix = begin.topic_prefix
        self._producer.init_transactions(START_SECONDS)

    def prepare(self, message: Prepare) -> None:
        """Hand everything to the broker but the commit."""
        self._producer.begin_transaction()
        for block in message.blocks:
            self._produce(journal.unpack(block))
        positions = [TopicPartition(full_name(self._prefix, p.topic), p.number, o) for p, o in message.offsets.items()]
        self._producer.send_offsets_to_transaction(positions, message.metadata, COMMIT_SECONDS)

    def commit(self) -> None:
        """Commit it."""
        self._producer.commit_transaction(COMMIT_SECONDS)

    def _produce(self, records: Iterable[Outgoing]) -> None:
        names: dict[str, str] = {}
        produce = self._producer.produce
        for topic, key, value, headers in records:
            name = names.get(topic)
            if name is None:
                name = names[topic] = full_name(self._prefix, topic)
            while True:
                try:
                    produce(name, value, key, headers=headers)
                    break
                except BufferError:  # the client's memory is full: it sends meanwhile
                    self._producer.poll(0.1)


def serve(pipe: Connection) -> None:
    """Do what the service says until it is gone; raises KafkaException for what ends both."""
    writer = Writer(pipe.recv())
    pipe.send(None)
    while True:
        message = pipe.recv()
        # With a coordinator that went away, `send_offsets_to_transaction` does not keep its own time limit and may wait
        # for ever (confluentinc/librdkafka #5456, #5511): the signal ends this process then.
        signal.alarm(HANG_SECONDS)
        if isinstance(message, Prepare):
            writer.prepare(message)
        else:
            writer.commit()
        signal.alarm(0)
        pipe.send(None)
