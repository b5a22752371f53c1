"""The program in docs/contract.md reads real records and prints those that keep their schema."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadline.contracts.envelope import Envelope, write_headers
from leadline.contracts.topics import business_topics
from leadline.delivery.record import Outgoing
from leadline.kafka.admin import create_topics
from leadline.kafka.publish import publish_records
from leadline.runtime.cluster import cluster
from leadline.runtime.settings import Settings
from tests.stack import Stack

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "schemas"
CREATED = "leadline.customer.created.v1"
BODY = (SCHEMAS / "examples" / "customer.created.v1" / "valid-full.json").read_bytes()
NEWER = "leadline.customer.renamed.v1"


def program() -> str:
    [found] = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "contract.md").read_text("utf-8"), re.DOTALL)
    return str(found)


def told(event_type: str, body: bytes) -> Outgoing:
    return Outgoing("customer.events", b"C-1", body, [*write_headers(Envelope("1", "/test", event_type))])


@pytest.fixture
def settings(stack: Stack, topic_prefix: str) -> Settings:
    """An installation of its own, with the topic that is to be read."""
    made = Settings(kafka_bootstrap=stack.kafka.bootstrap, topic_prefix=topic_prefix)
    needed = [topic for topic in business_topics() if topic.name == "customer.events"]
    create_topics(cluster(made), needed, partitions=1, replication=1)
    return made


@pytest.fixture
def reader(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """The program, started as the page says."""
    words = [str(settings.kafka_bootstrap), f"{settings.topic_prefix}customer.events", str(SCHEMAS)]
    source = program().replace('"reader"', f'"{settings.topic_prefix}reader"')
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", source, *words], stdout=pipe, stderr=pipe, text=True) as process:
        yield process
        process.kill()


def publish(settings: Settings, *records: Outgoing) -> None:
    publish_records({"bootstrap.servers": settings.kafka_bootstrap}, settings.topic_prefix, records)


def test_it_passes_over_types_that_it_does_not_know_and_prints_the_others(
    settings: Settings, reader: subprocess.Popen[str]
) -> None:
    publish(settings, told(NEWER, b"{}"), told(CREATED, BODY))
    assert reader.stdout
    event_type, _, body = reader.stdout.readline().partition(" ")
    assert (event_type, json.loads(body)) == (CREATED, json.loads(BODY))


def test_it_stops_at_a_body_that_breaks_its_schema(settings: Settings, reader: subprocess.Popen[str]) -> None:
    publish(settings, told(CREATED, b'{"customer_id": "C-1"}'))
    printed, complaint = reader.communicate(timeout=60)
    assert printed == ""
    assert "is a required property" in complaint
