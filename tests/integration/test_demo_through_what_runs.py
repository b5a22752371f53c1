"""`leadline demo --running` on an installation that is not empty."""

from __future__ import annotations

import pytest
from confluent_kafka import KafkaException

from leadline.cli.demo import demo
from leadline.errors import SetupError
from leadline.kafka.admin import log_ends
from leadline.kafka.publish import publish_records
from leadline.runtime.cluster import cluster, create_topics
from leadline.runtime.settings import Settings, kafka_properties
from tests.scenarios.harness.records import qualified_lead
from tests.stack import Stack
from tests.waiting import until


def test_the_day_is_refused_where_there_are_records_already(
    stack: Stack, database_url: str, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(kafka_bootstrap=stack.kafka.bootstrap, database_url=database_url, topic_prefix=topic_prefix)
    create_topics(settings)
    publish_records(kafka_properties(settings), topic_prefix, qualified_lead("L-1"))
    until(lambda: _has_leaders(settings), 60, "each partition of lead.events has a leader")
    for name in ("kafka_bootstrap", "database_url", "topic_prefix"):
        monkeypatch.setenv(f"LEADLINE_{name.upper()}", str(getattr(settings, name)))

    with pytest.raises(SetupError, match="holds records already"):
        demo(running=True)


def _has_leaders(settings: Settings) -> bool:
    """A broker that has just made a topic may not lead each of its partitions yet."""
    try:
        return bool(log_ends(cluster(settings), [("lead.events", number) for number in range(settings.topic_partitions)]))
    except KafkaException:
        return False
