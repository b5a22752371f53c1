"""A consumer group's member as the engine wants it. Takes one record with `poll`, then what is already queued:
`Consumer.consume(n, timeout)` alone would wait the whole timeout for n records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from confluent_kafka import Consumer, IsolationLevel, KafkaError, Message, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from leadline.contracts.topics import bare_name, full_name
from leadline.delivery.ports import LogRange, Partition, Polled, Rebalance
from leadline.delivery.record import Headers, Record
from leadline.errors import Unavailable

ANSWER_SECONDS: Final = 30.0
Callback = Callable[[Consumer, list[TopicPartition]], None]
_as_tuple = tuple.__new__  # a third of the time of Record(...), for every record there is


class KafkaSource:
    """Reads a service's topics; gives and takes bare topic names."""

    def __init__(self, properties: Mapping[str, Any], topic_prefix: str) -> None:
        self._prefix = topic_prefix
        self._incremental = properties["group.protocol"] == "consumer"
        self._consumer = Consumer(dict(properties))
        names = ("bootstrap.servers", "client.id", "security.", "sasl.", "ssl.")
        admin = {key: value for key, value in properties.items() if key.startswith(names)}
        self._admin = AdminClient({**admin, "retry.backoff.ms": 5})
        self._bare: dict[str, str] = {}

    def subscribe(self, topics: Sequence[str], rebalance: Rebalance) -> None:
        """Join the group; the callbacks run inside `poll` and `close`."""
        self._bare = {full_name(self._prefix, topic): topic for topic in topics}

        def assigned(_: Consumer, partitions: list[TopicPartition]) -> None:
            offsets = rebalance.assigned(self._ours(partitions))
            chosen = self._theirs(offsets)
            if self._incremental:
                self._consumer.incremental_assign(chosen)
            else:
                self._consumer.assign(chosen)
            # librdkafka keeps a pause over rebalances (confluent-kafka-go #193): a partition that left while it was
            # paused and comes back would be read by nobody.
            self._consumer.resume(chosen)

        def revoked(_: Consumer, partitions: list[TopicPartition]) -> None:
            rebalance.revoked(self._ours(partitions))
            if self._incremental:
                self._consumer.incremental_unassign(partitions)
            else:
                self._consumer.unassign()

        def lost(_: Consumer, partitions: list[TopicPartition]) -> None:
            rebalance.lost(self._ours(partitions))

        self._consumer.subscribe(
            list(self._bare), on_assign=_telling(assigned), on_revoke=_telling(revoked), on_lost=_telling(lost)
        )

    def poll(self, limit: int, timeout: float) -> Polled:
        """Wait for a first record, then take what else is here."""
        first = self._consumer.poll(timeout)
        if first is None:
            return Polled([], {})
        polled = Polled([], {})
        bare = self._bare
        for message in (first, *self._consumer.consume(limit, 0)):
            if message.error() is not None:
                self._note_error(message, polled.ends)
                continue
            fields = (
                bare[message.topic()],
                message.partition(),
                message.offset(),
                message.timestamp()[1],
                message.key(),
                message.value(),
                _headers(message),
            )
            polled.records.append(_as_tuple(Record, fields))
        return polled

    def _note_error(self, message: Message, ends: dict[Partition, int]) -> None:
        error = message.error()
        if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - that is its public name
            ends[Partition(self._bare[message.topic()], message.partition())] = message.offset()
        elif error.fatal() or not error.retriable():
            text = f"Kafka: {error.str()}"
            raise Unavailable(text)

    def group_metadata(self) -> Any:
        """The membership of now."""
        return self._consumer.consumer_group_metadata()

    def committed(self, partitions: Sequence[Partition]) -> dict[Partition, int | None]:
        """The group's offsets; `read_committed` makes the broker wait for undecided transactions (KIP-447)."""
        found = self._consumer.committed(self._theirs(dict.fromkeys(partitions, 0)), timeout=ANSWER_SECONDS)
        return {self._our(each): each.offset if each.offset >= 0 else None for each in found}

    def log_ranges(self, partitions: Sequence[Partition]) -> dict[Partition, LogRange]:
        """First offset and end of each partition, both including what is not decided yet."""
        lows = self._list(partitions, OffsetSpec.earliest(), IsolationLevel.READ_UNCOMMITTED)
        highs = self._list(partitions, OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED)
        return {p: LogRange(lows[p], highs[p]) for p in partitions}

    def readable_ends(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """The last stable offset of each partition, in one request."""
        return self._list(partitions, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED)

    def _list(self, partitions: Sequence[Partition], which: OffsetSpec, isolation: IsolationLevel) -> dict[Partition, int]:
        wanted = {TopicPartition(full_name(self._prefix, p.topic), p.number): which for p in partitions}
        futures = self._admin.list_offsets(wanted, isolation_level=isolation, request_timeout=ANSWER_SECONDS)
        return {
            Partition(bare_name(self._prefix, each.topic), each.partition): future.result(ANSWER_SECONDS).offset
            for each, future in futures.items()
        }

    def pause(self, partitions: Iterable[Partition]) -> None:
        """Stop fetching."""
        if wanted := self._theirs(dict.fromkeys(partitions, 0)):
            self._consumer.pause(wanted)

    def resume(self, partitions: Iterable[Partition]) -> None:
        """Go on behind the last record that was polled."""
        if wanted := self._theirs(dict.fromkeys(partitions, 0)):
            self._consumer.resume(wanted)

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close()

    def _ours(self, partitions: Iterable[TopicPartition]) -> list[Partition]:
        return [self._our(each) for each in partitions]

    def _our(self, partition: TopicPartition) -> Partition:
        return Partition(bare_name(self._prefix, partition.topic), partition.partition)

    def _theirs(self, offsets: Mapping[Partition, int]) -> list[TopicPartition]:
        return [TopicPartition(full_name(self._prefix, p.topic), p.number, offset) for p, offset in offsets.items()]


def _headers(message: Message) -> Headers:
    """A header whose name is not UTF-8 makes the client raise: such a record is handled as one without headers."""
    try:
        return message.headers() or []
    except UnicodeDecodeError:
        return []


def _telling(callback: Callback) -> Callback:
    """The callback, with errors that say what they are: on Python 3.11, confluent-kafka 2.16 turns one that was raised in C
    (an unreadable journal row, say) into a SystemError without a cause, unless somebody has caught it before.
    """

    def call(consumer: Consumer, partitions: list[TopicPartition]) -> None:
        try:
            callback(consumer, partitions)
        except BaseException:  # noqa: TRY203 - that is the catching
            raise

    return call
