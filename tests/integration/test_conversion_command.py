"""`leadline conversion …` on a real Kafka and status store: the command that it writes is one that the converter reads."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from typer.testing import CliRunner, Result

from leadline.cli.__main__ import app
from leadline.contracts.events.requests import ConversionCancelRequested, ConversionRetryRequested
from leadline.contracts.topics import business_topics
from leadline.delivery.message import Content
from leadline.kafka.admin import create_topics
from leadline.kafka.reading import read_topics
from leadline.runtime.cluster import cluster
from leadline.runtime.settings import Settings
from services.converter.decode import decode
from services.converter.domain.revert import Revert
from services.projector.domain.conversion import conversion_id_of
from tests.integration.projector_world import Projector
from tests.stack import Stack
from tests.unit.service_records import requested

TOPIC = "conversion.requests"
ID = conversion_id_of("key-1")


@dataclass
class Installation:
    """The topic of requests, a status store that knows one conversion, and the command line in this process."""

    settings: Settings
    environment: dict[str, str]

    def asked(self) -> list[Content]:
        user = {"bootstrap.servers": self.settings.kafka_bootstrap}
        return [decode(record) for record in read_topics(user, self.settings.topic_prefix, [TOPIC])]

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["conversion", *arguments], env=self.environment)


@pytest.fixture
def installation(stack: Stack, topic_prefix: str, database_url: str) -> Installation:
    environment = {
        "LEADLINE_TOPIC_PREFIX": topic_prefix,
        "LEADLINE_KAFKA_BOOTSTRAP": stack.kafka.bootstrap,
        "LEADLINE_DATABASE_URL": database_url,
    }
    settings = Settings(kafka_bootstrap=stack.kafka.bootstrap, topic_prefix=topic_prefix)
    topics = [topic for topic in business_topics() if topic.name == TOPIC]
    create_topics(cluster(settings), topics, partitions=1, replication=1)
    projector = Projector(database_url)
    projector.take(requested("key-1", "L-7", second=3))
    projector.close()
    return Installation(settings, environment)


def test_a_revert_is_asked_for_under_the_key_of_its_lead(installation: Installation) -> None:
    assert installation.run("revert", ID, "--by", "boss", "--reason", "wrong lead").exit_code == 0
    (asked,) = installation.asked()
    assert isinstance(asked.data, Revert)
    assert (asked.data.lead_id, asked.data.conversion_id, asked.data.reason) == ("L-7", ID, "wrong lead")
    assert asked.data.requested_by["id"] == "boss"


def test_a_retry_may_name_another_policy_and_each_wish_is_a_new_one(installation: Installation) -> None:
    assert installation.run("retry", ID, "--duplicate-policy", "fill_empty").exit_code == 0
    assert installation.run("cancel", ID).exit_code == 0
    retry, cancel = installation.asked()
    assert isinstance(retry.data, ConversionRetryRequested)
    assert isinstance(cancel.data, ConversionCancelRequested)
    assert (retry.data.duplicate_policy, retry.order_key, cancel.order_key) == ("fill_empty", "L-7", "L-7")
    assert retry.envelope.id != cancel.envelope.id


def test_a_dry_run_writes_nothing_and_a_conversion_that_nobody_knows_is_refused(installation: Installation) -> None:
    assert installation.run("revert", ID, "--dry-run").exit_code == 0
    assert installation.run("revert", "nobody").exit_code == 3
    assert installation.asked() == []
