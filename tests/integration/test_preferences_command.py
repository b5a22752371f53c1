"""`leadline notifications preferences|subscribe|unsubscribe|team` against a real topic and the notifier's real tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

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
from tests.integration.notifier_on_postgres import Notifier, open_notifier
from tests.stack import Stack
from tests.unit.service_records import members, preferences, subscription

HOOK = {"channel": "webhook", "address": "https://example.com/hook", "secrets": ["whsec_a", "whsec_b"]}


@dataclass
class Installation:
    """The topic of requests, the notifier's tables, and the command line in this process."""

    settings: Settings
    environment: dict[str, str]
    notifier: Notifier

    def records(self) -> list[Record]:
        user = {"bootstrap.servers": self.settings.kafka_bootstrap}
        return list(read_topics(user, self.settings.topic_prefix, ["notification.requests"]))

    def run(self, *words: str, stdin: Any = None) -> Result:
        given = None if stdin is None else orjson.dumps(stdin)
        return CliRunner().invoke(app, ["notifications", *words], env=self.environment, input=given)


@pytest.fixture
def installation(stack: Stack, topic_prefix: str, database_url: str) -> Iterator[Installation]:
    environment = {
        "LEADLINE_TOPIC_PREFIX": topic_prefix,
        "LEADLINE_KAFKA_BOOTSTRAP": stack.kafka.bootstrap,
        "LEADLINE_DATABASE_URL": database_url,
    }
    settings = Settings(kafka_bootstrap=stack.kafka.bootstrap, topic_prefix=topic_prefix)
    topics = [topic for topic in business_topics() if topic.name == "notification.requests"]
    create_topics(cluster(settings), topics, partitions=2, replication=1)
    with open_notifier(database_url) as notifier:
        yield Installation(settings, environment, notifier)


def test_what_is_published_is_what_the_notifier_takes(installation: Installation) -> None:
    said = {"language": "de", "quiet_from": "22:00", "quiet_until": "07:00", "time_zone": "Europe/Berlin", "channels": [HOOK]}
    for words, stdin in (
        (("preferences", "rep-3", "--set", "-"), said),
        (("team", "north", "rep-3", "rep-4"), None),
        (("subscribe", "first-sale", "--user", "rep-3"), None),
        (("subscribe", "reminder", "--team", "north", "--scope", "team"), None),
        (("unsubscribe", "first-sale", "--user", "rep-3"), None),
    ):
        assert installation.run(*words, stdin=stdin).exit_code == 0
    records = installation.records()
    assert [each.key for each in sorted(records, key=lambda each: read_envelope(each.headers, each.value).time or "")] == [
        b"rep-3",
        b"north",
        b"rep-3",
        b"north",
        b"rep-3",
    ]
    for each in records:
        installation.notifier.take(each._replace(topic="notification.requests"))
    shown = orjson.loads(installation.run("preferences", "rep-3", "--json").stdout)
    assert (shown["language"], shown["quiet_from"], shown["digest"], shown["teams"]) == ("de", "22:00", "off", ["north"])
    assert [(each["kind"], each["scope"], each["team"], each["is_on"]) for each in shown["subscriptions"]] == [
        ("first-sale", "own", None, False),
        ("reminder", "team", "north", True),
    ]


def test_secrets_are_counted_and_not_shown(installation: Installation) -> None:
    installation.notifier.take(preferences(channels=[HOOK]), members("north", "rep-3"), subscription("subscribed"))
    for words in (("preferences", "rep-3"), ("preferences", "rep-3", "--json")):
        result = installation.run(*words)
        assert result.exit_code == 0
        assert "https://example.com/hook" in result.stdout.replace("\n", "")
        assert "whsec" not in result.stdout
    assert orjson.loads(result.stdout)["channels"][0]["secrets"] == 2


def test_of_whom_nothing_is_known_it_says_so(installation: Installation) -> None:
    result = installation.run("preferences", "rep-9")
    assert (result.exit_code, result.stdout) == (3, "")


@pytest.mark.parametrize(
    ("words", "stdin"),
    [
        (("subscribe", "first-sale", "--user", "rep-3", "--dry-run"), None),
        (("team", "north", "--dry-run"), None),
        (("preferences", "rep-3", "--set", "-", "--dry-run"), {"language": "de"}),
    ],
)
def test_a_dry_run_shows_the_body_and_writes_nothing(installation: Installation, words: tuple[str, ...], stdin: Any) -> None:
    result = installation.run(*words, stdin=stdin)
    assert (result.exit_code, installation.records()) == (0, [])
    assert orjson.loads(result.stdout)


@pytest.mark.parametrize(
    ("words", "stdin", "said"),
    [
        (("subscribe", "first-sale"), None, "--user and --team"),
        (("subscribe", "first-sale", "--user", "a", "--team", "b"), None, "--user and --team"),
        (("subscribe", "first-sale", "--user", "a", "--scope", "mine"), None, "scope"),
        (("subscribe", "birthday", "--user", "a"), None, "birthday"),
        (("preferences", "rep-3", "--set", "-"), {"time_zone": "Europe/Bielefeld"}, "time_zone"),
        (("preferences", "rep-3", "--set", "-"), {"quiet_from": "ten"}, "quiet_from"),
        (("preferences", "rep-3", "--set", "-"), ["de"], "JSON object"),
    ],
)
def test_what_the_notifier_would_refuse_is_a_wrong_call(
    installation: Installation, words: tuple[str, ...], stdin: Any, said: str
) -> None:
    result = installation.run(*words, stdin=stdin)
    assert (result.exit_code, installation.records()) == (2, [])
    assert said in result.stderr
