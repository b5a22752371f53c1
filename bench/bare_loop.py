"""The least that exactly once costs: read, one database commit, one Kafka transaction; no domain, no fence, no journal."""

from __future__ import annotations

import sys

import psycopg
from confluent_kafka import Consumer, Producer, TopicPartition

from leadline.kafka.properties import consumer_properties, transactional_properties

SOURCE, TARGET = "bench.in", "bench.out"


def main(bootstrap: str, url: str) -> None:
    """Run until killed; offsets follow the group, since nothing here is ever killed on purpose."""
    user = {"bootstrap.servers": bootstrap}
    group = {"auto.offset.reset": "earliest", "enable.partition.eof": False}
    consumer = Consumer({**consumer_properties(user, "bare-loop", "bare-loop", "consumer"), **group})
    producer = Producer(transactional_properties(user, "bare-loop"))
    producer.init_transactions(30)
    consumer.subscribe([SOURCE])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bare_loop (id bigserial PRIMARY KEY, body bytea)")
        while True:
            first = consumer.poll(0.2)
            if first is None:
                continue
            messages = [m for m in (first, *consumer.consume(2_000, 0)) if m.error() is None]
            if not messages:
                continue
            connection.execute("INSERT INTO bare_loop (body) SELECT unnest(%b::bytea[])", ([m.value() for m in messages],))
            offsets = {(m.topic(), m.partition()): m.offset() + 1 for m in messages}
            producer.begin_transaction()
            for message in messages:
                producer.produce(TARGET, message.value(), message.key())
            positions = [TopicPartition(str(topic), int(number or 0), offset) for (topic, number), offset in offsets.items()]
            producer.send_offsets_to_transaction(positions, consumer.consumer_group_metadata())
            producer.commit_transaction()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
