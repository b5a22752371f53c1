"""One idempotency key is one conversion, however often and from wherever it comes, on one partition or on two."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from leadline.delivery.record import Outgoing
from tests.scenarios.harness.records import conversion_id, qualified_lead, request
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

KEY = "one-key-for-all"
PRODUCERS = 8
TIMES = 1000
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
    world.publish(qualified_lead(lead_id))
    share = [request(lead_id, KEY) for _ in range(TIMES // PRODUCERS)]
    with ThreadPoolExecutor(PRODUCERS) as pool:
        list(pool.map(world.publish, [share] * PRODUCERS))
    world.publish([request(lead_id, KEY, options={"notes": "another body"})])
    with world.topics() as topics:
        wait_until(topics.dead_letters, seconds=30, what="the other body is dead-lettered")
        assert told(world, conversion_id(KEY)) == EVENTS
        assert [letter.header("dlq-error-code") for letter in topics.dead_letters()] == ["IDEMPOTENCY_KEY_REUSED"]
    assert world.rows("SELECT lead_id FROM customer") == [(lead_id,)]


def test_a_key_that_two_partitions_bring_at_once_is_converted_once(world: World) -> None:
    """Half of the producers have another partitioner: two instances handle the same key at the same time."""
    start_two(world)
    keys = [f"key-{n}" for n in range(100)]
    leads = {key: f"L-{key}" for key in keys}
    world.publish([record for lead_id in leads.values() for record in qualified_lead(lead_id)])
    with world.topics() as topics:
        wait_until(lambda: world.rows("SELECT count(*) FROM lead") == [(100,)], seconds=20, what="all leads are known")
        publish_twice(world, [request(leads[key], key) for key in keys])
        wait_until(lambda: topics.ended(*map(conversion_id, keys)), seconds=30, what="every conversion has ended")
        assert_all_is_read(world)
        assert {key: told(world, conversion_id(key)) for key in keys} == dict.fromkeys(keys, EVENTS)
        assert topics.dead_letters() == []
    assert world.rows("SELECT count(*) FROM customer") == [(100,)]
    assert world.rows("SELECT state, count(*) FROM conversion GROUP BY state") == [("completed", 100)]


def start_two(world: World) -> None:
    for name in ("one", "two"):
        world.start("converter", name)
    wait_until(lambda: world.owns(epochs_above=0) == 6, seconds=30, what="every partition has an owner")


def publish_twice(world: World, records: list[Outgoing]) -> None:
    """Record by record, through both partitioners at once, so that neither instance sees large batches."""
    with ThreadPoolExecutor(2) as pool:
        for chunk in (records[start : start + 5] for start in range(0, len(records), 5)):
            plain = pool.submit(world.publish, chunk)
            placed = pool.submit(world.publish_to, chunk, partition=0)
            plain.result()
            placed.result()


def assert_all_is_read(world: World) -> None:
    """Ask both instances for an end that comes behind everything."""
    last = [request(f"L-last-{partition}", f"last-{partition}") for partition in range(6)]
    for partition, record in enumerate(last):
        world.publish_to([record], partition=partition)
    with world.topics() as topics:
        wait_until(
            lambda: topics.ended(*(conversion_id(f"last-{partition}") for partition in range(6))),
            seconds=30,
            what="the last requests have ended",
        )


def told(world: World, conversion: str) -> Counter[str]:
    """How often each kind of event of this conversion was told."""
    with world.topics() as topics:
        both = topics.story(conversion) + topics.customer_events(conversion)
    return Counter(seen.kind for seen in both)
