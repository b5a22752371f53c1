"""`leadline notifications list|show|resend|preview` against a real ledger."""

from __future__ import annotations

import orjson
import pytest
from typer.testing import CliRunner, Result

from leadline.cli.__main__ import app
from leadline.operations.inbox import Wanted, inbox
from services.notifier.domain.delivery import Outcome, delivery_id
from tests.integration.ledger_on_postgres import Ledger, letter

URL = "https://one.example/hook"


@pytest.fixture
def ledger(database_url: str) -> Ledger:
    """A dead, an unknown and a confirmed webhook."""
    ledger = Ledger(database_url)
    ledger.register("rep-1", "webhook", URL)
    ledger.record(letter(1), letter(2), letter(3), letter(4, "rep-2"))
    outcomes = {"N-1": Outcome("refused", "gone"), "N-2": Outcome("unknown", "no answer"), "N-3": Outcome("confirmed")}
    for each in ledger.claim():
        ledger.settle(each, outcomes[each.notification_id])
    return ledger


def call(ledger: Ledger, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["notifications", *arguments], env={"NOTIFIER_DATABASE_URL": ledger.url})


def listed(ledger: Ledger, *options: str) -> list[tuple[str, str, str]]:
    rows = [orjson.loads(line) for line in call(ledger, "list", "--json", *options).stdout.splitlines()]
    return [(row["notification_id"], row["channel"], row["state"]) for row in rows]


def test_deliveries_are_listed_newest_first_by_state_channel_and_recipient(ledger: Ledger) -> None:
    assert listed(ledger, "--channel", "webhook") == [
        ("N-3", "webhook", "confirmed"),
        ("N-2", "webhook", "unknown"),
        ("N-1", "webhook", "dead"),
    ]
    assert listed(ledger, "--state", "dead") == [("N-1", "webhook", "dead")]
    assert listed(ledger, "--recipient", "rep-2") == [("N-4", "in-app", "confirmed")]
    assert listed(ledger, "--limit", "1") == [("N-4", "in-app", "confirmed")]


def test_a_state_that_there_is_none_of_is_a_usage_error(ledger: Ledger) -> None:
    assert call(ledger, "list", "--state", "lost").exit_code == 2


def test_one_notification_is_shown_with_its_deliveries(ledger: Ledger) -> None:
    shown = orjson.loads(call(ledger, "show", "N-1", "--json").stdout)
    assert (shown["title"], shown["read_at"]) == ("First sale", None)
    assert {(each["channel"], each["state"], each["last_error"]) for each in shown["deliveries"]} == {
        ("in-app", "confirmed", None),
        ("webhook", "dead", "gone"),
    }
    assert "gone" in call(ledger, "show", "N-1").stdout
    assert call(ledger, "show", "N-9").exit_code == 3


def test_the_dead_and_the_unknown_are_sent_again_under_their_ids(ledger: Ledger) -> None:
    ids = sorted(delivery_id(each, "webhook", URL) for each in ("N-1", "N-2"))
    assert call(ledger, "resend", "--all", "--dry-run").stdout.split() == ids
    assert ledger.claim() == []
    assert call(ledger, "resend", "--all").stdout.split() == ids
    assert sorted((each.delivery_id, each.attempts) for each in ledger.claim()) == [(id, 1) for id in ids]
    assert call(ledger, "resend", "--all").exit_code == 3


def test_one_is_sent_again_by_the_id_of_its_notification_or_its_own(ledger: Ledger) -> None:
    assert call(ledger, "resend", "N-1").exit_code == 0
    assert call(ledger, "resend", delivery_id("N-2", "webhook", URL)).exit_code == 0
    assert {each.notification_id for each in ledger.claim()} == {"N-1", "N-2"}


def test_what_has_arrived_or_is_withdrawn_is_not_sent_again(ledger: Ledger) -> None:
    ledger.record(withdrawn=["N-1"])
    assert [call(ledger, "resend", id).exit_code for id in ("N-1", "N-3", "N-9")] == [3, 3, 3]


@pytest.mark.parametrize("arguments", [[], ["N-1", "--all"]])
def test_what_to_send_again_has_to_be_said_in_one_way(ledger: Ledger, arguments: list[str]) -> None:
    assert call(ledger, "resend", *arguments).exit_code == 2


def test_the_table_is_for_people_and_marks_what_was_withdrawn(ledger: Ledger) -> None:
    ledger.record(withdrawn=["N-4"])
    assert "withdrawn" in call(ledger, "list", "--recipient", "rep-2").stdout


def in_inbox(ledger: Ledger, recipient: str, *options: str) -> list[tuple[str, bool]]:
    rows = [orjson.loads(line) for line in call(ledger, "inbox", recipient, "--json", *options).stdout.splitlines()]
    return [(row["notification_id"], row["read_at"] is not None) for row in rows]


def test_an_inbox_is_one_persons_newest_first_and_knows_what_was_read(ledger: Ledger) -> None:
    assert call(ledger, "read", "rep-1", "N-2", "N-4").stdout.split() == ["N-2"], "nobody reads another one's"
    assert in_inbox(ledger, "rep-1") == [("N-3", False), ("N-2", True), ("N-1", False)]
    assert in_inbox(ledger, "rep-2") == [("N-4", False)]
    assert call(ledger, "read", "rep-1", "N-2").exit_code == 3


def test_what_is_withdrawn_or_read_is_not_unread(ledger: Ledger) -> None:
    ledger.record(withdrawn=["N-3"])
    call(ledger, "read", "rep-1", "N-2")
    assert in_inbox(ledger, "rep-1", "--unread") == [("N-1", False)]
    assert "withdrawn N-3" in call(ledger, "inbox", "rep-1").stdout
    assert call(ledger, "read", "rep-1", "--all").stdout.split() == ["N-1", "N-3"]
    assert in_inbox(ledger, "rep-1", "--unread") == []


def test_an_inbox_is_read_page_by_page(ledger: Ledger) -> None:
    first = inbox(ledger.url, Wanted("rep-1", limit=2))
    second = inbox(ledger.url, Wanted("rep-1", limit=2, before=first[-1]["notification_id"]))
    assert [row["notification_id"] for row in (*first, *second)] == ["N-3", "N-2", "N-1"]


def test_the_mail_of_a_kind_is_previewed_in_a_language(capfd: pytest.CaptureFixture[str]) -> None:
    assert CliRunner().invoke(app, ["notifications", "preview", "first-sale", "--language", "de"]).exit_code == 0
    assert "Subject: Erster Verkauf" in capfd.readouterr().out
    assert CliRunner().invoke(app, ["notifications", "preview", "moon-is-full", "--html"]).exit_code == 0
    shown = capfd.readouterr()
    assert '<html lang="en">' in shown.out
    assert "template notification" in shown.err
