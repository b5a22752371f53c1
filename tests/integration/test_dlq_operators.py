"""`leadline dlq` as operators use it: choosing, groups, copies, two at once, and the audit of it."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest

from leadline.contracts.codes import ErrorCode
from leadline.contracts.topics import all_topics
from leadline.errors import SetupError
from leadline.kafka.admin import create_topics
from leadline.operations import audit
from leadline.operations.transfer import NotAnExportError
from leadline.postgres.pool import connect
from leadline.runtime.cluster import cluster
from tests.integration.dead_letter_world import FIRST, SECOND, Installation, install
from tests.stack import Stack


@pytest.fixture
def installation(stack: Stack, topic_prefix: str, database_url: str) -> Installation:
    return install(stack, topic_prefix, database_url)


def test_those_that_are_replayed_are_chosen_by_any_of_the_filters(installation: Installation) -> None:
    group = orjson.loads(installation.run("groups", "--json", "--code", "SCHEMA_INVALID").stdout)
    missing = ("--topic", "lead.events"), ("--key", "L-2"), ("--text", "nowhere"), ("--until", "2026-11-22T08:00:00Z")
    for option in (*missing, ("--service", "projector"), ("--fingerprint", "0"), ("--since", "2026-11-22T08:00:00.001Z")):
        assert installation.run("replay", "--all", *option).exit_code == 3, option
    assert installation.run("replay", "--all", "--since", "yesterday").exit_code == 2
    chosen = ("--fingerprint", group["fingerprint"], "--since", "2026-11-22T08:00:00Z", "--key", "L-1", "--text", "\x1b[31m")
    assert installation.run("replay", "--all", *chosen).exit_code == 0
    assert installation.listed() == {FIRST: "replaying", SECOND: "open"}


def test_groups_are_told_with_their_counts_and_what_usually_helps(installation: Installation) -> None:
    installation.die(3, "SCHEMA_INVALID")
    installation.run("discard", FIRST, "--reason", "spam")
    text = installation.run("groups")
    assert (text.exit_code, "2 groups" in text.stderr) == (0, True)
    assert "SCHEMA_INVALID  converter: 1 discarded, 1 open" in text.stdout
    assert ErrorCode.SCHEMA_INVALID.docs in text.stdout
    assert {
        each["code"]: each["number"] for each in map(orjson.loads, installation.run("groups", "--json").stdout.splitlines())
    } == {
        "SCHEMA_INVALID": 2,
        "TYPE_UNKNOWN": 1,
    }


def test_what_was_exported_is_put_back_where_the_topic_has_it_no_more(
    installation: Installation, tmp_path: Path, database_url: str
) -> None:
    file = tmp_path / "letters.jsonl"
    file.write_bytes(installation.run("export").stdout_bytes)
    before = [(record.key, record.value, record.headers) for record in installation.read("converter.dlq")]
    assert "0 imported, 2 were there" in installation.run("import", str(file)).stderr
    lost = Installation(
        installation.settings.model_copy(update={"topic_prefix": f"{installation.settings.topic_prefix}lost."}), {}
    )
    needed = [topic for topic in all_topics(()) if topic.name.endswith((".dlq", "operations.events"))]
    create_topics(cluster(lost.settings), needed, partitions=1, replication=1)
    lost.environment = {**installation.environment, "LEADLINE_TOPIC_PREFIX": lost.settings.topic_prefix}
    assert "2 imported, 0 were there" in lost.run("import", str(file)).stderr
    assert [(record.key, record.value, record.headers) for record in lost.read("converter.dlq")] == before
    assert lost.listed() == {FIRST: "open", SECOND: "open"}
    assert [(row["verb"], row["dlq_id"]) for row in audit.latest(database_url, 9)] == [("imported", SECOND), ("imported", FIRST)]


def test_nothing_is_imported_of_a_file_with_one_line_that_is_no_dead_letter(installation: Installation, tmp_path: Path) -> None:
    file = tmp_path / "letters.jsonl"
    file.write_bytes(installation.run("export").stdout_bytes + b'{"format": "else"}\n')
    refused = installation.run("import", str(file))
    assert isinstance(refused.exception, NotAnExportError)
    assert "line 3 is no exported dead letter" in str(refused.exception)
    assert len(installation.read("converter.dlq")) == 2


def test_every_decision_is_in_the_audit_with_who_why_before_and_after(installation: Installation, database_url: str) -> None:
    installation.run("replay", FIRST, "--by", "ada", "--reason", "the fix is out")
    installation.run("discard", SECOND, "--by", "bob", "--reason", "spam")
    installation.run("restore", SECOND, "--by", "ada", "--reason", "no spam")
    installation.run("replay", "--all", "--dry-run")
    rows = [
        (row["verb"], row["by"], row["reason"], row["dlq_id"], row["before"]["state"], row["after"]["state"])
        for row in reversed(audit.latest(database_url, 10))
    ]
    assert rows == [
        ("replayed", "ada", "the fix is out", FIRST, "open", "replaying"),
        ("discarded", "bob", "spam", SECOND, "open", "discarded"),
        ("restored", "ada", "no spam", SECOND, "discarded", "open"),
    ]
    assert audit.verify(database_url) is None


def test_of_two_who_replay_the_same_at_once_one_does(installation: Installation) -> None:
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda _: subprocess_dlq(installation, "replay", FIRST, SECOND), range(2)))
    assert sorted(said) == [0, 5]
    assert len(installation.read("converter.replay")) == 2
    assert installation.run("replay", FIRST).exit_code == 5
    assert installation.run("replay", FIRST, "--again").exit_code == 0
    assert len(installation.read("converter.replay")) == 3


def subprocess_dlq(installation: Installation, *arguments: str) -> int:
    """The command in a process of its own, since two in this one would share its standard output."""
    command = [sys.executable, "-m", "leadline.cli", "dlq", *arguments]
    return subprocess.run(command, env=os.environ | installation.environment, check=False, capture_output=True).returncode


def test_nothing_is_replayed_where_it_could_not_be_recorded(installation: Installation, database_url: str) -> None:
    with connect(database_url, "public") as connection:
        connection.execute("DROP SCHEMA operations CASCADE")
    refused = installation.run("replay", FIRST)
    assert isinstance(refused.exception, SetupError)
    assert "leadline db migrate" in str(refused.exception)
    assert installation.read("converter.replay") == []
