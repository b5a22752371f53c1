"""`leadline dlq` against a real topic."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from leadline.delivery.ports import ReplayOutcome
from leadline.delivery.trail import DEAD_LETTER_FIRST, follow
from leadline.postgres.ledger import PostgresLedger
from leadline.postgres.migrate import migrate
from tests.integration.dead_letter_world import FIRST, OWN, SECOND, Installation, install
from tests.integration.projector_world import Projector
from tests.stack import Stack
from tests.unit.service_records import record


@pytest.fixture
def installation(stack: Stack, topic_prefix: str, database_url: str) -> Installation:
    return install(stack, topic_prefix, database_url)


def test_dead_letters_are_listed_for_people_and_for_programs(installation: Installation) -> None:
    result = installation.run("list")
    assert result.exit_code == 0
    assert all(text in result.stdout for text in (FIRST, SECOND, "SCHEMA_INVALID", "L-1"))
    assert "2 dead letters, 2 open" in result.stderr
    assert installation.listed() == {FIRST: "open", SECOND: "open"}
    assert installation.listed("--code", "TYPE_UNKNOWN") == {SECOND: "open"}
    assert installation.listed("--state", "discarded") == {}


def test_one_is_shown_with_its_own_bytes_and_nothing_that_a_terminal_obeys(installation: Installation) -> None:
    text = installation.run("show", FIRST)
    assert (text.exit_code, "\x1b" in text.stdout) == (0, False)
    assert "dlq-error-code: SCHEMA_INVALID" in text.stdout
    assert "header evil: ?[31m" in text.stdout
    shown: dict[str, Any] = orjson.loads(installation.run("show", FIRST, "--json").stdout)
    assert base64.b64decode(shown["record_value"]) == b"\xff{"
    assert [(name, base64.b64decode(value)) for name, value in shown["record_headers"]] == OWN


def test_a_replay_puts_the_record_back_as_it_was_and_says_who_did_it(installation: Installation) -> None:
    assert installation.run("replay", FIRST, "--by", "ada").exit_code == 0
    (record,) = installation.read("converter.replay")
    back = follow(record, installation.settings.topic_prefix, DEAD_LETTER_FIRST)
    assert (back.record.key, back.record.value, back.record.headers) == (b"L-1", b"\xff{", OWN)
    assert (str(back.origin), back.attempt.replays) == (FIRST, 1)
    (note,) = installation.read("operations.events")
    assert orjson.loads(note.value or b"")["requested_by"] == {"id": "ada"}
    assert installation.listed() == {FIRST: "replaying", SECOND: "open"}
    installation.die(1, "SCHEMA_INVALID")
    assert installation.listed() == {FIRST: "open", SECOND: "open"}


def test_everything_that_is_open_can_be_replayed_by_code(installation: Installation) -> None:
    assert installation.run("replay", "--all", "--code", "TYPE_UNKNOWN").exit_code == 0
    assert installation.listed() == {FIRST: "open", SECOND: "replaying"}
    assert installation.run("replay", "--all").exit_code == 0
    assert len(installation.read("converter.replay")) == 2, "what is on its way is not sent again"
    assert installation.run("replay", "--all").exit_code == 3


def test_discarding_keeps_the_record_and_the_reason(installation: Installation) -> None:
    assert installation.run("discard", SECOND, "--reason", "spam", "--by", "ada").exit_code == 0
    assert installation.listed() == {FIRST: "open", SECOND: "discarded"}
    assert orjson.loads(installation.read("operations.events")[0].value or b"")["reason"] == "spam"
    assert len(installation.read("converter.dlq")) == 2


@pytest.mark.parametrize("command", [("replay", FIRST), ("replay", "--all"), ("discard", FIRST, "--reason", "spam")])
def test_a_dry_run_says_what_it_would_do_and_does_nothing(installation: Installation, command: Sequence[str]) -> None:
    result = installation.run(*command, "--dry-run")
    assert (result.exit_code, FIRST in result.stdout, "would be" in result.stderr) == (0, True, True)
    assert installation.read("converter.replay") == installation.read("operations.events") == []


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (("show", "conversion.requests/3/9"), 3),
        (("replay", "conversion.requests/3/9"), 3),
        (("replay",), 2),
        (("replay", FIRST, "--all"), 2),
        (("discard", FIRST), 2),
        (("discard", "--reason", "spam"), 2),
    ],
)
def test_what_cannot_be_done_has_its_exit_status(installation: Installation, command: Sequence[str], status: int) -> None:
    assert installation.run(*command).exit_code == status
    assert installation.read("operations.events") == []


def test_a_record_that_died_in_two_services_is_listed_twice_and_replayed_to_both(installation: Installation) -> None:
    installation.die(1, "UNEXPECTED_ERROR", "projector")
    lines = installation.run("list", "--json").stdout.splitlines()
    assert sorted(orjson.loads(line)["service"] for line in lines) == ["converter", "converter", "projector"]
    installation.run("replay", FIRST)
    assert [len(installation.read(f"{service}.replay")) for service in ("converter", "projector")] == [1, 1]


def test_of_an_erased_person_nothing_but_place_and_reason_is_shown_and_nothing_is_replayed(
    installation: Installation, database_url: str
) -> None:
    environment = {**installation.environment, "PROJECTOR_DATABASE_URL": database_url}
    projector = Projector(database_url)
    projector.take(*installation.read("converter.dlq"), record("lead.events", "lead.erased", {"lead_id": "L-1"}))
    projector.close()
    erased = Installation(installation.settings, environment)
    shown = [erased.run(*words).stdout for words in (("list",), ("show", FIRST), ("show", FIRST, "--json"))]
    assert all(text not in output for output in shown for text in ("L-1", "evil", "/3sK", "no\n"))
    assert "erased: its person asked to be forgotten" in shown[1]
    assert orjson.loads(shown[2])["erased"] is True
    assert "0 replayed" in erased.run("replay", FIRST).stderr
    assert installation.read("converter.replay") == []


def prove(url: str, *rows: ReplayOutcome) -> None:
    """Note what the converter has come to, as its engine does."""
    migrate(url, "converter")
    ledger = PostgresLedger(url, "converter", "group", "")
    with ledger.work() as work:
        work.save_replay_outcomes(rows)
    ledger.close()


def test_a_replay_is_resolved_when_the_service_has_noted_it_and_is_not_sent_again(
    installation: Installation, database_url: str
) -> None:
    here = Installation(installation.settings, {**installation.environment, "CONVERTER_DATABASE_URL": database_url})
    assert here.run("replay", "--all").exit_code == 0
    prove(database_url, ReplayOutcome(FIRST, 1, "job", "retrying", "LEAD_UNKNOWN", "K-1"))
    assert here.listed() == {FIRST: "replaying", SECOND: "replaying"}
    assert "state: replaying (retrying)" in here.run("show", FIRST).stdout
    assert "state: replaying (outcome unknown)" in here.run("show", SECOND).stdout
    prove(database_url, ReplayOutcome(FIRST, 1, "job", "done", None, "K-1"))
    assert here.listed() == {FIRST: "resolved", SECOND: "replaying"}
    assert "state: resolved (conversion K-1)" in here.run("show", FIRST).stdout
    assert here.run("replay", FIRST).exit_code == 5
    assert len(here.read("converter.replay")) == 2


def test_a_quarantined_dead_letter_is_replayed_only_after_it_was_restored(installation: Installation) -> None:
    here = Installation(installation.settings, {**installation.environment, "LEADLINE_REPLAY_LIMIT": "1"})
    here.die(1, "SCHEMA_INVALID", replays=1)
    assert here.listed() == {FIRST: "quarantined", SECOND: "open"}
    assert here.run("replay", FIRST).exit_code == 5
    assert here.run("restore", FIRST, "--reason", "the fix is out", "--dry-run").exit_code == 0
    assert here.listed()[FIRST] == "quarantined"
    assert here.run("restore", FIRST, "--reason", "the fix is out", "--by", "ada").exit_code == 0
    assert here.run("restore", SECOND, "--reason", "it is open").exit_code == 3
    assert here.listed() == {FIRST: "open", SECOND: "open"}
    assert here.run("replay", FIRST).exit_code == 0
    assert len(here.read("converter.replay")) == 1


def test_people_are_told_of_a_replay_only_if_that_was_asked_for(installation: Installation) -> None:
    installation.run("replay", FIRST)
    installation.run("replay", SECOND, "--notify")
    told = {
        str(trail.origin): trail.attempt.is_told
        for record in installation.read("converter.replay")
        for trail in [follow(record, installation.settings.topic_prefix, DEAD_LETTER_FIRST)]
    }
    assert told == {FIRST: False, SECOND: True}
    assert [orjson.loads(note.value or b"")["notify"] for note in installation.read("operations.events")] == [False, True]
