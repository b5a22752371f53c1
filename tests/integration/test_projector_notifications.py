"""Notifications in the status store: kept as they were told, and what was withdrawn in the customer's timeline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.projector_world import Projector
from tests.unit.service_records import at, customer, record


@pytest.fixture
def projector(database_url: str) -> Iterator[Projector]:
    opened = Projector(database_url)
    yield opened
    opened.close()


NOTICE: dict[str, Any] = {
    "notification_id": "N-1",
    "recipient": "rep-3",
    "customer_id": "C-1",
    "title": "…",
    "text": "…",
    "created_at": at(5),
}
STEP = {"kind": "stage-changed", "stage": "active", "changed_at": at(5), "not_before": at(50), "digest": True}
WITHDRAWN = {"kind": "first-sale", "order_id": "O-1", "reason": "order-cancelled", "withdrawn_at": at(60)}


def test_every_kind_of_notification_is_kept(projector: Projector) -> None:
    projector.take(
        record("notification.events", "notification.stage-changed", {**NOTICE, **STEP}),
        record(
            "notification.events",
            "notification.reminder",
            {**NOTICE, "notification_id": "N-2", "kind": "reminder", "item_id": "R-1", "remind_at": at(4)},
        ),
    )
    assert projector.rows("SELECT kind, recipient FROM notification ORDER BY kind") == [
        {"kind": "reminder", "recipient": "rep-3"},
        {"kind": "stage-changed", "recipient": "rep-3"},
    ]


def test_a_withdrawn_notification_is_in_the_timeline_and_is_no_notification(projector: Projector) -> None:
    withdrawn = {"notification_id": "N-1", "recipient": "rep-3", "customer_id": "C-1", **WITHDRAWN}
    projector.take(record("customer.events", "customer.created", customer(), second=30))
    projector.take(record("notification.events", "notification.withdrawn", withdrawn, second=60))
    assert projector.rows("SELECT 1 FROM notification") == []
    row = projector.row("SELECT type, detail FROM customer_event WHERE type LIKE '%withdrawn%'")
    assert row["detail"]["order_id"] == "O-1"
