"""The record of what operators did, on a real database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest
from typer.testing import CliRunner

from leadline.cli.__main__ import app
from leadline.operations.audit import PAGE_ROWS, latest, record, verify
from leadline.operations.chain import Act, Entry
from leadline.operations.desk import LOCK, desk
from leadline.postgres.locks import take_lock
from leadline.postgres.migrate import migrate
from leadline.postgres.pool import connect

AT = datetime(2026, 11, 25, 7, tzinfo=UTC)


@pytest.fixture
def url(database_url: str) -> str:
    migrate(database_url, "operations")
    return database_url


def act(number: int, entries: int = 2) -> Act:
    each = [
        Entry(str(UUID(int=number * 100_000 + i)), ("converter", f"lead.events/0/{i}"), {"state": "open"}, {"state": "discarded"})
        for i in range(entries)
    ]
    return Act(str(UUID(int=number)), "discard", "ada", AT, each, "spam")


def add(url: str, *acts: Act) -> None:
    for each in acts:
        with connect(url, "operations") as connection, connection.transaction():
            record(connection, each)


def test_what_was_recorded_is_told_newest_first_and_the_chain_holds(url: str) -> None:
    assert verify(url) is None
    add(url, act(1), act(2, PAGE_ROWS + 1))
    assert verify(url) is None
    (last,) = latest(url, 1)
    assert (last["sequence"], last["by"], last["reason"], last["dlq_id"]) == (
        PAGE_ROWS + 3,
        "ada",
        "spam",
        f"lead.events/0/{PAGE_ROWS}",
    )


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit SET by = 'eve' WHERE sequence = 2", 2),
        ("UPDATE audit SET after = '{}' WHERE sequence = 3", 3),
        ("DELETE FROM audit WHERE sequence = 1", 1),
        ("DELETE FROM audit WHERE sequence = 3", 3),
        ("DELETE FROM audit WHERE sequence >= 3", 3),
        ("DELETE FROM audit", 1),
        ("UPDATE audit_head SET sequence = 2", 3),
        ("DELETE FROM audit_head", 0),
    ],
)
def test_a_row_that_was_changed_or_removed_is_named(url: str, statement: str, broken: int) -> None:
    add(url, act(1), act(2))
    with connect(url, "operations") as connection:
        connection.execute(statement.encode())
    assert verify(url) == broken


def test_an_act_that_is_rolled_back_leaves_no_row(url: str) -> None:
    with pytest.raises(ZeroDivisionError), connect(url, "operations") as connection, connection.transaction():
        record(connection, act(1))
        raise ZeroDivisionError
    assert (latest(url, 9), verify(url)) == ([], None)


@pytest.mark.parametrize(("words", "status"), [(("verify", "--json"), 1), (("verify",), 1), (("list", "--json"), 0)])
def test_the_command_line_tells_of_a_broken_chain(url: str, words: Sequence[str], status: int) -> None:
    add(url, act(1))
    environment = {"OPERATIONS_DATABASE_URL": url}
    assert CliRunner().invoke(app, ["audit", "verify"], env=environment).exit_code == 0
    with connect(url, "operations") as connection:
        connection.execute("UPDATE audit SET reason = 'none' WHERE sequence = 2")
    result = CliRunner().invoke(app, ["audit", *words], env=environment)
    assert result.exit_code == status
    if words == ("verify", "--json"):
        assert orjson.loads(result.stdout) == {"holds": False, "first_broken": 2}
    if words == ("list", "--json"):
        assert [orjson.loads(line)["sequence"] for line in result.stdout.splitlines()] == [2, 1]


def test_without_its_tables_the_audit_says_what_to_do(database_url: str) -> None:
    for words in ("verify", "list"):
        result = CliRunner().invoke(app, ["audit", words], env={"OPERATIONS_DATABASE_URL": database_url})
        assert "leadline db migrate" in str(result.exception)


def test_who_waits_too_long_for_another_operator_decides_nothing(url: str) -> None:
    with desk(url), connect(url, "operations") as second:
        second.execute("SET lock_timeout = 50")
        assert not take_lock(second, LOCK)
    with connect(url, "operations") as second:
        assert take_lock(second, LOCK), "the lock goes with its holder"
