"""One idempotency key is one conversion, however often and from wherever it comes, on one partition or on two."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.scenarios.harness.partitions import PARTITIONS, partition_of
from tests.scenarios.harness.records import conversion_id, qualified_lead, request
from tests.scenarios.harness.topics import Topics
from tests.scenarios.harness.two import start_two
from tests.scenarios.harness.upstream import Upstream
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

KEY = "one-key-for-all"
PRODUCERS = 8
TIMES = 1000
PAIRS = 60
EVENTS = {
    "conversion.accepted": 1,
    "conversion.completed": 1,
    "customer.created": 1,
    "customer.lead-linked": 1,
    "contact.created": 1,
}


def test_a_thousand_requests_with_one_key_make_one_customer_and_one_set_of_events(world: World) -> None:
    start_two(world)
    lead_id = "L-thousand"
    world.upstream.publish(qualified_lead(lead_id))
    share = [request(lead_id, KEY) for _ in range(TIMES // PRODUCERS)]
    with ThreadPoolExecutor(PRODUCERS) as pool:
        list(pool.map(lambda _: Upstream(world.bootstrap, world.prefix).publish(share), range(PRODUCERS)))
    world.upstream.publish([request(lead_id, KEY, options={"notes": "another body"})])
    with world.topics() as topics:
        wait_until(topics.dead_letters, seconds=30, what="the other body is dead-lettered")
        assert told(topics) == {conversion_id(KEY): EVENTS}
        assert [letter.header("dlq-error-code") for letter in topics.dead_letters()] == ["IDEMPOTENCY_KEY_REUSED"]
    assert world.rows("SELECT lead_id FROM customer") == [(lead_id,)]


def test_a_key_that_two_partitions_bring_at_once_is_converted_once(world: World) -> None:
    """Half of the producers have another partitioner: two instances handle the same key at the same time."""
    start_two(world)
    leads = {f"key-{n}": f"L-{n}" for n in range(PAIRS)}
    world.upstream.publish([record for lead_id in leads.values() for record in qualified_lead(lead_id)])
    wait_until(lambda: len(world.rows("SELECT 1 FROM lead")) == PAIRS, seconds=20, what="all leads are known")
    for key, lead_id in leads.items():
        publish_on_both_sides(world, lead_id, key)
    conversions = [conversion_id(key) for key in leads]
    with world.topics() as topics:
        wait_until(lambda: topics.ended(*conversions), seconds=30, what="every conversion has ended")
        wait_until(lambda: world.has_read(topics), seconds=30, what="every request is applied")
        assert told(topics) == dict.fromkeys(conversions, EVENTS)
        assert topics.dead_letters() == []
    assert world.rows("SELECT count(*) FROM customer") == [(PAIRS,)]
    assert world.rows("SELECT state, count(*) FROM conversion GROUP BY state") == [("completed", PAIRS)]


def publish_on_both_sides(world: World, lead_id: str, key: str) -> None:
    here = partition_of(lead_id)
    there = (here + PARTITIONS // 2) % PARTITIONS
    for partition in (here, there):
        world.upstream.publish_to(partition, [request(lead_id, key)])


def told(topics: Topics) -> dict[str, Counter[str]]:
    """How often each kind of event of each conversion was told."""
    stories, products = topics.stories(), topics.products()
    return {each: Counter(seen.kind for seen in stories[each] + products[each]) for each in stories.keys() | products}
