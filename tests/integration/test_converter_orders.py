"""The converter on a real PostgreSQL: which orders stand, and where opportunities are; nothing of it for other batches."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from leadline.delivery.message import Done
from leadline.delivery.record import Record
from services.converter.domain.names import conversion_id, id_space, name_id
from tests.integration.converter_on_postgres import Converter, Counting, open_converter, qualified
from tests.unit.service_records import activity, at, order, record, requested

DEAL = {"name": "Deal", "value": "5", "stage": "prospecting", "probability": 10}
SPACE = id_space(conversion_id("K", "", ""))
CUSTOMER, OPPORTUNITY = name_id(SPACE, "customer"), name_id(SPACE, "opportunity")


@pytest.fixture
def converter(database_url: str) -> Iterator[Converter]:
    with open_converter(database_url) as converter:
        yield converter


def moved(stage: str, second: int, **data: Any) -> Record:
    body = {"opportunity_id": OPPORTUNITY, "customer_id": CUSTOMER, "stage": stage, **data}
    return record("order.events", "opportunity.stage-changed", body, second=second)


def where(converter: Converter) -> tuple[str, int]:
    row = converter.one("SELECT stage, probability FROM opportunity")
    return row["stage"], row["probability"]


MOVES = (
    moved("proposal", 1, probability=55),
    moved("negotiation", 2),
    moved("needs_analysis", 3, probability=35),
    moved("closed_won", 4),
)


def test_an_opportunity_is_where_its_newest_move_took_it_whatever_order_they_come_in(converter: Converter) -> None:
    converter.take(*qualified(), requested("K", options={"opportunity": DEAL}))
    for first, second, third, last in itertools.permutations(MOVES):
        converter.take(first, second)
        converter.take(third)
        converter.take(last, first)
        assert where(converter) == ("closed_won", 35)
        with converter.ledger.work() as work:
            work.execute(
                "UPDATE opportunity SET stage = 'prospecting', probability = 10, stage_stamp = NULL, probability_stamp = NULL"
            )


def test_a_move_of_what_is_none_of_ours_or_another_customers_moves_nothing(converter: Converter) -> None:
    converter.take(*qualified(), requested("K", options={"opportunity": DEAL}))
    stray = (moved("proposal", 1, opportunity_id="O-1"), moved("proposal", 1, customer_id=OPPORTUNITY))
    assert converter.take(*stray, moved("proposal", 1, opportunity_id=CUSTOMER)) == [Done([])] * 3
    assert where(converter) == ("prospecting", 10)


def test_an_order_that_was_cancelled_stays_so_whatever_is_heard_of_it_later(converter: Converter) -> None:
    converter.take(order("cancelled", "O-1"), order("placed", "O-1"), order("placed", "O-2"), order("placed", "O-2"))
    converter.take(order("placed", "O-1"), order("cancelled", "O-2"))
    converter.take(order("placed", "O-2"), order("placed", "O-3"))
    rows = converter.rows("SELECT order_id, is_cancelled FROM customer_order ORDER BY order_id")
    assert [tuple(row.values()) for row in rows] == [("O-1", True), ("O-2", True), ("O-3", False)]


def test_what_cannot_be_read_on_the_orders_topic_is_the_notifiers_to_refuse(converter: Converter) -> None:
    good = order("placed")
    bad = [good._replace(value=b"{"), good._replace(key=b"C-9"), good._replace(headers=[]), activity(at(1))]
    assert converter.take(*bad, record("order.events", "lead.qualified", {"lead_id": "L-1"})) == [Done([])] * 5
    assert converter.rows("SELECT 1 AS one FROM customer_order") == []


def test_a_batch_of_lead_events_asks_nothing_about_orders(converter: Converter) -> None:
    def statements(*records: Record) -> int:
        with converter.ledger.work() as work:
            counting = Counting(work)
            converter.take_unfinished(counting, *records)
        return counting.count

    alone = statements(*qualified("L-1"))
    assert statements(*qualified("L-2"), order("placed")) == alone + 1
    assert statements(order("placed"), *(order("placed", f"O-{n}", f"C-{n}") for n in range(50))) == 1
