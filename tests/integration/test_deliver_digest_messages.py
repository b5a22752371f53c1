"""Digests as a mail server and a receiver of webhooks get them, beside withdrawals, erasures and an older version's rows."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from typer.testing import CliRunner

from leadline.cli.__main__ import app
from leadline.postgres.pool import connect
from services.notifier.deliver.channels.email import Email
from services.notifier.deliver.channels.webhook import webhook_body
from services.notifier.deliver.rendering import Templates
from services.notifier.deliver.store import Rooms
from services.notifier.domain.delivery import Outcome
from services.notifier.domain.letter import Delivery
from tests.integration.ledger_on_postgres import Ledger, letter
from tests.scenarios.harness.mailbox import mail_server
from tests.waiting import until_blocked

URL, MAIL = "https://one.example/hook", "ada@example.com"
LATER = datetime(2999, 1, 1, tzinfo=UTC)


@pytest.fixture
def ledger(database_url: str) -> Ledger:
    ledger = Ledger(database_url)
    ledger.register("rep-1", "webhook", URL)
    return ledger


def held(delivery: Delivery) -> list[str]:
    return [each.data["notification_id"] for each in delivery.enclosed]


def test_each_address_of_a_person_gets_a_digest_of_its_own_and_the_inbox_gets_none(ledger: Ledger) -> None:
    ledger.register("rep-1", "email", MAIL)
    ledger.record(letter(1, digest=True), letter(2, digest=True), letter(3, "rep-2", digest=True))
    ledger.gather()
    assert sorted((each.channel, held(each)) for each in ledger.claim()) == [
        ("email", ["N-1", "N-2"]), ("webhook", ["N-1", "N-2"])
    ]  # fmt: skip
    assert len(ledger.ask("SELECT FROM inbox")) == 3


def test_a_process_killed_between_sending_and_noting_it_repeats_the_digest_with_its_id_and_its_bytes(ledger: Ledger) -> None:
    ledger.record(letter(1, digest=True), letter(2, digest=True))
    ledger.gather()
    (first,) = ledger.claim()
    ledger.record(letter(3, digest=True), withdrawn=["N-1"])
    ledger.give_up_leases(own=True)
    ledger.gather()
    again, fresh = sorted(ledger.claim(), key=lambda each: -each.attempts)
    assert (again.delivery_id, webhook_body(again)) == (first.delivery_id, webhook_body(first))
    assert again.attempts == 2
    assert held(fresh) == ["N-3"], "what comes later is in the next one"


def test_a_withdrawal_that_is_under_way_is_waited_for(ledger: Ledger) -> None:
    ledger.record(letter(1, digest=True), letter(2, digest=True))
    with ThreadPoolExecutor(1) as pool, connect(ledger.url, "notifier") as withdrawing, withdrawing.transaction():
        withdrawing.execute("UPDATE delivery SET state = 'cancelled', next_attempt_at = NULL WHERE notification_id = 'N-1'")
        gathering = pool.submit(ledger.gather)
        until_blocked(ledger.url)
    gathering.result(20)
    assert [held(each) for each in ledger.claim()] == [["N-2"]]


def test_a_letter_that_is_read_again_is_in_no_second_digest(ledger: Ledger) -> None:
    ledger.record(letter(1, digest=True))
    ledger.gather()
    ledger.record(letter(1, digest=True))
    ledger.gather()
    assert [held(each) for each in ledger.claim()] == [["N-1"]]


def test_a_route_that_rests_holds_its_digests_too(ledger: Ledger) -> None:
    ledger.record(letter(1, digest=True))
    ledger.gather()
    assert ledger.claim(rooms=Rooms(5, {"webhook": 3}, {URL: 0})) == []


def test_an_erasure_between_two_attempts_empties_what_a_digest_says(ledger: Ledger) -> None:
    ledger.record(letter(1, digest=True))
    ledger.gather()
    ledger.change("UPDATE letter SET text = 'gone' WHERE notification_id = 'N-1'")
    assert [each.enclosed[0].text for each in ledger.claim()] == ["gone"]


def test_a_webhook_holds_each_notification_with_its_id_type_and_time(ledger: Ledger) -> None:
    ledger.record(letter(1, digest=True), letter(2, digest=True))
    ledger.gather()
    body = orjson.loads(webhook_body(ledger.claim()[0]))
    assert (body["type"], body["timestamp"]) == ("leadline.notification.digest.v1", "2026-11-01T08:00:02.000000Z")
    assert body["data"]["recipient"] == "rep-1"
    assert [(each["type"], each["timestamp"], each["data"]["notification_id"]) for each in body["data"]["notifications"]] == [
        ("leadline.notification.first-sale.v1", "2026-11-01T08:00:01.000000Z", "N-1"),
        ("leadline.notification.first-sale.v1", "2026-11-01T08:00:02.000000Z", "N-2"),
    ]


def test_a_mail_server_gets_one_mail_in_the_recipients_language_with_each_title_and_text(ledger: Ledger) -> None:
    ledger.register("rep-1", "email", MAIL)
    ledger.change("INSERT INTO recipient (user_id, language, changed_at) VALUES ('rep-1', 'de', now())")
    reminder = letter(2, digest=True)._replace(kind="moon-is-full", title="Vollmond", text="Heute <b>Nacht</b>.")
    sale = letter(1, digest=True)._replace(data='{"customer_id": "C-1", "order_id": "O-1"}')
    ledger.record(sale, reminder)
    ledger.gather()
    (digest,) = (each for each in ledger.claim() if each.channel == "email")
    with mail_server() as mailbox:
        channel = Email(mailbox.url, "leadline@example.com", "https://crm.example/off?user={recipient}", Templates())
        outcomes = [asyncio.run(channel.send(digest)) for _ in range(2)]
    assert "sent" in {each.result for each in outcomes}
    mail = mailbox.mails[0]
    assert (mail["Subject"], mail["To"]) == ("2 Benachrichtigungen", MAIL)
    assert mail["Message-ID"] == f"<{digest.delivery_id}@example.com>"
    assert mail["List-Unsubscribe"] == "<https://crm.example/off?user=rep-1>"
    text, html = (part.get_content() for part in mail.iter_parts())
    assert text.replace("\r\n", "\n") == (
        "* Erster Verkauf\n\nDer Kunde C-1 hat zum ersten Mal bestellt (Auftrag O-1).\n\n"
        "* Vollmond\n\nHeute <b>Nacht</b>.\n\n"
        "Diese Nachricht kommt von Leadline, weil sie Ihre Arbeit betrifft.\n"
    )
    assert '<html lang="de">' in html
    assert html.index(">Erster Verkauf</h2>") < html.index(">Vollmond</h2>")
    assert "Heute &lt;b&gt;Nacht&lt;/b&gt;." in html
    assert html.count("Diese Nachricht kommt von Leadline") == 1


def test_the_command_shows_in_which_digest_a_notification_went_and_sends_that_again(ledger: Ledger) -> None:
    ledger.record(letter(1, digest=True), letter(2, digest=True))
    ledger.gather()
    (digest,) = ledger.claim()
    ledger.settle(digest, Outcome("refused", "gone"))

    def call(*arguments: str) -> str:
        return CliRunner().invoke(app, ["notifications", *arguments], env={"NOTIFIER_DATABASE_URL": ledger.url}).stdout

    shown = orjson.loads(call("show", "N-1", "--json"))["deliveries"]
    assert [(each["state"], each["digest_id"], each["digest_state"]) for each in shown if each["channel"] == "webhook"] == [
        ("gathered", digest.delivery_id, "dead")
    ]
    of_digest = orjson.loads(call("show", digest.delivery_id, "--json"))["deliveries"]
    assert {each["notification_id"] for each in of_digest} == {"N-1", "N-2", digest.delivery_id}
    assert call("resend", "N-1").split() == [digest.delivery_id]
    assert [held(each) for each in ledger.claim()] == [["N-1", "N-2"]]


def test_what_waited_for_a_digest_under_the_version_before_is_gathered_too(ledger: Ledger) -> None:
    waits = letter(1, not_before=datetime.now(UTC) + timedelta(hours=1), digest=True)
    ledger.record(waits._replace(data='{"notification_id": "N-1", "digest": true}'))
    ledger.change("UPDATE delivery SET is_for_digest = false")
    ledger.change("ALTER TABLE delivery DROP COLUMN is_for_digest, DROP COLUMN digest_id")
    ledger.change("DELETE FROM schema_migration WHERE name = 'notifier/0008_digests.sql'")
    again = Ledger(ledger.url)
    again.change("UPDATE delivery SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")
    assert again.claim() == []
    again.gather()
    assert [held(each) for each in again.claim()] == [["N-1"]]
