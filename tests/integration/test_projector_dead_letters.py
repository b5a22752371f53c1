"""Dead letters in the status store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from leadline.delivery.message import Attempt, Failure
from leadline.delivery.record import Headers, Origin, Record
from leadline.delivery.trail import Death, Trail, dead_letter_headers
from tests.integration.projector_world import Projector
from tests.unit.service_records import (
    at,
    record,
    requested,
)


@pytest.fixture
def projector(database_url: str) -> Iterator[Projector]:
    projector = Projector(database_url)
    yield projector
    projector.close()


def dead(replays: int, offset: int) -> Record:
    original = requested("key-1")._replace(offset=7, value=b"\xff\x00", key=None)
    trail = Trail(original, Origin(original.topic, 0, 7, 1), Attempt(4, replays, at(1)))
    death = Death("converter", Failure("LEAD_UNKNOWN", "gone\x00"), datetime(2026, 11, 22, 9, replays, tzinfo=UTC), "K-9")
    headers = dead_letter_headers(trail, death)
    return Record("converter.dlq", 2, offset, 1, None, b"\xff\x00", headers)


def decision(name: str, moment: datetime, **data: Any) -> Record:
    body = {"dlq_id": "conversion.requests/0/7", "service": "converter", "requested_by": {"id": "ops-1"}, **data}
    second = int((moment - datetime(2026, 11, 22, 8, tzinfo=UTC)).total_seconds())
    return record("operations.events", f"dead-letter.{name}", body, second=second)


def test_a_dead_letter_that_dies_again_is_one_row_with_more_replays(projector: Projector) -> None:
    projector.take(dead(0, 70))
    projector.take(dead(1, 71))
    projector.take(dead(0, 70))
    row = projector.row("SELECT * FROM dead_letter")
    assert (row["dlq_id"], row["replays"], row["dlq_offset"], row["state"]) == (
        "conversion.requests/0/7",
        1,
        71,
        "open",
    )
    assert (row["record_key"], bytes(row["record_value"])) == (None, b"\xff\x00")
    assert row["headers"][0] == ["ce_specversion", "MS4w"]
    timeline = projector.rows("SELECT type, conversion_id FROM conversion_event")
    assert timeline == [{"type": "dead-letter", "conversion_id": "K-9"}] * 2


@pytest.mark.parametrize("is_decided_first", [True, False])
def test_a_decision_stands_until_the_record_dies_again(projector: Projector, is_decided_first: bool) -> None:
    moment = datetime(2026, 11, 22, 8, 59, tzinfo=UTC)
    discarded = decision("discarded", moment, reason="test", discarded_at=at(0))
    early = dead(0, 70)
    died = {"dlq-failed-at": b"2026-11-22T08:30:00Z"}
    early = early._replace(headers=[(name, died.get(name, value)) for name, value in early.headers])
    for each in [discarded, early] if is_decided_first else [early, discarded]:
        projector.take(each)
    assert projector.row("SELECT state FROM dead_letter") == {"state": "discarded"}
    projector.take(dead(1, 71))
    assert projector.row("SELECT state FROM dead_letter") == {"state": "open"}


def test_any_bytes_can_be_dead(projector: Projector) -> None:
    wild: Headers = [
        ("dlq-id", b"a\x00b\xff"),
        ("dlq-partition", b"99999999999"),
        ("dlq-failed-at", b"soon"),
        ("dlq-attempts", b"-1"),
    ]
    projector.take(Record("converter.dlq", 0, 1, -1, b"\x00", None, wild), Record("notifier.dlq", 0, 2, 5, None, b"", []))
    assert {row["dlq_id"] for row in projector.rows("SELECT dlq_id FROM dead_letter")} == {
        "a\ufffdb\ufffd",
        "notifier.dlq/0/2",
    }
