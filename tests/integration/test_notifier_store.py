"""The notifier's memory in a real PostgreSQL: once for ever, over batches, restarts and instances."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import Any

import orjson
import pytest

from leadline.delivery.record import Outgoing, Record
from leadline.delivery.replayed import QUIET
from tests.integration.notifier_on_postgres import Notifier, open_notifier
from tests.unit.service_records import at, completed, conversion_event, customer, error, order, record
from tests.waiting import until_blocked


@pytest.fixture
def notifier(database_url: str) -> Iterator[Notifier]:
    with open_notifier(database_url) as opened:
        yield opened


def created(customer_id: str = "C-1", **data: Any) -> Record:
    return record("customer.events", "customer.created", customer(customer_id, **data), second=30)


def bodies(emitted: Sequence[Outgoing]) -> list[dict[str, Any]]:
    return [orjson.loads(each.value or b"") for each in emitted]


def test_a_first_sale_is_told_once_whatever_order_its_records_come_in(notifier: Notifier) -> None:
    for number, order_of in enumerate(permutations(range(4))):
        id = f"C-{number}"
        records = [created(id), order("placed", "O-1", id), order("placed", "O-2", id), order("placed", "O-1", id)]
        emitted = [out for index in order_of for out in notifier.take(records[index])]
        assert [body["recipient"] for body in bodies(emitted)] == ["rep-2"]
    assert notifier.count("waiting_order") == 0


def test_a_batch_tells_what_its_records_tell_one_by_one(notifier: Notifier) -> None:
    def story(id: str) -> list[Record]:
        return [
            order("placed", "O-1", id),
            order("cancelled", "O-1", id),
            created(id),
            order("placed", "O-2", id, second=50),
        ]

    together = notifier.take(*story("C-1"), *story("C-2"))
    alone = [out for each in story("C-3") for out in notifier.take(each)]
    assert [(body["customer_id"], body["order_id"]) for body in bodies([*together, *alone])] == [
        ("C-1", "O-2"),
        ("C-2", "O-2"),
        ("C-3", "O-2"),
    ]
    assert {body["created_at"] for body in bodies([*together, *alone])} == {at(50)}


def test_an_order_that_is_cancelled_in_its_own_batch_is_no_first_sale(notifier: Notifier) -> None:
    notifier.take(created())
    assert [each for each in notifier.take(order("placed"), order("cancelled")) if each.topic == "notification.events"] == []
    assert [body["order_id"] for body in bodies(notifier.take(order("placed", "O-2", second=50)))] == ["O-2"]


def test_a_first_sale_that_was_told_stands_when_its_order_is_cancelled(notifier: Notifier) -> None:
    notifier.take(created())
    assert [body["order_id"] for body in bodies(notifier.take(order("placed")))] == ["O-1"]
    assert notifier.take(order("cancelled"), order("placed", "O-2", second=50)) == []


def test_a_batch_that_is_rolled_back_and_run_again_gives_the_same_bytes(notifier: Notifier) -> None:
    records = [created(), order("placed"), completed("K-1")]
    with pytest.raises(RuntimeError), notifier.work() as work:
        first = notifier.take_unfinished(work, *records)
        raise RuntimeError
    assert notifier.take(*records) == first
    assert len(first) == 2


def test_a_sale_without_a_discoverer_is_told_to_nobody(notifier: Notifier) -> None:
    assert notifier.take(created(discovered_by=None), order("placed"), order("placed", "O-2")) == []
    assert (notifier.count("first_order"), notifier.count("notification")) == (1, 0)


def test_requesters_hear_of_each_conversion_once(notifier: Notifier) -> None:
    failed = conversion_event("failed", "K-1", error=error("LEAD_UNKNOWN", retryable=True))
    again = conversion_event("failed", "K-1", attempt=2, error=error("LEAD_UNKNOWN", retryable=True))
    done = completed("K-1", attempt=3)
    assert [body["kind"] for body in bodies(notifier.take(failed, again))] == ["conversion-failed"]
    assert [body["kind"] for body in bodies(notifier.take(again, done))] == ["conversion-completed"]
    assert notifier.take(failed, done) == []


def test_a_replay_is_quiet(notifier: Notifier) -> None:
    assert notifier.take(completed("K-1"), replays=1) == []
    assert notifier.count("notification") == 0


def test_other_events_tell_nobody_anything(notifier: Notifier) -> None:
    moved = {"opportunity_id": "O-1", "customer_id": "C-1", "stage": "proposal"}
    assert notifier.take(conversion_event("accepted", "K-1"), record("order.events", "opportunity.stage-changed", moved)) == []
    assert notifier.count("customer") == 0


def test_an_order_and_its_customer_in_two_instances_do_not_miss_each_other(notifier: Notifier, database_url: str) -> None:
    other, told = Notifier(database_url), list[Outgoing]()
    with notifier.work() as work:
        assert notifier.take_unfinished(work, order("placed")) == []
        thread = threading.Thread(target=lambda: told.extend(other.take(created())))
        thread.start()
        until_blocked(database_url)
    thread.join(10)
    other.close()
    assert [body["kind"] for body in bodies(told)] == ["first-sale"]


def test_what_a_quiet_replay_brought_about_is_told_to_nobody_and_anything_else_is(notifier: Notifier) -> None:
    ended = completed("K-1")
    assert notifier.take(ended._replace(headers=[*ended.headers, QUIET])) == []
    assert [body["kind"] for body in bodies(notifier.take(completed("K-2")))] == ["conversion-completed"]
