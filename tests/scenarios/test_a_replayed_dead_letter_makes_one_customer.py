"""A dead letter that is replayed twice, once its cause is gone, makes one customer and is told once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadline.delivery.record import Outgoing
from tests.scenarios.harness.records import conversion_id, qualified_lead, request
from tests.scenarios.harness.topics import Seen, Topics
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World, fresh_world
from tests.stack import Stack

KEY = "came-too-soon"
CONVERSION = conversion_id(KEY)


@pytest.fixture
def world(stack: Stack, tmp_path: Path) -> Iterator[World]:
    """Its rungs are so short that a request dies within a second."""
    with fresh_world(stack, tmp_path, delays="100ms,200ms") as prepared:
        yield prepared


def test_a_dead_letter_replayed_twice_makes_one_customer(world: World) -> None:
    world.start("converter")
    world.upstream.publish([request("L-late", KEY)])
    with world.topics() as topics:
        wait_until(topics.dead_letters, seconds=20, what="the request is dead-lettered")
        [letter] = topics.dead_letters()
        assert letter.header("dlq-error-code") == "LEAD_UNKNOWN"
        world.upstream.publish(qualified_lead("L-late"))
        world.upstream.publish([replay(letter), replay(letter)])
        wait_until(lambda: completed(topics), seconds=20, what="the replay is converted")
        world.upstream.publish([replay(letter)])
        wait_until(lambda: world.has_read(topics), seconds=20, what="every replay is applied")
        told = Counter(seen.kind for seen in topics.stories()[CONVERSION])
        assert told == {
            "conversion.retry-scheduled": 2, "conversion.failed": 1, "conversion.accepted": 1, "conversion.completed": 1,
        }  # fmt: skip
        products = Counter(seen.kind for seen in topics.products()[CONVERSION])
        assert products == {"customer.created": 1, "customer.lead-linked": 1, "contact.created": 1}
        assert topics.dead_letters() == [letter]
    assert world.rows("SELECT lead_id, conversion_id::text FROM customer") == [("L-late", CONVERSION)]


def test_a_dead_letter_that_dies_again_keeps_its_id_and_counts_its_replay(world: World) -> None:
    world.start("converter")
    world.upstream.publish([request("L-never", KEY)])
    with world.topics() as topics:
        wait_until(topics.dead_letters, seconds=20, what="the request is dead-lettered")
        world.upstream.publish([replay(topics.dead_letters()[0])])
        wait_until(lambda: len(topics.dead_letters()) == 2, seconds=20, what="it has died again")
        first, second = topics.dead_letters()
        assert first.header("dlq-id") == second.header("dlq-id")
        assert [each.header("dlq-replays") for each in (first, second)] == ["0", "1"]
        assert (first.record.key, first.record.value) == (second.record.key, second.record.value)


def replay(letter: Seen) -> Outgoing:
    """The dead letter, copied as it is."""
    return Outgoing("converter.replay", letter.record.key, letter.record.value, list(letter.record.headers))


def completed(topics: Topics) -> bool:
    return any(seen.kind == "conversion.completed" for seen in topics.stories()[CONVERSION])
