"""Orders at random, twenty SIGKILLs over the deciding and the delivering processes: one first sale in an inbox for each customer.

LEADLINE_CHAOS_SEED runs the same plan again.
"""

from __future__ import annotations

import os
import random
import signal
from functools import partial
from pathlib import Path

import pytest

from tests.scenarios.harness.chaos import new_seed
from tests.scenarios.harness.delivery import SETTINGS, letters
from tests.scenarios.harness.first_sales import FINDERS, Sales, customer_id
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World, fresh_world
from tests.stack import Stack

pytestmark = pytest.mark.faults
CUSTOMERS, ORDERS, KILLS = 5_000, 60_000, 20
PATIENCE_SECONDS = 240.0


def test_each_customer_is_one_first_sale_in_its_finders_inbox(stack: Stack, tmp_path: Path) -> None:
    seed = int(os.environ.get("LEADLINE_CHAOS_SEED") or new_seed())
    chance, every = random.Random(seed), Sales(CUSTOMERS, ORDERS, KILLS, seed).records()
    size = -(-len(every) // KILLS)
    with fresh_world(stack, tmp_path) as world:
        victims = [world.start("notifier"), *(world.start("notifier.deliver", name, **SETTINGS) for name in ("one", "two"))]
        for number in range(KILLS):
            piece = every[number * size : (number + 1) * size]
            goal = letters(world) + 1
            world.upstream.publish(sorted(piece, key=lambda record: record.topic))
            wait_until(partial(has, world, goal), seconds=PATIENCE_SECONDS, what="some more are in the inboxes")
            chance.choice(victims).signal(signal.SIGKILL)
        wait_until(partial(has, world, CUSTOMERS), seconds=PATIENCE_SECONDS, what="all are in the inboxes")
        assert sum(victim.statuses.count(-signal.SIGKILL) for victim in victims) >= KILLS - len(victims)
        found = world.rows(
            "SELECT letter.data ->> 'customer_id', inbox.recipient "
            "FROM notifier.inbox JOIN notifier.letter USING (notification_id)"
        )
    wanted = [(customer_id(number), f"finder-{number % FINDERS}") for number in range(CUSTOMERS)]
    assert sorted(found) == sorted(wanted)


def has(world: World, number: int) -> bool:
    return letters(world) >= number
