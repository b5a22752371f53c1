"""Reading whole topics once, as a `read_committed` reader outside any group sees them now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from leadline.contracts.topics import bare_name, full_name
from leadline.delivery.record import Record
from leadline.errors import SetupError, Unavailable

ANSWER_SECONDS: Final = 30.0


def read_topics(user: Mapping[str, Any], topic_prefix: str, topics: Sequence[str]) -> Iterator[Record]:
    """Every record that these topics (bare names) hold, each partition in order, up to its present end.

    Raises Unavailable if Kafka does not answer, SetupError if a topic is missing.
    """
    consumer = Consumer(
        {
            **user,
            "group.id": "leadline-reader",  # never joined: partitions are taken by hand
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 20,  # an end is told when a fetch comes back empty, after 500 ms by default
        }
    )
    try:
        names = [full_name(topic_prefix, topic) for topic in topics]
        left = {(name, number) for name in names for number in _partitions(consumer, name)}
        consumer.assign([TopicPartition(name, number, OFFSET_BEGINNING) for name, number in left])
        while left:
            message = consumer.poll(ANSWER_SECONDS)
            if message is None:
                raise Unavailable("Kafka does not answer")
            error = message.error()
            if error is None:
                yield Record(
                    bare_name(topic_prefix, message.topic()),
                    message.partition(),
                    message.offset(),
                    message.timestamp()[1],
                    message.key(),
                    message.value(),
                    message.headers() or [],
                )
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - that is its public name
                left.discard((message.topic(), message.partition()))
    finally:
        consumer.close()


def _partitions(consumer: Consumer, name: str) -> list[int]:
    try:
        found = consumer.list_topics(name, timeout=ANSWER_SECONDS).topics[name]
    except KafkaException as error:
        message = f"Kafka cannot be reached: {error.args[0].str()}"
        raise Unavailable(message) from error
    if found.error is not None:
        message = f"topic {name} is missing: leadline topics create"
        raise SetupError(message)
    return list(found.partitions)
