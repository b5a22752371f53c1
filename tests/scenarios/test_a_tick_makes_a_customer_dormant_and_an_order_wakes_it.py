"""Time is an input: whatever the clock says, a tick makes a silent customer dormant, an order wakes it, each told once.

Everything happens in the year 2990, which the notifier's own ticks will not reach while this runs.
"""

from __future__ import annotations

import signal
from collections.abc import Sequence
from functools import partial

from tests.scenarios.harness.days import SECONDS, customer_of, has_handled_ticks, order, tick
from tests.scenarios.harness.records import qualified_lead, request
from tests.scenarios.harness.topics import Seen, Topics
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

KEYS = ["k-1", "k-2", "k-3"]
ACTIVE, DORMANT = "active", "dormant"


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
