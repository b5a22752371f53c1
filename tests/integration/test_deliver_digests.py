"""Digests on a real PostgreSQL: what waits goes out as one message, which holds the same at every attempt."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from services.notifier.domain.letter import Delivery, Letter
from tests.integration.ledger_on_postgres import Ledger, letter

DUE = datetime(2026, 11, 2, 8, tzinfo=UTC)
MAIL = "ada@example.com"


@pytest.fixture
def ledger(database_url: str) -> Ledger:
    found = Ledger(database_url)
    found.register("rep-1", "email", MAIL)
    return found


def waits(number: int, not_before: datetime = DUE) -> Letter:
    return letter(number, not_before=not_before, digest=True)


def held(delivery: Delivery) -> list[str]:
    return [each.created_at.strftime("%S") for each in delivery.enclosed]


def test_what_waits_for_a_digest_goes_out_as_one_message_by_time_and_stays_single_in_the_inbox(ledger: Ledger) -> None:
    ledger.record(waits(2), waits(1), letter(3), waits(4, datetime.now(UTC) + timedelta(hours=1)))
    assert [each.notification_id for each in ledger.claim()] == ["N-3"], "what is for a digest goes out in it only"
    ledger.gather()
    (digest,) = ledger.claim()
    assert (held(digest), digest.address, digest.notification_id) == (["01", "02"], MAIL, digest.delivery_id)
    states = ledger.states("email")
    assert [states[f"N-{number}"] for number in (1, 2, 4)] == ["gathered", "gathered", "scheduled"]
    assert len(ledger.ask("SELECT FROM inbox WHERE recipient = 'rep-1'")) == 4


def test_what_was_withdrawn_before_is_not_in_it(ledger: Ledger) -> None:
    ledger.record(waits(1), waits(2), withdrawn=["N-1"])
    ledger.gather()
    assert [held(each) for each in ledger.claim()] == [["02"]]
    ledger.record(waits(3), withdrawn=["N-3"])
    ledger.gather()
    assert ledger.claim() == [], "a digest of nothing is not sent"


def test_several_instances_gather_each_notification_once(ledger: Ledger) -> None:
    ledger.record(*(waits(number) for number in range(30)))
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda number: ledger.gather(f"i-{number}"), range(12)))
    (digest,) = ledger.claim()
    assert len(digest.enclosed) == 30
