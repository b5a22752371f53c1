"""A record that waits for its next attempt is tried, though its paused partition goes to another instance and comes back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.scenarios.harness.records import conversion_id, qualified_lead, request
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import fresh_world
from tests.stack import Stack

LEADS = [f"L-{number}" for number in range(30)]


def test_what_waits_is_tried_after_its_partition_has_come_back(stack: Stack, tmp_path: Path) -> None:
    """In both group protocols at the same time, each in an installation of its own."""
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(come_and_go, stack, tmp_path / protocol, protocol) for protocol in ("consumer", "classic")]:
            done.result()


def come_and_go(stack: Stack, folder: Path, protocol: str) -> None:
    folder.mkdir()
    with fresh_world(stack, folder, protocol=protocol, delays="8s") as world, world.topics() as topics:
        world.start("converter", "one")
        wait_until(lambda: world.owns() == 6, seconds=30, what="the first instance owns all")
        world.upstream.publish([request(lead_id, lead_id) for lead_id in LEADS])
        wait_until(lambda: len(topics.read("converter.retry.8s")) == len(LEADS), seconds=20, what="every request waits")
        world.upstream.publish([record for lead_id in LEADS for record in qualified_lead(lead_id)])
        visitor = world.start("converter", "two")
        wait_until(lambda: world.owns(epochs_above=1) >= 3, seconds=20, what="the second instance has taken its half")
        visitor.stop()
        wait_until(lambda: world.owns(epochs_above=2) >= 3, seconds=20, what="the first instance has them again")
        wait_until(lambda: topics.ended(*map(conversion_id, LEADS)), seconds=30, what="every request has ended")
        assert len(world.rows("SELECT 1 FROM customer")) == len(LEADS)
