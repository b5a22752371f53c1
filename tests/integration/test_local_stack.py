"""The embedded servers as a test sees them."""

from __future__ import annotations

import psycopg
from confluent_kafka.admin import AdminClient

from tests.stack import Stack


def test_the_shared_stack_answers(stack: Stack, database_url: str, topic_prefix: str) -> None:
    cluster = AdminClient({"bootstrap.servers": stack.kafka.bootstrap}).list_topics(timeout=5)
    with psycopg.connect(database_url) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert len(cluster.brokers) == 1
    assert tables == (0,)
    assert topic_prefix.endswith(".")
