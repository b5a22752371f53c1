"""The status store on a real PostgreSQL: what was taken back stays so when the person is forgotten."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from leadline.delivery.record import Record
from tests.integration.projector_life import CARRIED, LIFE, customer_event
from tests.integration.projector_world import Projector
from tests.unit.service_records import at, customer_reverted, record


@pytest.fixture
def projector(database_url: str) -> Iterator[Projector]:
    projector = Projector(database_url)
    yield projector
    projector.close()


def erased() -> list[Record]:
    body = {"customer_id": "C-1", "lead_id": "L-1", "erased_at": at(55)}
    return [
        record("lead.events", "lead.erased", {"lead_id": "L-1"}, second=55),
        record("customer.events", "customer.erased", body, second=55),
    ]


def test_an_erased_customer_that_was_taken_back_stays_taken_back_and_has_no_name(projector: Projector) -> None:
    projector.take(*LIFE[:18], customer_reverted(), *erased())
    row = projector.row("SELECT name, data FROM customer")
    assert (row["name"], row["data"]["reverted_at"]) == (None, at(50))
    assert projector.rows("SELECT * FROM opportunity") == []


def test_what_was_unlinked_from_an_erased_customer_does_not_come_back(projector: Projector) -> None:
    gone = {"contact_ids": ["P-1"], "opportunity_ids": ["O-1"], "items": [{"kind": "message", "item_id": "M-1"}]}
    projector.take(
        *LIFE[:18], customer_event("customer.lead-unlinked", 50, {**CARRIED, **gone, "unlinked_at": at(50)}), *erased()
    )
    assert projector.rows("SELECT * FROM customer_part") == []
