"""The stages of customers in a real PostgreSQL: over batches, rollbacks, restarts and instances, each step once."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from leadline.contracts.envelope import read_envelope
from leadline.contracts.events import decode
from leadline.delivery.record import Outgoing, Record
from services.notifier import stages_store
from tests.integration.notifier_on_postgres import Counting, Notifier, open_notifier
from tests.unit.service_records import activity, at, customer, customer_reverted, order, record, tick
from tests.waiting import until_blocked


@pytest.fixture
def notifier(database_url: str) -> Iterator[Notifier]:
    with open_notifier(database_url) as opened:
        yield opened


def created(customer_id: str = "C-1", stage: str | None = "qualified") -> Record:
    data = customer(customer_id, prospect_stage=stage, discovered_by=None)
    return record("customer.events", "customer.created", data, second=30)


def changes(emitted: Sequence[Outgoing]) -> list[tuple[str, str, str]]:
    """Each change as its readers see it: its ce_id without what is the same in all, its stage, its reason."""
    found = []
    for out in emitted:
        envelope = read_envelope(out.headers, out.value)
        assert envelope.type == "leadline.customer.stage-changed.v1"
        body: Any = decode(envelope.type, envelope.data)
        found.append((envelope.id.replace(":customer.stage-changed:", "/"), body.stage, body.reason))
    return found


LIFE = [
    created(),
    order("placed", "O-1", second=40),
    tick(at(139)),
    tick(at(140)),
    order("placed", "O-2", second=150),
    activity(at(200)),
    tick(at(299)),
    tick(at(301)),
    activity(at(310)),
]
WAY = [
    ("C-1/1", "active", "first_order"),
    ("C-1/2", "dormant", "no_activity"),
    ("C-1/3", "active", "order"),
    ("C-1/4", "dormant", "no_activity"),
    ("C-1/5", "active", "activity"),
]


def test_a_life_is_told_step_by_step_in_one_batch_or_in_many(notifier: Notifier, database_url: str) -> None:
    alone = [out for each in LIFE for out in notifier.take(each)]
    assert changes(alone) == WAY
    assert notifier.count("customer_order") == 2
    assert [out for each in LIFE for out in notifier.take(each)] == [], "all of it again"


def test_a_batch_tells_what_its_records_tell_one_by_one(notifier: Notifier) -> None:
    assert changes(notifier.take(*LIFE)) == WAY


def test_a_batch_that_is_rolled_back_and_run_again_gives_the_same_bytes(notifier: Notifier) -> None:
    notifier.take(*LIFE[:2])
    with pytest.raises(RuntimeError), notifier.work() as work:
        first = notifier.take_unfinished(work, *LIFE[2:])
        raise RuntimeError
    assert notifier.take(*LIFE[2:]) == first
    assert len(first) == 4


def test_a_tick_finds_the_customers_that_no_event_of_its_batch_names(notifier: Notifier) -> None:
    for id in ("C-1", "C-2", "C-3"):
        notifier.take(created(id), order("placed", "O-1", id, second=40))
    notifier.take(order("placed", "O-2", "C-3", second=60))
    assert changes(notifier.take(tick(at(140)))) == [("C-1/2", "dormant", "no_activity"), ("C-2/2", "dormant", "no_activity")]
    assert changes(notifier.take(tick(at(160)))) == [("C-3/2", "dormant", "no_activity")]


def test_a_tick_takes_only_so_many_and_the_next_one_has_the_rest(notifier: Notifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages_store, "MOST_AT_ONCE", 2)
    for number, id in enumerate(("C-1", "C-2", "C-3")):
        notifier.take(created(id), order("placed", "O-1", id, second=40 + number))
    assert [id for id, *_ in changes(notifier.take(tick(at(500))))] == ["C-1/2", "C-2/2"]
    assert [id for id, *_ in changes(notifier.take(tick(at(501))))] == ["C-3/2"]


def test_a_tick_before_the_customer_counts_when_the_customer_comes(notifier: Notifier) -> None:
    assert notifier.take(tick(at(500)), order("placed", second=40)) == []
    assert [stage for _, stage, _ in changes(notifier.take(created()))] == ["active", "dormant"]


def test_orders_before_the_customer_twice_and_cancelled_count_as_they_should(notifier: Notifier) -> None:
    assert notifier.take(order("placed", "O-1"), order("placed", "O-1"), order("placed", "O-2")) == []
    assert notifier.take(order("cancelled", "O-1")) == []
    assert changes(notifier.take(created())) == [("C-1/1", "active", "first_order")]
    assert changes(notifier.take(order("cancelled", "O-2"))) == [("C-1/2", "qualified", "order_cancelled")]
    assert changes(notifier.take(order("placed", "O-1"), order("placed", "O-3"))) == [("C-1/3", "active", "first_order")]


def test_a_cancelled_newest_order_gives_way_to_the_one_before(notifier: Notifier) -> None:
    notifier.take(created(), order("placed", "O-1", second=40), order("placed", "O-2", second=100))
    assert notifier.take(tick(at(150))) == []
    assert changes(notifier.take(order("cancelled", "O-2"))) == [("C-1/2", "dormant", "no_activity")]


def test_of_a_customer_without_stages_nothing_is_kept(notifier: Notifier) -> None:
    notifier.take(created(stage=None))
    assert notifier.take(order("placed"), activity(at(50)), tick(at(500))) == []
    assert notifier.count("customer_order") == 0


def test_any_order_and_any_batches_lead_to_the_same_stage(notifier: Notifier) -> None:
    chance = random.Random(7)
    ids = [f"C-{number}" for number in range(30)]
    for id in ids:
        story = [
            created(id),
            *(order("placed", f"O-{number}", id, second=40 * number) for number in (1, 2, 3)),
            order("cancelled", "O-3", id, second=130),
            activity(at(70), id),
        ]
        told: list[Outgoing] = []
        heard = chance.sample([*story, *chance.sample(story, 3)], len(story) + 3)
        while heard:
            size = chance.randint(1, 4)
            told += notifier.take(*heard[:size])
            heard = heard[size:]
        assert [id for id, *_ in changes(told)] == [f"{id}/{number}" for number in range(1, len(told) + 1)]
    assert notifier.take(tick(at(179))) == []
    assert sorted(stage for _, stage, _ in changes(notifier.take(tick(at(180))))) == ["dormant"] * len(ids)


def test_a_tick_and_an_order_in_two_instances_do_not_miss_each_other(notifier: Notifier, database_url: str) -> None:
    notifier.take(created(), order("placed", second=40))
    told = list[Outgoing]()
    with open_notifier(database_url) as other:
        with notifier.work() as work:
            assert notifier.take_unfinished(work, order("placed", "O-2", second=100)) == []
            thread = threading.Thread(target=lambda: told.extend(other.take(tick(at(150)))))
            thread.start()
            until_blocked(database_url)
        thread.join(10)
    assert told == [], "the order was there first"


def test_the_number_of_statements_does_not_grow_with_the_batch(notifier: Notifier) -> None:
    def statements(*records: Record) -> int:
        with notifier.work() as work:
            counting = Counting(work)
            notifier.take_unfinished(counting, *records)
            return len(counting.queries)

    few = statements(created("C-1"), order("placed", "O-1", "C-1"), tick(at(500)))
    many = [each for number in range(20) for each in (created(f"D-{number}"), order("placed", "O-1", f"D-{number}"))]
    assert statements(*many, tick(at(501))) == few


def test_a_customer_that_was_taken_back_has_no_stage_and_no_first_sale_any_more(notifier: Notifier) -> None:
    found = record("customer.events", "customer.created", customer("C-2", prospect_stage="qualified"), second=30)
    assert notifier.take(created(), found, order("placed", "O-1", "C-1", second=40)) != []
    assert notifier.take(customer_reverted("C-1"), customer_reverted("C-2")) == []
    for customer_id in ("C-1", "C-2"):
        late = [order("placed", "O-9", customer_id, second=60), activity(at(70), customer_id), tick(at(900))]
        assert notifier.take(*late) == []


def test_nobody_is_told_of_an_order_whose_customer_is_taken_back_in_the_same_batch(notifier: Notifier) -> None:
    found = record("customer.events", "customer.created", customer(prospect_stage="qualified"), second=30)
    told = notifier.take(order("placed", second=40), found, customer_reverted())
    assert [out for out in told if out.topic == "notification.events"] == []
