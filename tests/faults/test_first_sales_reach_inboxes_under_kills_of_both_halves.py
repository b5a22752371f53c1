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

from leadline.delivery.record import Outgoing
from tests.scenarios.harness.chaos import new_seed
from tests.scenarios.harness.delivery import SETTINGS, letters
from tests.scenarios.harness.records import as_json, envelope
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World, fresh_world
from tests.stack import Stack

pytestmark = pytest.mark.faults
CUSTOMERS, ORDERS, KILLS = 5_000, 60_000, 20
AT = "2026-11-22T12:00:00Z"
PATIENCE_SECONDS = 240.0


def customer(number: int) -> Outgoing:
    id = f"C-{number}"
    body = {
        "customer_id": id,
        "customer_number": f"CUST-{number:06}",
        "code": id,
        "name": f"Customer {number}",
        "type": "company",
        "role": "customer",
        "customer_status": "active",
        "discovered_by": f"finder-{number % 40}",
        "lead_id": f"L-{number}",
        "created_at": AT,
        "contacts": [],
    }
    return Outgoing("customer.events", id.encode(), as_json(body), envelope("customer.created", id))


def order(number: int, owner: int) -> Outgoing:
    id = f"C-{owner}"
    body = {"order_id": f"O-{number}", "customer_id": id, "amount": "1.00", "currency": "EUR", "placed_at": AT}
    return Outgoing("order.events", id.encode(), as_json(body), envelope("order.placed", id))


def records(chance: random.Random) -> list[Outgoing]:
    """Every customer has an order, some before it is known; one order in five comes twice."""
    owners = [*range(CUSTOMERS), *(chance.randrange(CUSTOMERS) for _ in range(ORDERS * 4 // 5 - CUSTOMERS))]
    placed = [order(number, owner) for number, owner in enumerate(owners)]
    placed += chance.sample(placed, ORDERS - len(placed))
    every = [*map(customer, range(CUSTOMERS)), *placed]
    return chance.sample(every, len(every))


def test_each_customer_is_one_first_sale_in_its_finders_inbox(stack: Stack, tmp_path: Path) -> None:
    chance = random.Random(int(os.environ.get("LEADLINE_CHAOS_SEED") or new_seed()))
    every = records(chance)
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
    wanted = [(f"C-{number}", f"finder-{number % 40}") for number in range(CUSTOMERS)]
    assert sorted(found) == sorted(wanted)


def has(world: World, number: int) -> bool:
    return letters(world) >= number
