"""Every metric is, to the last digit, what a second count in plain Python finds in the same events."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from leadline.cli.__main__ import app
from leadline.delivery.record import Record
from leadline.status.metrics import METRICS, Window, measure
from leadline.status.reader import StatusReader
from tests.integration.day_with_outcomes import COSTS, World, build
from tests.integration.projector_life import ID, LIFE
from tests.integration.projector_world import Projector
from tests.integration.recount import recount
from tests.unit.service_records import conversion_event, record

WINDOWS = {
    "all": (None, None),
    "from noon": (datetime(2026, 3, 12, 12, tzinfo=UTC), None),
    "the morning": (datetime(2026, 3, 12, 6, tzinfo=UTC), datetime(2026, 3, 12, 12, tzinfo=UTC)),
    "days later": (datetime(2026, 3, 14, tzinfo=UTC), datetime(2026, 3, 20, tzinfo=UTC)),
    "never": (datetime(2027, 1, 1, tzinfo=UTC), None),
}


@pytest.fixture
def projector(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Projector]:
    monkeypatch.setenv("PROJECTOR_DATABASE_URL", database_url)
    projector = Projector(database_url)
    yield projector
    projector.close()


def fill(projector: Projector, world: World, seed: int) -> None:
    records = list(world.records)
    random.Random(seed).shuffle(records)
    for start in range(0, len(records), 700):
        projector.take(*records[start : start + 700])


@pytest.mark.parametrize("seed", [1, 2])
def test_every_metric_equals_its_recount_from_the_raw_events(projector: Projector, database_url: str, seed: int) -> None:
    world = build(seed)
    fill(projector, world, seed)
    with StatusReader(database_url) as reader:
        for window in WINDOWS.values():
            found = measure(reader, Window(*window), COSTS.items())
            expected = recount(world.facts, window)
            assert list(found) == list(METRICS)
            for name in METRICS:
                assert list(map(dict, found[name])) == expected[name], name


def test_the_example_day_is_rich_enough_to_count() -> None:
    counted: dict[str, Any] = recount(build(1).facts, (None, None))
    assert counted["conversion_rate"][0]["converted"] > 100
    assert {row["status"] for row in counted["time_in_status"]} >= {"new", "contacted", "qualified", "converting"}
    assert min(counted["win_rate"][0]["won"], counted["win_rate"][0]["lost"]) > 10
    assert len(counted["deal_size"]) == 8
    assert counted["lost_leads"]
    assert 5 < sum(lead.is_reverted for lead in build(1).facts.leads.values()) < 50


def test_metrics_are_printed_as_one_json_object_with_exact_numbers(projector: Projector, monkeypatch: pytest.MonkeyPatch) -> None:
    world = build(1)
    fill(projector, world, 1)
    monkeypatch.setenv("LEADLINE_CHANNEL_COSTS", ",".join(f"{name}={cost}" for name, cost in COSTS.items()))
    result = CliRunner().invoke(app, ["metrics", "--since", "2026-03-12", "--until", "2026-03-12T12:00:00Z", "--json"])
    printed = orjson.loads(result.stdout)
    expected = recount(world.facts, (datetime(2026, 3, 12, tzinfo=UTC), datetime(2026, 3, 12, 12, tzinfo=UTC)))
    assert printed == orjson.loads(orjson.dumps(expected, default=str))
    text = CliRunner().invoke(app, ["metrics"], env={"COLUMNS": "100"}).stdout
    assert all(name.replace("_", " ") in text for name in METRICS)
    assert max(map(len, text.splitlines())) <= 100


def test_junk_is_neither_a_qualified_lead_nor_a_lost_one(projector: Projector, database_url: str) -> None:
    def told(name: str, lead_id: str, second: int, **data: Any) -> Record:
        return record("lead.events", f"lead.{name}", {"lead_id": lead_id, **data}, second=second)

    for lead_id, end in (("L-1", "junked"), ("L-2", "disqualified")):
        projector.take(told("created", lead_id, 1, last_name="Byron"), told("qualified", lead_id, 2))
        projector.take(told("disqualified", lead_id, 3, reason="no_need"), told(end, lead_id, 4, reason="no_need"))
    with StatusReader(database_url) as reader:
        found = measure(reader, Window(), [])
    assert [row["qualified"] for row in found["conversion_rate"]] == [1, 1, 1]
    assert [dict(row) for row in found["lost_leads"]] == [{"reason": "no_need", "leads": 1}]
    assert found["win_rate"] == [{"grouped_by": "all", "name": "all", "won": 0, "lost": 0, "percent": None}]


def test_a_conversion_that_was_taken_back_counts_no_longer(projector: Projector, database_url: str) -> None:
    projector.take(*LIFE)
    with StatusReader(database_url) as reader:
        assert measure(reader, Window(), [])["time_to_conversion"][0]["converted"] == 1
        projector.take(conversion_event("reverted", ID, second=50, customer_id="C-1"))
        assert measure(reader, Window(), [])["time_to_conversion"][0]["converted"] == 0
