"""Two leads with one e-mail address, handled by two instances at the same time: one customer, and one refusal that names it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count

from leadline.delivery.record import Outgoing
from tests.scenarios.harness.partitions import PARTITIONS, partition_of
from tests.scenarios.harness.records import conversion_id, qualified_lead, request
from tests.scenarios.harness.topics import Seen
from tests.scenarios.harness.two import start_two
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

PAIRS = 60
ALONE = 30
"""So many pairs come one by one, so that each request is a batch of its own; the others come all at once."""

Pair = tuple[str, str]


def test_each_pair_makes_one_customer_and_one_refusal_that_names_it(world: World) -> None:
    start_two(world)
    pairs = [pair for pair, _ in zip(pairs_on_two_sides(), range(PAIRS), strict=False)]
    world.upstream.publish([record for number, pair in enumerate(pairs) for record in leads_of(pair, number)])
    wait_until(lambda: len(world.rows("SELECT 1 FROM lead")) == 2 * PAIRS, seconds=20, what="all leads are known")
    for pair in pairs[:ALONE]:
        world.upstream.publish(requests_of(pair))
    world.upstream.publish([record for pair in pairs[ALONE:] for record in requests_of(pair)])
    with world.topics() as topics:
        wait_until(
            lambda: topics.ended(*(conversion_id(lead) for pair in pairs for lead in pair)),
            seconds=30,
            what="every conversion has ended",
        )
        stories, products = topics.stories(), topics.products()
    for pair in pairs:
        completed, failed = result_of(pair, stories)
        error = failed.data["error"]
        assert (error["code"], error["retryable"]) == ("CUSTOMER_EMAIL_EXISTS", True)
        assert [each["customer_id"] for each in error["candidates"]] == [completed.data["customer"]["customer_id"]]
        assert not products[failed.data["conversion_id"]]
    assert world.rows("SELECT count(*) FROM customer") == [(PAIRS,)]


def result_of(pair: Pair, stories: Mapping[str, list[Seen]]) -> tuple[Seen, Seen]:
    """The ends of the one that was converted and of the one that was not, if nothing else has happened."""
    told = [stories[conversion_id(lead)] for lead in pair]
    failed, completed = sorted(told, key=len)
    kinds = [[seen.kind for seen in story] for story in (completed, failed)]
    assert kinds == [["conversion.accepted", "conversion.completed"], ["conversion.failed"]], pair
    return completed[-1], failed[-1]


def pairs_on_two_sides() -> Iterator[Pair]:
    """Leads of which one belongs to the lower half of the partitions, the other to the upper half."""
    waiting: dict[bool, list[str]] = {False: [], True: []}
    for number in count():
        lead_id = f"L-{number}"
        is_upper = partition_of(lead_id) >= PARTITIONS // 2
        if waiting[not is_upper]:
            yield waiting[not is_upper].pop(), lead_id
        else:
            waiting[is_upper].append(lead_id)


def leads_of(pair: Pair, number: int) -> list[Outgoing]:
    first, second = pair
    return [
        *qualified_lead(first, email=f"Ada{number}@Example.com"),
        *qualified_lead(second, email=f" ada{number}@EXAMPLE.com "),
    ]


def requests_of(pair: Pair) -> list[Outgoing]:
    return [request(lead_id, lead_id) for lead_id in pair]
