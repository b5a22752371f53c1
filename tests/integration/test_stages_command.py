"""`leadline stages tick` against a real topic."""

from __future__ import annotations

from dataclasses import dataclass

import orjson
import pytest
from typer.testing import CliRunner, Result

from leadline.cli.__main__ import app
from leadline.contracts.envelope import read_envelope
from leadline.contracts.topics import business_topics
from leadline.delivery.record import Record
from leadline.kafka.admin import create_topics
from leadline.kafka.reading import read_topics
from leadline.runtime.cluster import cluster
from leadline.runtime.settings import Settings
from services.notifier.reading import read
from tests.stack import Stack

PARTITIONS = 3
PAST, FUTURE = "2026-01-02T01:00:00+01:00", "2999-01-01T00:00:00Z"


@dataclass
class Installation:
    """The topic of ticks, and the command line in this process."""

    settings: Settings
    environment: dict[str, str]

    def ticks(self) -> list[Record]:
        user = {"bootstrap.servers": self.settings.kafka_bootstrap}
        return list(read_topics(user, self.settings.topic_prefix, ["stage.ticks"]))

    def tick(self, *options: str) -> Result:
        return CliRunner().invoke(app, ["stages", "tick", *options], env=self.environment)


@pytest.fixture
def installation(stack: Stack, topic_prefix: str) -> Installation:
    environment = {
        "LEADLINE_TOPIC_PREFIX": topic_prefix,
        "LEADLINE_KAFKA_BOOTSTRAP": stack.kafka.bootstrap,
        "LEADLINE_DATABASE_URL": stack.postgres.url,
    }
    settings = Settings(kafka_bootstrap=stack.kafka.bootstrap, topic_prefix=topic_prefix)
    topics = [topic for topic in business_topics() if topic.name == "stage.ticks"]
    create_topics(cluster(settings), topics, partitions=PARTITIONS, replication=1)
    return Installation(settings, environment)


def test_every_partition_is_told_in_a_form_that_the_notifier_reads(installation: Installation) -> None:
    assert installation.tick("--at", PAST).exit_code == 0
    ticks = installation.ticks()
    assert sorted((each.partition, each.key) for each in ticks) == [
        (number, str(number).encode()) for number in range(PARTITIONS)
    ]
    assert {read(each).data["at"] for each in ticks} == {"2026-01-02T00:00:00.000000Z"}
    assert {read_envelope(each.headers, each.value).source for each in ticks} == {"/leadline/cli"}


def test_without_a_time_it_is_now(installation: Installation) -> None:
    assert installation.tick().exit_code == 0
    assert {orjson.loads(each.value or b"")["at"][:2] for each in installation.ticks()} == {"20"}


def test_a_time_that_is_still_to_come_is_refused_unless_one_insists(installation: Installation) -> None:
    assert installation.tick("--at", FUTURE).exit_code == 5
    assert installation.ticks() == []
    assert installation.tick("--at", FUTURE, "--ahead").exit_code == 0
    assert len(installation.ticks()) == PARTITIONS


def test_a_dry_run_writes_nothing(installation: Installation) -> None:
    result = installation.tick("--at", PAST, "--dry-run")
    assert (result.exit_code, installation.ticks()) == (0, [])


def test_what_is_no_time_is_a_wrong_call(installation: Installation) -> None:
    result = installation.tick("--at", "yesterday")
    assert result.exit_code == 2
    assert "RFC 3339" in result.stderr


def test_without_the_topic_it_says_what_to_do(installation: Installation) -> None:
    installation.environment["LEADLINE_TOPIC_PREFIX"] += "other."
    result = installation.tick()
    assert "leadline topics create" in str(result.exception)
