"""What the notifier keeps of an erased customer in a real PostgreSQL, and what it still tells of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import orjson
import pytest

from leadline.delivery.record import Record
from services.notifier.domain.notice import ERASED_TEXT
from tests.integration.ledger_on_postgres import Ledger, letter
from tests.integration.marks import MARK, marked_places
from tests.integration.notifier_on_postgres import Notifier, open_notifier
from tests.unit.service_records import at, completed, customer, order, record


@pytest.fixture
def notifier(database_url: str) -> Iterator[Notifier]:
    with open_notifier(database_url) as opened:
        yield opened


def created(customer_id: str) -> Record:
    return record("customer.events", "customer.created", customer(customer_id, name=MARK), second=30)


def erased(customer_id: str = "C-1") -> Record:
    body = {"customer_id": customer_id, "lead_id": "L-1", "erased_at": at(45)}
    return record("customer.events", "customer.erased", body, second=45)


def converted() -> Record:
    done = completed("K-1")
    return done._replace(value=(done.value or b"").replace(b"Byron Ltd", MARK.encode()))


def test_the_name_of_an_erased_customer_is_gone_whatever_order_its_records_come_in(notifier: Notifier, database_url: str) -> None:
    for number, order_of in enumerate(permutations(range(3))):
        id = f"C-{number}"
        records = [created(id), order("placed", "O-1", id), erased(id)]
        emitted = [out for index in order_of for out in notifier.take(records[index])]
        (text,) = [orjson.loads(out.value or b"")["text"] for out in emitted if out.topic == "notification.events"]
        assert (MARK in text) is (order_of[-1] == 2), "it is told without a name once the customer is erased"
        for each in records:
            notifier.take(each)
    assert marked_places(database_url, "notifier") == []


def test_a_first_sale_in_the_batch_of_the_erasure_names_nobody(notifier: Notifier, database_url: str) -> None:
    emitted = notifier.take(created("C-1"), order("placed"), erased())
    (notice,) = [orjson.loads(out.value or b"") for out in emitted if out.topic == "notification.events"]
    assert (notice["recipient"], notice["text"]) == ("rep-2", "A customer, whom you discovered, placed a first order.")
    assert marked_places(database_url, "notifier") == []


@pytest.mark.parametrize("is_one_batch", [True, False])
def test_a_requester_who_hears_of_a_customer_late_hears_no_name(notifier: Notifier, is_one_batch: bool) -> None:
    batches = [[converted(), erased()]] if is_one_batch else [[erased()], [converted()]]
    (notice,) = [orjson.loads(out.value or b"") for batch in batches for out in notifier.take(*batch)]
    assert notice["text"] == "A lead is now a customer (CUST-C-1)."


def test_a_reminder_of_an_erased_customer_is_told_and_has_no_words(notifier: Notifier, database_url: str) -> None:
    item = {"kind": "reminder", "item_id": "R-1", "text": MARK, "remind_at": at(100), "by": "rep-7"}
    said = {"customer_id": "C-1", "lead_id": "L-1", "conversion_id": "K-1", "items": [item], "carried_over_at": at(30)}
    notifier.take(created("C-1"), record("customer.events", "tasks.carried-over", said, second=30, key="C-1"))
    notifier.take(erased())
    assert marked_places(database_url, "notifier") == []
    (told,) = notifier.take(record("stage.ticks", "stage.ticked", {"at": at(100)}))
    assert orjson.loads(told.value or b"")["text"] == "A customer: a reminder is due"


def test_the_letters_about_an_erased_customer_say_nothing_any_more(notifier: Notifier, database_url: str) -> None:
    ledger = Ledger(database_url)
    ledger.record(letter(1)._replace(text=MARK, data=orjson.dumps({"customer_id": "C-1", "text": MARK}).decode()))
    notifier.take(created("C-1"), erased())
    assert marked_places(database_url, "notifier") == []
    assert ledger.ask("SELECT text, data FROM letter") == [
        {"text": ERASED_TEXT, "data": {"customer_id": "C-1", "text": ERASED_TEXT}}
    ]
