"""`leadline dlq` against a real topic."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner, Result

from leadline.cli.__main__ import app
from leadline.contracts.codes import ErrorCode
from leadline.contracts.topics import all_topics
from leadline.delivery.message import Attempt, Failure
from leadline.delivery.ports import ReplayOutcome
from leadline.delivery.record import Origin, Outgoing, Record
from leadline.delivery.trail import DEAD_LETTER_FIRST, Death, Trail, dead_letter_headers, follow
from leadline.kafka.admin import create_topics
from leadline.kafka.publish import publish_records
from leadline.kafka.reading import read_topics
from leadline.operations.transfer import NotAnExportError
from leadline.postgres.ledger import PostgresLedger
from leadline.postgres.migrate import migrate
from leadline.runtime.cluster import cluster
from leadline.runtime.settings import Settings
from tests.integration.projector_world import Projector
from tests.stack import Stack
from tests.unit.service_records import record

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
OWN: list[tuple[str, bytes | None]] = [("ce_id", b"e-1"), ("evil", b"\x1b[31m")]
FIRST, SECOND = "conversion.requests/3/1", "conversion.requests/3/2"


@dataclass
class Installation:
    """Topics, two dead letters in them, and the command line in this process."""

    settings: Settings
    environment: dict[str, str]

    def die(self, offset: int, code: str, service: str = "converter", replays: int = 0) -> None:
        original = Record("conversion.requests", 3, offset, 5, b"L-1", b"\xff{", OWN)
        trail = Trail(original, Origin(*original[:4]), Attempt(1, replays, None))
        headers = dead_letter_headers(trail, Death(service, Failure(code, "no"), AT, "K-1"))
        self.publish(Outgoing(f"{service}.dlq", original.key, original.value, headers))

    def publish(self, *records: Outgoing) -> None:
        publish_records({"bootstrap.servers": self.settings.kafka_bootstrap}, self.settings.topic_prefix, records)

    def read(self, topic: str) -> list[Record]:
        user = {"bootstrap.servers": self.settings.kafka_bootstrap}
        return list(read_topics(user, self.settings.topic_prefix, [topic]))

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["dlq", *arguments], env=self.environment)

    def listed(self, *options: str) -> dict[str, str]:
        """The state of each dead letter."""
        lines = self.run("list", "--json", *options).stdout.splitlines()
        return {letter["dlq_id"]: letter["state"] for letter in map(orjson.loads, lines)}


@pytest.fixture
def installation(stack: Stack, topic_prefix: str) -> Installation:
    environment = {
        "LEADLINE_KAFKA_BOOTSTRAP": stack.kafka.bootstrap,
        "LEADLINE_DATABASE_URL": stack.postgres.url,
        "LEADLINE_TOPIC_PREFIX": topic_prefix,
        "COLUMNS": "200",
    }
    settings = Settings(kafka_bootstrap=stack.kafka.bootstrap, topic_prefix=topic_prefix)
    needed = [topic for topic in all_topics(()) if topic.name.endswith((".dlq", ".replay", "operations.events"))]
    create_topics(cluster(settings), needed, partitions=1, replication=1)
    installation = Installation(settings, environment)
    installation.die(1, "SCHEMA_INVALID")
    installation.die(2, "TYPE_UNKNOWN")
    return installation


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


def test_those_that_are_replayed_are_chosen_by_any_of_the_filters(installation: Installation) -> None:
    group = orjson.loads(installation.run("groups", "--json", "--code", "SCHEMA_INVALID").stdout)
    missing = ("--topic", "lead.events"), ("--key", "L-2"), ("--text", "nowhere"), ("--until", "2026-11-22T08:00:00Z")
    for option in (*missing, ("--service", "projector"), ("--fingerprint", "0"), ("--since", "2026-11-22T08:00:01Z")):
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


def test_what_was_exported_is_put_back_where_the_topic_has_it_no_more(installation: Installation, tmp_path: Path) -> None:
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


def test_nothing_is_imported_of_a_file_with_one_line_that_is_no_dead_letter(installation: Installation, tmp_path: Path) -> None:
    file = tmp_path / "letters.jsonl"
    file.write_bytes(installation.run("export").stdout_bytes + b'{"format": "else"}\n')
    refused = installation.run("import", str(file))
    assert isinstance(refused.exception, NotAnExportError)
    assert "line 3 is no exported dead letter" in str(refused.exception)
    assert len(installation.read("converter.dlq")) == 2
