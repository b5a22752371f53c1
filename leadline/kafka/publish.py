"""Writing records from outside the services, in order, and waiting until the broker has them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from leadline.contracts.topics import full_name
from leadline.delivery.record import Outgoing
from leadline.errors import Unavailable
from leadline.kafka.properties import producer_properties

FLUSH_SECONDS: Final = 60.0


def publish_to_partitions(user: Mapping[str, Any], topic_prefix: str, record: Outgoing, numbers: Sequence[int]) -> None:
    """Write one record to each of these partitions of its topic, keyed by the partition's number, and wait for all.

    Raises Unavailable if one could not be written.
    """
    failed: list[KafkaError] = []
    producer = Producer({**producer_properties(user, "leadline-ticks"), "on_delivery": _noting(failed)})
    topic = full_name(topic_prefix, record.topic)
    try:
        for number in numbers:
            producer.produce(topic, record.value, str(number).encode(), number, headers=record.headers)
    except (BufferError, KafkaException) as error:
        message = f"{topic} cannot be written: {error}"
        raise Unavailable(message) from error
    _flush(producer, failed)


def _noting(failed: list[KafkaError]) -> Callable[[KafkaError | None, Message], None]:
    def written(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failed.append(error)

    return written


def publish_records(user: Mapping[str, Any], topic_prefix: str, records: Sequence[Outgoing]) -> None:
    """Write records and wait for all of them; what relies on another topic's record is written after it is there.

    Raises Unavailable if one could not be written.
    """
    producer = Producer({**producer_properties(user, "leadline-cli"), "linger.ms": 5})
    failed: list[KafkaError] = []
    written = _noting(failed)
    topic = None
    for record in records:
        if topic is not None and record.topic != topic:
            _flush(producer, failed)
        topic = record.topic
        while True:
            try:
                producer.produce(
                    full_name(topic_prefix, topic), record.value, record.key, headers=record.headers, on_delivery=written
                )
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    _flush(producer, failed)


def _flush(producer: Producer, failed: list[KafkaError]) -> None:
    left = producer.flush(FLUSH_SECONDS)
    if left or failed:
        why = failed[0].str() if failed else "the broker does not answer"
        message = f"{max(left, len(failed))} records could not be written: {why}"
        raise Unavailable(message)
