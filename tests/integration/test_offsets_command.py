"""`leadline offsets show|move` on a real group: the way out that every refusal to start names."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from leadline.cli.__main__ import app
from leadline.contracts.topics import business_topics
from leadline.delivery.ports import JournalRow, Partition
from leadline.delivery.record import Outgoing
from leadline.kafka.admin import committed_offsets, create_topics
from leadline.kafka.publish import publish_records
from leadline.postgres.ledger import PostgresLedger
from leadline.postgres.migrate import migrate
from leadline.runtime.cluster import cluster
from leadline.runtime.settings import Settings
from tests.stack import Stack

PLACE = Partition("lead.events", 0)


@pytest.fixture
def settings(stack: Stack, database_url: str, topic_prefix: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Three records, of which the database has two and the group none."""
    monkeypatch.setenv("LEADLINE_KAFKA_BOOTSTRAP", stack.kafka.bootstrap)
    monkeypatch.setenv("LEADLINE_DATABASE_URL", database_url)
    monkeypatch.setenv("LEADLINE_TOPIC_PREFIX", topic_prefix)
    monkeypatch.setenv("LEADLINE_TOPIC_PARTITIONS", "1")
    monkeypatch.setenv("COLUMNS", "200")
    settings = Settings()
    create_topics(cluster(settings), business_topics()[:1], partitions=1, replication=1)
    migrate(database_url, "converter")
    user = {"bootstrap.servers": stack.kafka.bootstrap}
    publish_records(user, topic_prefix, [Outgoing("lead.events", b"k", b"v", [])] * 3)
    ledger = PostgresLedger(database_url, "converter", f"{topic_prefix}converter", topic_prefix)
    ledger.claim([PLACE])
    ledger.begin_at({PLACE: 2})
    with ledger.work() as work:
        work.write_journal([JournalRow(PLACE, 2, b"")])
    ledger.close()
    return settings


def move(to: int, *more: str) -> tuple[int, str]:
    place = f"{PLACE.topic}/{PLACE.number}"
    result = CliRunner().invoke(app, ["offsets", "move", place, "--to", str(to), "--service", "converter", *more])
    return result.exit_code, result.output


def standing(settings: Settings) -> tuple[tuple[int, int], list[JournalRow], dict[tuple[str, int], int]]:
    group = f"{settings.topic_prefix}converter"
    ledger = PostgresLedger(str(settings.database_url), "converter", group, settings.topic_prefix)
    try:
        return ledger.progress([PLACE])[PLACE], ledger.journal([PLACE]), committed_offsets(cluster(settings), group)
    finally:
        ledger.close()


def test_database_and_group_are_moved_together_and_the_journal_forgets(settings: Settings) -> None:
    assert move(1) == (0, "lead.events/0: 2 -> 1\n")
    assert standing(settings) == ((2, 1), [], {PLACE: 1})
    shown = CliRunner().invoke(app, ["offsets", "show", "--service", "converter"])
    assert "lead.events/0" in shown.output


def test_a_dry_run_moves_nothing(settings: Settings) -> None:
    before = standing(settings)
    assert move(1, "--dry-run") == (0, "lead.events/0: 2 -> 1 (nothing was changed)\n")
    assert standing(settings) == before


def test_an_offset_behind_the_end_is_refused(settings: Settings) -> None:
    before = standing(settings)
    status, output = move(4)
    assert (status, "ends at 3" in output) == (1, True)
    assert standing(settings) == before
