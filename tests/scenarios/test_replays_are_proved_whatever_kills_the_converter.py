"""A replayed dead letter is resolved when its service has noted what came of it, whatever kills that service meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from leadline.cli.__main__ import app
from leadline.delivery.record import Outgoing
from leadline.delivery.replayed import QUIET
from tests.scenarios.harness.records import conversion_id, qualified_lead, request
from tests.scenarios.harness.topics import Topics
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World, fresh_world
from tests.stack import Stack

GOOD = [f"L-{number}" for number in range(30)]
STILL_UNKNOWN = "L-never"
LEADS = [*GOOD, STILL_UNKNOWN]
POINTS = ("before-database-commit", "after-database-commit", "before-kafka-commit")
SECONDS = 40.0


@pytest.fixture
def world(stack: Stack, tmp_path: Path) -> Iterator[World]:
    with fresh_world(stack, tmp_path, delays="100ms,200ms") as prepared:
        yield prepared


def test_replays_are_proved_whatever_kills_the_converter(world: World) -> None:
    with world.topics() as topics:
        die_before_their_leads_come(world, topics)
        assert dlq(world, "replay", "--all") == 0
        assert states(world) == {"replaying": len(LEADS)}, "that a record was sent proves nothing"
        mended = world.start("converter", "two", [f"{point}=1:kill" for point in POINTS])
        wait_until(lambda: states(world) == {"resolved": len(GOOD), "open": 1}, seconds=SECONDS, what="every replay is proved")
        wait_until(lambda: world.has_read(topics), seconds=SECONDS, what="all is applied")
        assert {point: mended.fired(point) for point in POINTS} == dict.fromkeys(POINTS, 1)
        made = [seen for stories in topics.products().values() for seen in stories if seen.kind == "customer.created"]
    assert len(made) == len(GOOD)
    assert all(QUIET in seen.record.headers for seen in made)
    proofs = world.rows("SELECT outcome, code, replay_id <> '' FROM replay_outcome")
    assert Counter(proofs) == {("done", None, True): len(GOOD), ("dead", "LEAD_UNKNOWN", True): 1}
    customers = world.rows("SELECT lead_id, conversion_id::text FROM customer ORDER BY 1")
    assert customers == sorted((lead, conversion_id(f"key of {lead}")) for lead in GOOD)


def die_before_their_leads_come(world: World, topics: Topics) -> None:
    """Requests die for want of a lead; then the leads come, but one, while no converter runs."""
    converter = world.start("converter")
    world.upstream.publish([request(lead, f"key of {lead}") for lead in LEADS])
    wait_until(lambda: len(topics.dead_letters()) == len(LEADS), seconds=SECONDS, what="the requests are dead-lettered")
    converter.stop()
    leads: list[Outgoing] = [record for lead in GOOD for record in qualified_lead(lead)]
    world.upstream.publish(leads)


def dlq(world: World, *arguments: str) -> int:
    return CliRunner().invoke(app, ["dlq", *arguments], env=world.environment).exit_code


def states(world: World) -> Counter[str]:
    """How many dead letters are in which state, as operators see it."""
    lines = CliRunner().invoke(app, ["dlq", "list", "--json"], env=world.environment).stdout.splitlines()
    return Counter(orjson.loads(line)["state"] for line in lines)
