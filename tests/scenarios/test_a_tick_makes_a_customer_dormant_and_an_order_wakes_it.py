"""Time is an input: whatever the clock says, a tick makes a silent customer dormant, an order wakes it, each told once.

Everything happens in the year 2990, which the notifier's own ticks will not reach while this runs.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from uuid import UUID, uuid5

from leadline.delivery.record import Outgoing
from tests.scenarios.harness.records import as_json, conversion_id, envelope, qualified_lead, request
from tests.scenarios.harness.topics import Seen, Topics
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

KEYS = ["k-1", "k-2", "k-3"]
ACTIVE, DORMANT = "active", "dormant"
SECONDS = 40.0


def customer_of(key: str) -> str:
    return str(uuid5(UUID(conversion_id(key)), "customer"))


def order(happening: str, key: str, order_id: str, day: str) -> Outgoing:
    customer_id, at = customer_of(key), f"{day}T12:00:00Z"
    body = {"order_id": order_id, "customer_id": customer_id, "amount": "1.00", "currency": "EUR", "placed_at": at}
    return Outgoing("order.events", customer_id.encode(), as_json(body), envelope(f"order.{happening}", customer_id, ce_time=at))


def tick(world: World, day: str) -> None:
    command = [sys.executable, "-m", "leadline.cli", "stages", "tick", "--at", f"{day}T12:00:00Z", "--ahead"]
    subprocess.run(command, env={**os.environ, **world.environment}, check=True, timeout=SECONDS)


def stages(topics: Topics) -> dict[str, list[Seen]]:
    """The changes of each customer, in the order of their partition."""
    found: dict[str, list[Seen]] = {key: [] for key in KEYS}
    keys = {customer_of(key): key for key in KEYS}
    for seen in topics.read("customer.events"):
        if seen.kind == "customer.stage-changed":
            found[keys[seen.data["customer_id"]]].append(seen)
    return found


def are_told(topics: Topics, wanted: Sequence[Sequence[str]]) -> bool:
    found = stages(topics)
    return [[seen.data["stage"] for seen in found[key]] for key in KEYS] == [list(each) for each in wanted]


def test_a_tick_makes_a_customer_dormant_and_an_order_wakes_it(world: World) -> None:
    """k-1 orders before it is a customer, k-2 twice, k-3's only order is cancelled before anybody knew of it."""
    with world.topics() as topics:
        until_told = partial(until, topics)
        world.upstream.publish(
            [
                order("placed", "k-1", "O-1", "2990-01-01"),
                order("cancelled", "k-3", "O-3", "2990-01-01"),
                order("placed", "k-3", "O-3", "2990-01-01"),
            ]
        )
        notifier = world.start("notifier")
        world.start("converter")
        for number, key in enumerate(KEYS):
            world.upstream.publish([*qualified_lead(f"L-{number}"), request(f"L-{number}", key)])
        world.upstream.publish([order("placed", "k-2", "O-2", "2990-02-01")] * 2)
        until_told([ACTIVE], [ACTIVE], [])

        tick(world, "2990-04-02")
        until_told([ACTIVE, DORMANT], [ACTIVE], [])
        notifier.signal(signal.SIGKILL)
        tick(world, "2990-06-01")
        until_told([ACTIVE, DORMANT], [ACTIVE, DORMANT], [])

        world.upstream.publish([order("placed", "k-1", "O-4", "2990-06-02"), order("placed", "k-1", "O-4", "2990-06-02")])
        until_told([ACTIVE, DORMANT, ACTIVE], [ACTIVE, DORMANT], [])
        tick(world, "2990-06-03")
        wait_until(partial(has_handled_ticks, world, topics), seconds=SECONDS, what="every tick is handled")
        until_told([ACTIVE, DORMANT, ACTIVE], [ACTIVE, DORMANT], [])
        ids = [seen.header("ce_id") for found in stages(topics).values() for seen in found]
    assert len(set(ids)) == len(ids)


def until(topics: Topics, *wanted: Sequence[str]) -> None:
    wait_until(lambda: are_told(topics, wanted), seconds=SECONDS, what=f"the stages of {KEYS} are {wanted}")


def has_handled_ticks(world: World, topics: Topics) -> bool:
    last = topics.last_offsets("stage.ticks")
    query = "SELECT topic, partition, next_offset FROM notifier.partition_progress"
    reached = {(topic.removeprefix(world.prefix), partition): offset for topic, partition, offset in world.rows(query)}
    return all(reached.get(place, 0) > offset for place, offset in last.items())
