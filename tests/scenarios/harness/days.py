"""Orders, ticks and customers on days that the notifier's own ticks will not reach while a scenario runs."""

from __future__ import annotations

import os
import subprocess
import sys
from uuid import UUID, uuid5

from leadline.delivery.record import Outgoing
from tests.scenarios.harness.records import as_json, conversion_id, envelope
from tests.scenarios.harness.topics import Topics
from tests.scenarios.harness.world import World

SECONDS = 40.0


def customer_of(key: str) -> str:
    """The customer that the request of this key makes of its lead."""
    return str(uuid5(UUID(conversion_id(key)), "customer"))


def order(happening: str, key: str, order_id: str, day: str) -> Outgoing:
    """An order that was placed or cancelled at noon of a day."""
    customer_id, at = customer_of(key), f"{day}T12:00:00Z"
    body = {"order_id": order_id, "customer_id": customer_id, "amount": "1.00", "currency": "EUR", "placed_at": at}
    return Outgoing("order.events", customer_id.encode(), as_json(body), envelope(f"order.{happening}", customer_id, ce_time=at))


def tick(world: World, day: str) -> None:
    """Say that it is noon of a day."""
    command = [sys.executable, "-m", "leadline.cli", "stages", "tick", "--at", f"{day}T12:00:00Z", "--ahead"]
    subprocess.run(command, env={**os.environ, **world.environment}, check=True, timeout=SECONDS)


def has_handled_ticks(world: World, topics: Topics) -> bool:
    """Whether every tick is behind the notifier."""
    last = topics.last_offsets("stage.ticks")
    query = "SELECT topic, partition, next_offset FROM notifier.partition_progress"
    reached = {(topic.removeprefix(world.prefix), partition): offset for topic, partition, offset in world.rows(query)}
    return all(reached.get(place, 0) > offset for place, offset in last.items())
