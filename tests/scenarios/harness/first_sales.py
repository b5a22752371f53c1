"""Customers and their orders in an order that nobody would choose, while the notifier is killed; then who was told, counted."""

from __future__ import annotations

import random
import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from leadline.delivery.record import Outgoing
from tests.scenarios.harness.instance import Instance
from tests.scenarios.harness.records import as_json, envelope
from tests.scenarios.harness.topics import Topics
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

FINDERS, SELLERS = 40, 5
TEAM = ("mate-1", "mate-2")
AT = "2026-11-22T12:00:00Z"
TAKE_OVER_SECONDS = 30.0
DONE_SECONDS = 180.0


@dataclass(frozen=True)
class Sales:
    """How much of it there is; every customer has at least one order, and about one order in four comes again."""

    customers: int
    orders: int
    kills: int
    seed: int

    def records(self) -> list[Outgoing]:
        """Customers and orders at random, so that most orders come before or long after their customer."""
        chance = random.Random(self.seed)
        owners = [
            *range(self.customers),
            *(chance.randrange(self.customers) for _ in range(self.orders * 4 // 5 - self.customers)),
        ]
        placed = [order(number, owner) for number, owner in enumerate(owners)]
        placed += chance.sample(placed, self.orders - len(placed))
        every = [*map(customer, range(self.customers)), *placed]
        return chance.sample(every, len(every))


def customer_id(number: int) -> str:
    return f"C-{number:05}"


def customer(number: int) -> Outgoing:
    """What a converter tells of a customer that it has made."""
    id = customer_id(number)
    body: dict[str, Any] = {
        "customer_id": id,
        "customer_number": f"CUST-{number:06}",
        "code": id,
        "name": f"Customer {number}",
        "type": "company",
        "role": "customer",
        "customer_status": "active",
        "prospect_stage": "qualified",
        "discovered_by": f"finder-{number % FINDERS}",
        "salesperson_id": f"seller-{number % SELLERS}",
        "lead_id": f"L-{number}",
        "created_at": AT,
        "contacts": [],
    }
    return Outgoing("customer.events", id.encode(), as_json(body), envelope("customer.created", id))


def order(number: int, owner: int) -> Outgoing:
    """An order."""
    id = customer_id(owner)
    body = {"order_id": f"O-{number}", "customer_id": id, "amount": "1.00", "currency": "EUR", "placed_at": AT}
    return Outgoing("order.events", id.encode(), as_json(body), envelope("order.placed", id))


def wish(happening: str, key: str, /, **body: Any) -> Outgoing:
    """What a user or team says on notification.requests."""
    return Outgoing("notification.requests", key.encode(), as_json(body), envelope(happening, key))


def wishes() -> list[Outgoing]:
    """seller-0 hears of its own customers, a team of those of seller-1, who is in it; seller-2 had subscribed, and no more."""
    own = {"kind": "first-sale", "scope": "own"}
    team = {"subscriber": {"type": "team", "id": "T-1"}, "kind": "first-sale", "scope": "team"}
    return [
        wish("team.members-set", "T-1", team_id="T-1", member_ids=["seller-1", *TEAM]),
        wish("notification.subscribed", "T-1", **team),
        *(wish("notification.subscribed", id, subscriber={"type": "user", "id": id}, **own) for id in ("seller-0", "seller-2")),
        wish("notification.unsubscribed", "seller-2", subscriber={"type": "user", "id": "seller-2"}, **own),
    ]


def expected(sales: Sales) -> Counter[tuple[str, str]]:
    """Each (customer, recipient) that is told, once."""
    hearers = {0: ["seller-0"], 1: ["seller-1", *TEAM]}
    return Counter(
        (customer_id(number), recipient)
        for number in range(sales.customers)
        for recipient in (f"finder-{number % FINDERS}", *hearers.get(number % SELLERS, ()))
    )


def tell_while_killing(world: World, sales: Sales, names: Sequence[str]) -> None:
    """Publish everything in pieces, with a SIGKILL of a working notifier in each; gives when all of it has been handled."""
    instances = [world.start("notifier", name) for name in names]
    world.upstream.publish(wishes())
    wait_until(partial(knows_wishes, world), seconds=TAKE_OVER_SECONDS, what="the notifier knows who has subscribed")
    records = sales.records()
    size = -(-len(records) // sales.kills)
    for number in range(sales.kills):
        before = handled(world)
        world.upstream.publish(sorted(records[number * size : (number + 1) * size], key=lambda record: record.topic))
        wait_until(partial(has_handled_more, world, before), seconds=TAKE_OVER_SECONDS, what="the notifier goes on")
        kill(instances[number % len(instances)])
    with world.topics() as topics:
        done = partial(has_handled_all, world, topics)
        wait_until(done, seconds=DONE_SECONDS, what="the notifier has handled everything")
    assert sum(instance.statuses.count(-signal.SIGKILL) for instance in instances) == sales.kills


def kill(instance: Instance) -> None:
    """SIGKILL, and wait until somebody has noticed."""
    ends = len(instance.statuses)
    wait_until(lambda: instance.is_running, seconds=TAKE_OVER_SECONDS, what="there is a notifier to kill")
    instance.signal(signal.SIGKILL)
    wait_until(lambda: len(instance.statuses) > ends, seconds=TAKE_OVER_SECONDS, what="the notifier is dead")


def knows_wishes(world: World) -> bool:
    query = "SELECT count(*) FROM notifier.subscription WHERE is_on OR subscriber_id = 'seller-2' AND NOT is_on"
    members = "SELECT count(*) FROM notifier.team_member"
    return (world.rows(query), world.rows(members)) == ([(3,)], [(3,)])


def handled(world: World) -> int:
    """How far the notifier is, over all partitions."""
    return int(world.rows("SELECT coalesce(sum(next_offset), 0) FROM notifier.partition_progress")[0][0])


def has_handled_more(world: World, before: int) -> bool:
    return handled(world) > before


def has_handled_all(world: World, topics: Topics) -> bool:
    last = topics.last_offsets("customer.events", "order.events")
    query = "SELECT topic, partition, next_offset FROM notifier.partition_progress"
    reached = {(topic.removeprefix(world.prefix), partition): offset or 0 for topic, partition, offset in world.rows(query)}
    return all(reached.get(place, 0) > offset for place, offset in last.items())


def told(topics: Topics) -> Counter[tuple[str, str]]:
    """How often each (customer, recipient) stands on the topic as a first sale."""
    return Counter(
        (seen.data["customer_id"], seen.data["recipient"])
        for seen in topics.read("notification.events")
        if seen.kind == "notification.first-sale"
    )


def assert_each_is_told_once(world: World, sales: Sales) -> None:
    """Who was to be told was told once, and nobody else was."""
    wanted = expected(sales)
    with world.topics() as topics:
        wait_until(lambda: told(topics) >= wanted, seconds=TAKE_OVER_SECONDS, what="everybody is told")
        found = told(topics)
    assert found == wanted, (found - wanted, wanted - found)
    finders = [recipient for _, recipient in found if recipient.startswith("finder-")]
    assert len(finders) == sales.customers
