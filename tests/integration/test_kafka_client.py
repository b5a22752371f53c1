"""Our Kafka adapters on a real broker: what is written, where, and what a reader or a group member sees of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import randbytes
from time import monotonic
from typing import Any

import pytest

from leadline.contracts.topics import Topic
from leadline.delivery import journal
from leadline.delivery.failpoints import FailpointError, Failpoints
from leadline.delivery.ports import LogRange, Partition, Rebalance
from leadline.delivery.record import Outgoing, Record
from leadline.errors import SetupError, Unavailable
from leadline.kafka import admin
from leadline.kafka.admin import Cluster
from leadline.kafka.properties import consumer_properties, producer_properties, transactional_properties
from leadline.kafka.publish import publish_records
from leadline.kafka.reading import read_topics
from leadline.kafka.sink import KafkaSink
from leadline.kafka.source import KafkaSource
from leadline.kafka.writer import Commit, Prepare
from tests.stack import Stack

SECONDS = 30.0
PARTITIONS = 7
IN, OUT = (Topic(name, "key", (), ()) for name in ("in", "out"))


@dataclass
class Kafka:
    """Two topics with a prefix of their own."""

    bootstrap: str
    prefix: str
    sinks: list[KafkaSink] = field(default_factory=list)

    @property
    def user(self) -> dict[str, Any]:
        return {"bootstrap.servers": self.bootstrap}

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.user, self.prefix)

    def write(self, *records: Outgoing) -> None:
        publish_records(self.user, self.prefix, records)

    def read(self, *topics: str) -> list[Record]:
        return list(read_topics(self.user, self.prefix, topics))

    def sink(self, failpoints: str = "") -> KafkaSink:
        name = f"{self.prefix}sink"
        sink = KafkaSink(
            transactional_properties(self.user, name), producer_properties(self.user, name), self.prefix, Failpoints(failpoints)
        )
        self.sinks.append(sink)
        return sink

    @contextmanager
    def member(self, starts: dict[Partition, int] | None = None) -> Iterator[KafkaSource]:
        """The only member of its group; its partitions begin at `starts`, else at 0."""

        def assigned(partitions: Sequence[Partition]) -> dict[Partition, int]:
            return {p: (starts or {}).get(p, 0) for p in partitions}

        source = KafkaSource(consumer_properties(self.user, f"{self.prefix}group", "one", "consumer"), self.prefix)
        source.subscribe(["in"], Rebalance(assigned, lambda _: None, lambda _: None))
        try:
            yield source
        finally:
            source.close()


@pytest.fixture
def kafka(stack: Stack, topic_prefix: str) -> Iterator[Kafka]:
    kafka = Kafka(stack.kafka.bootstrap, topic_prefix)
    admin.create_topics(kafka.cluster, [IN, OUT], partitions=PARTITIONS, replication=1)
    yield kafka
    for sink in kafka.sinks:
        sink.close()


def poll(
    source: KafkaSource, is_enough: Callable[[list[Record], dict[Partition, int]], bool]
) -> tuple[list[Record], dict[Partition, int]]:
    records, ends = list[Record](), dict[Partition, int]()
    deadline = monotonic() + SECONDS
    while not is_enough(records, ends):
        assert monotonic() < deadline, (records, ends)
        polled = source.poll(100, 0.1)
        records += polled.records
        ends |= polled.ends
    return records, ends


def murmur2(data: bytes) -> int:
    """Kafka's hash: org.apache.kafka.common.utils.Utils.murmur2, unsigned."""
    mask, m, h = 0xFFFFFFFF, 0x5BD1E995, 0x9747B28C ^ len(data)
    for at in range(0, len(data) - len(data) % 4, 4):
        k = int.from_bytes(data[at : at + 4], "little") * m & mask
        h = (h * m & mask) ^ ((k ^ k >> 24) * m & mask)
    if tail := data[len(data) - len(data) % 4 :]:
        h = (h ^ int.from_bytes(tail, "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return h ^ h >> 15


def test_the_reference_hash_is_javas() -> None:
    """From org.apache.kafka.common.utils.UtilsTest."""
    cases = {b"21": -973932308, b"foobar": -790332482, b"a-little-bit-long-string": -985981536, b"abc": 479470107}
    assert {key: murmur2(key) for key in cases} == {key: number % 2**32 for key, number in cases.items()}


def test_a_key_has_the_partition_that_java_gives_it(kafka: Kafka) -> None:
    keys = [f"L-{number}".encode() * (number % 4 + 1) for number in range(990)] + [bytes([n]) * n for n in range(1, 11)]
    kafka.write(*(Outgoing("in", key, b"", []) for key in keys))
    found = {record.key: record.partition for record in kafka.read("in")}
    assert found == {key: (murmur2(key) & 0x7FFFFFFF) % PARTITIONS for key in keys}


def test_a_transaction_writes_records_and_offsets_as_one_and_byte_for_byte(kafka: Kafka) -> None:
    kafka.write(Outgoing("in", b"k", b"v", []))
    odd = [
        Outgoing("out", None, None, []),
        Outgoing("out", b"", b"", [("same", None), ("same", b""), ("Zoë", b"\xff\x00"), ("", b"x")]),
        Outgoing("in", b"k", b"again", []),
    ]
    sink = kafka.sink()
    sink.start()
    with kafka.member() as source:
        records, _ = poll(source, lambda records, _: len(records) == 1)
        place = Partition("in", records[0].partition)
        assert source.committed([place]) == {place: None}
        sink.emit([journal.pack(odd)], {place: 1}, source.group_metadata())
        assert source.committed([place]) == {place: 1}
    found = kafka.read("out", "in")
    assert [(r.key, r.value, r.headers) for r in found if r.topic == "out" and r.value is None] == [(None, None, [])]
    assert [r.headers for r in found if r.value == b""] == [odd[1].headers]
    assert [r.value for r in found if r.topic == "in"] == [b"v", b"again"]
    assert admin.committed_offsets(kafka.cluster, f"{kafka.prefix}group") == {place: 1}


def test_nobody_reads_what_was_not_committed_and_the_successor_ends_it(kafka: Kafka) -> None:
    kafka.write(Outgoing("in", b"k", b"v", []))
    with kafka.member() as source:
        (record,), _ = poll(source, lambda records, _: len(records) == 1)
        place = Partition("in", record.partition)
        dying = kafka.sink("before-kafka-commit=1:raise")
        dying.start()
        with pytest.raises(FailpointError):
            dying.emit([journal.pack([Outgoing("in", b"k", b"lost", [])])], {place: 1}, source.group_metadata())
        successor = kafka.sink()
        successor.start()
        assert source.committed([place]) == {place: None}
        successor.emit([journal.pack([Outgoing("in", b"k", b"kept", [])])], {place: 1}, source.group_metadata())
        with pytest.raises(Unavailable, match="fenced"):
            dying._ask(Commit(), SECONDS)
    assert [record.value for record in kafka.read("in")] == [b"v", b"kept"]


def test_a_service_whose_writer_is_killed_hears_of_it(kafka: Kafka) -> None:
    sink = kafka.sink()
    sink.start()
    sink._process.kill()
    with pytest.raises(Unavailable, match="has ended with status -9"):
        sink.emit([journal.pack([Outgoing("in", b"k", b"lost", [])])], {}, None)
    assert kafka.read("in") == []


def test_a_writer_ends_with_its_service_and_commits_nothing(kafka: Kafka) -> None:
    sink = kafka.sink()
    sink.start()
    with kafka.member() as source:
        poll(source, lambda _, ends: len(ends) == PARTITIONS)
        block = journal.pack([Outgoing("in", b"k", b"lost", [])])
        sink._ask(Prepare([block], {Partition("in", 0): 1}, source.group_metadata()), SECONDS)
        sink._pipe.close()  # as when the service is killed
        assert sink._process.wait(SECONDS) == 0
        kafka.sink().start()
        assert source.committed([Partition("in", 0)]) == {Partition("in", 0): None}
    assert kafka.read("in") == []


def test_a_member_reads_from_where_it_is_told_to_the_end_behind_a_marker(kafka: Kafka) -> None:
    kafka.write(*(Outgoing("in", b"k", f"{n}".encode(), []) for n in range(5)))
    number = (murmur2(b"k") & 0x7FFFFFFF) % PARTITIONS
    place = Partition("in", number)
    with kafka.member({place: 3}) as source:
        records, _ = poll(source, lambda records, _: len(records) == 2)
        assert [(r.topic, r.partition, r.offset, r.value) for r in records] == [("in", number, 3, b"3"), ("in", number, 4, b"4")]
        sink = kafka.sink()
        sink.start()
        sink.emit([journal.pack([Outgoing("in", b"k", b"5", [])])], {place: 5}, source.group_metadata())
        records, _ = poll(source, lambda _, ends: ends.get(place) == 7)
        assert [r.offset for r in records] == [5]
        assert source.log_ranges([place]) == {place: LogRange(0, 7)}
        assert source.readable_ends([place]) == {place: 7}


def test_a_paused_partition_brings_nothing_and_goes_on_where_it_was(kafka: Kafka) -> None:
    kafka.write(*(Outgoing("in", b"k", f"{n}".encode(), []) for n in range(50)))
    with kafka.member() as source:
        seen = [record.offset for record in poll(source, lambda records, _: len(records) >= 1)[0]]
        place = Partition("in", (murmur2(b"k") & 0x7FFFFFFF) % PARTITIONS)
        source.pause([place])
        kafka.write(Outgoing("in", b"k", b"50", []))
        assert all(not source.poll(100, 0.1).records for _ in range(5))
        source.resume([place])
        rest = poll(source, lambda records, _: len(seen) + len(records) == 51)[0]
    assert seen + [record.offset for record in rest] == list(range(51))


def test_a_missing_topic_is_named(kafka: Kafka) -> None:
    with pytest.raises(SetupError, match=f"{kafka.prefix}nowhere is missing"):
        kafka.read("nowhere")


def test_a_record_that_is_too_large_is_not_passed_over_in_silence(kafka: Kafka) -> None:
    with pytest.raises(Unavailable, match="1 records could not be written"):
        kafka.write(Outgoing("in", b"k", randbytes(9 * 1024 * 1024), []))


def test_topics_are_made_once_with_what_the_contract_says(kafka: Kafka) -> None:
    assert admin.create_topics(kafka.cluster, [IN, OUT], partitions=3, replication=1) == []
    counts = admin.partition_counts(kafka.cluster)
    assert (counts[f"{kafka.prefix}in"], counts[f"{kafka.prefix}out"]) == (PARTITIONS, PARTITIONS)


def test_an_empty_groups_offset_can_be_set_and_a_busy_one_is_known(kafka: Kafka) -> None:
    group, place = f"{kafka.prefix}group", ("in", 3)
    assert admin.is_group_empty(kafka.cluster, group)
    admin.commit_offset(kafka.cluster, group, place, 0)
    assert admin.committed_offsets(kafka.cluster, group) == {place: 0}
    with kafka.member() as source:
        poll(source, lambda _, ends: len(ends) == PARTITIONS)
        assert not admin.is_group_empty(kafka.cluster, group)
    assert admin.log_ends(kafka.cluster, [place, ("in", PARTITIONS), ("nowhere", 0)]) == {place: 0}


def test_without_an_address_somebody_is_told_what_to_do() -> None:
    with pytest.raises(SetupError, match="leadline up"):
        admin.admin_client(Cluster({}, ""))
