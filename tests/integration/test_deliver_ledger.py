"""The ledger of deliveries on a real PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import services.notifier
from leadline.errors import Unavailable
from leadline.postgres.pool import connect
from leadline.postgres.queries import load_queries
from services.notifier.deliver.store import DeliveryStore, Rooms
from services.notifier.domain.delivery import Outcome
from services.notifier.domain.notice import ERASED_TEXT
from tests.integration.ledger_on_postgres import DELAYS, Ledger, letter
from tests.waiting import until_blocked

URL, OTHER = "https://one.example/hook", "https://two.example/hook"
DECIDING = Path(services.notifier.__path__[0], "store.sql")
FAILED = Outcome("failed", "the receiver answered 500")


@pytest.fixture
def ledger(database_url: str) -> Ledger:
    return Ledger(database_url)


def test_a_letter_that_is_read_again_changes_nothing(ledger: Ledger) -> None:
    ledger.register("rep-1", "webhook", URL)
    ledger.record(letter(1), letter(1))
    ledger.settle(ledger.claim()[0], Outcome("confirmed"))
    ledger.register("rep-1", "webhook", OTHER)
    ledger.record(letter(1), letter(2))
    assert ledger.states() == {"N-1": "confirmed", "N-2": "scheduled"}
    assert len(ledger.ask("SELECT FROM delivery WHERE notification_id = 'N-1'")) == 2, "an address of later hears old news"


def test_everybody_has_it_in_the_inbox_at_once_in_the_order_of_time(ledger: Ledger) -> None:
    ledger.record(*(letter(number, not_before=datetime(2999, 1, 1, tzinfo=UTC)) for number in (3, 1, 2)))
    rows = ledger.ask("SELECT notification_id, read_at FROM inbox WHERE recipient = 'rep-1' ORDER BY created_at")
    assert rows == [{"notification_id": f"N-{number}", "read_at": None} for number in (1, 2, 3)]
    assert set(ledger.states("in-app").values()) == {"confirmed"}
    assert ledger.claim() == []


def test_what_is_for_later_waits_for_its_time(ledger: Ledger) -> None:
    ledger.register("rep-1", "webhook", URL)
    later = datetime.now(UTC) + timedelta(hours=1)
    ledger.record(letter(1, not_before=later), letter(2, not_before=later - timedelta(days=1)))
    assert [each.notification_id for each in ledger.claim()] == ["N-2"]
    assert ledger.ask("SELECT next_attempt_at AS at FROM delivery WHERE state = 'scheduled'") == [{"at": later}]


def test_a_delivery_is_claimed_by_one_instance_at_a_time(ledger: Ledger) -> None:
    ledger.register("rep-1", "webhook", URL)
    ledger.record(*(letter(number) for number in range(40)))
    rooms = Rooms(5, {"webhook": 100}, {})
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: ledger.claim(f"i-{number}", rooms), range(32)))
    ids = [each.delivery_id for claimed in found for each in claimed]
    assert len(ids) == len(set(ids)) == 40


def test_a_route_that_is_full_or_rests_leaves_room_for_the_others(ledger: Ledger) -> None:
    ledger.register("rep-1", "webhook", URL)
    ledger.register("rep-2", "webhook", OTHER)
    ledger.record(*(letter(number) for number in range(20)), *(letter(number, "rep-2") for number in range(20, 30)))
    assert {each.address for each in ledger.claim(rooms=Rooms(5, {"webhook": 3}, {URL: 0}))} == {OTHER}
    by_route = [each.address for each in ledger.claim(rooms=Rooms(50, {"webhook": 3}, {OTHER: 2}))]
    assert sorted(by_route) == [URL] * 3 + [OTHER] * 2


def test_a_claim_carries_the_secrets_of_now_and_none_for_an_address_that_is_gone(ledger: Ledger) -> None:
    ledger.register("rep-1", "webhook", URL, ["old"])
    ledger.register("rep-1", "email", "ada@example.com")
    ledger.record(letter(1))
    ledger.change("UPDATE recipient_channel SET secrets = '{new,old}' WHERE channel = 'webhook'")
    ledger.change("UPDATE recipient_channel SET enabled = false WHERE channel = 'email'")
    assert {each.channel: each.secrets for each in ledger.claim()} == {"webhook": ("new", "old"), "email": None}


def test_the_outcome_of_an_attempt_is_in_the_ledger(ledger: Ledger) -> None:
    ledger.register("rep-1", "webhook", URL)
    ledger.record(*(letter(number) for number in range(4)))
    outcomes = [Outcome("confirmed"), FAILED, Outcome("unknown", "no answer"), Outcome("refused", "gone")]
    claimed = sorted(ledger.claim(), key=lambda each: each.notification_id)
    for delivery, outcome in zip(claimed, outcomes, strict=True):
        ledger.settle(delivery, outcome)
    assert ledger.states() == {"N-0": "confirmed", "N-1": "scheduled", "N-2": "unknown", "N-3": "dead"}
    rows = ledger.ask(
        "SELECT last_error, round(extract(epoch FROM next_attempt_at - changed_at))::integer AS seconds "
        "FROM delivery WHERE channel = 'webhook' ORDER BY notification_id"
    )
    assert [(row["last_error"], row["seconds"]) for row in rows] == [
        (None, None),
        ("the receiver answered 500", DELAYS[0]),
        ("no answer", DELAYS[0]),
        ("gone", None),
    ]


def test_a_process_that_ended_while_sending_leaves_an_unknown_delivery_that_goes_out_under_its_id(ledger: Ledger) -> None:
    ledger.register("rep-1", "webhook", URL)
    ledger.record(letter(1))
    first = ledger.claim("one")[0]
    ledger.give_up_leases("two", own=True)
    assert ledger.states() == {"N-1": "claimed"}, "it may still be at it"
    ledger.give_up_leases("one", own=True)
    assert ledger.states() == {"N-1": "unknown"}
    again = ledger.claim("two")[0]
    assert (again.delivery_id, again.attempts) == (first.delivery_id, 2)


def test_a_lease_that_has_ended_frees_the_delivery_and_a_late_answer_changes_nothing(ledger: Ledger) -> None:
    ledger.register("rep-1", "webhook", URL)
    ledger.record(letter(1))
    late = ledger.claim("one")[0]
    ledger.change("UPDATE delivery SET leased_until = now() WHERE state = 'claimed'")
    ledger.give_up_leases("two")
    again = ledger.claim("two")[0]
    ledger.settle(late, FAILED, "one")
    assert ledger.states() == {"N-1": "claimed"}
    ledger.settle(again, Outcome("confirmed"), "two")
    assert ledger.states() == {"N-1": "confirmed"}


def test_a_delivery_that_ends_every_process_is_given_up(ledger: Ledger) -> None:
    ledger.register("rep-1", "webhook", URL)
    ledger.record(letter(1))
    for _ in range(len(DELAYS) + 1):
        assert ledger.claim()
        ledger.give_up_leases(own=True)
    assert ledger.states() == {"N-1": "dead"}


def test_what_is_withdrawn_is_not_sent_and_marked_in_the_inbox(ledger: Ledger) -> None:
    ledger.register("rep-1", "webhook", URL)
    ledger.record(letter(1), letter(2), letter(3))
    sent = ledger.claim(rooms=Rooms(1, {"webhook": 1}, {}))[0]
    trying = ledger.claim(rooms=Rooms(1, {"webhook": 1}, {}))[0]
    ledger.settle(sent, Outcome("confirmed"))
    ledger.record(withdrawn=["N-1", "N-2", "N-3", "N-unknown"])
    ledger.settle(trying, FAILED)
    assert sorted(ledger.states().values()) == ["cancelled", "cancelled", "confirmed"]
    assert ledger.claim() == []
    assert len(ledger.ask("SELECT FROM inbox WHERE withdrawn_at IS NOT NULL")) == 3


def test_a_withdrawal_stands_when_its_letter_is_read_again(ledger: Ledger) -> None:
    ledger.register("rep-1", "webhook", URL)
    ledger.record(letter(1), withdrawn=["N-1"])
    ledger.record(letter(1))
    assert ledger.states() == {"N-1": "cancelled"}


def test_how_long_the_oldest_is_overdue_is_known(ledger: Ledger) -> None:
    ledger.register("rep-1", "webhook", URL)
    ledger.record(letter(1), letter(2, not_before=datetime(2999, 1, 1, tzinfo=UTC)))
    ledger.change(
        "UPDATE delivery SET next_attempt_at = now() - interval '90 s' WHERE notification_id = 'N-1' AND channel <> 'in-app'"
    )
    counts, overdue = ledger.work("one", lambda store: store.counts())
    assert counts == {"scheduled": 2}
    assert 90 <= overdue < 120


def test_a_letter_that_cannot_be_stored_is_told_apart_from_a_database_that_is_away(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="invalid input syntax"):
        ledger.record(letter(1)._replace(created_at="yesterday-ish"))
    ledger.url = ledger.url.replace("@127.0.0.1:", "@127.0.0.1:1")
    with pytest.raises(Unavailable):
        ledger.record(letter(1))


def test_a_store_finds_its_way_back_after_its_connection_was_cut(ledger: Ledger) -> None:
    async def claim_twice(store: DeliveryStore) -> None:
        await store.counts()
        ledger.ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        with pytest.raises(Unavailable):
            await store.counts()
        assert await store.counts() == ({}, 0.0)

    ledger.work("one", claim_twice)


def test_a_letter_about_an_erased_customer_is_kept_without_what_it_said(ledger: Ledger) -> None:
    ledger.change("INSERT INTO customer (customer_id, is_erased) VALUES ('C-1', true), ('C-2', false)")
    about = [letter(number)._replace(data=f'{{"customer_id": "C-{number}", "text": "Ada"}}') for number in (1, 2)]
    ledger.record(*about)
    rows = ledger.ask("SELECT text, data ->> 'text' AS said FROM letter ORDER BY notification_id")
    assert rows == [{"text": ERASED_TEXT, "said": ERASED_TEXT}, {"text": "Ada placed a first order.", "said": "Ada"}]


def test_letters_wait_for_an_erasure_that_is_under_way(ledger: Ledger) -> None:
    ledger.change("INSERT INTO customer (customer_id) VALUES ('C-1')")
    about = letter(1)._replace(data='{"customer_id": "C-1"}')
    lock = load_queries(DECIDING)["lock_letters"]
    with ThreadPoolExecutor(1) as pool, connect(ledger.url, "notifier") as erasing, erasing.transaction():
        erasing.execute(lock.encode())
        writing = pool.submit(ledger.record, about)
        until_blocked(ledger.url)
        erasing.execute("UPDATE customer SET is_erased = true")
    writing.result(20)
    assert ledger.ask("SELECT text FROM letter") == [{"text": ERASED_TEXT}]
