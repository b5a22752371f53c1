"""All cases at once through a real Kafka, a real PostgreSQL and a real converter; what became of each is read at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

from tests.cases.case import CUSTOMERS, ORDERS, Case, Step, Writer, ordered
from tests.cases.outcome import DeadLetter, Outcome, Reader, Told
from tests.faults.checker.facts import Place
from tests.scenarios.harness.partitions import partition_of
from tests.scenarios.harness.records import LEADS, REQUESTS, conversion_id, qualified_lead, request
from tests.scenarios.harness.topics import Seen, Topics
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

SECONDS = 60.0


def run_through_kafka(world: World, cases: Sequence[Case]) -> list[Outcome]:
    """The outcome of each case. A round is sent when the converter has taken the round before it."""
    world.start("converter")
    writers = [Writer(case, mark(number)) for number, case in enumerate(cases)]
    sent: Counter[Place] = Counter()
    with world.topics() as topics:
        for parts in zip_longest(*(case.parts for case in cases), fillvalue=()):
            _play(world, [(writer, ordered(part)) for writer, part in zip(writers, parts, strict=True)], sent)
            wait_until(lambda: world.has_read(topics), seconds=SECONDS, what="nothing waits any more")
        _wait_for_one_more(world, topics)
        told = [_told(seen) for name in ("conversion.events", "customer.events") for seen in topics.read(name)]
        dead = [_dead(seen) for seen in topics.dead_letters()]
    customers = list(_customers(world))
    return [Reader(case, mark(number)).read(told, dead, customers) for number, case in enumerate(cases)]


def _play(world: World, scripts: Sequence[tuple[Writer, Iterator[list[Step]]]], sent: Counter[Place]) -> None:
    for rounds in zip_longest(*(steps for _, steps in scripts), fillvalue=()):
        records = [writer.write(step) for (writer, _), steps in zip(scripts, rounds, strict=True) for step in steps]
        for topic in (LEADS, ORDERS, CUSTOMERS, REQUESTS):
            world.upstream.publish([record for record in records if record.topic == topic])
        sent.update((record.topic, partition_of((record.key or b"").decode())) for record in records)
        wait_until(lambda: _has_taken(world, sent), seconds=SECONDS, what="the round is over")


def _has_taken(world: World, sent: Counter[Place]) -> bool:
    """Whether so many records of these partitions are handled or wait."""
    rows = world.rows("SELECT topic, partition, next_offset FROM partition_progress WHERE next_offset > 0")
    return not sent - Counter({(topic.removeprefix(world.prefix), partition): count for topic, partition, count in rows})


def _wait_for_one_more(world: World, topics: Topics) -> None:
    """The converter tells one thing after the other: when this is told, so is everything before it."""
    world.upstream.publish([*qualified_lead("L-last"), request("L-last", "last")])
    wait_until(lambda: topics.ended(conversion_id("last")), seconds=SECONDS, what="the last request has ended")


def mark(number: int) -> str:
    """What keeps a case apart from the others; it comes off again."""
    return f".c{number:03d}"


def _told(seen: Seen) -> Told:
    key, body = (seen.record.key or b"").decode(), (seen.record.value or b"").decode()
    return Told(seen.at[0], key, seen.kind, seen.header("ce_correlationid") or "", seen.header("ce_time") or "", body)


def _dead(seen: Seen) -> DeadLetter:
    return DeadLetter(seen.header("dlq-error-code") or "", seen.header("dlq-conversion-id") or "")


def _customers(world: World) -> Iterator[dict[str, Any]]:
    """Each customer with its contacts, as the events say them."""
    query = """
        SELECT to_jsonb(customer) || jsonb_build_object('contacts', (
            SELECT jsonb_agg(to_jsonb(contact) ORDER BY contact_id)
            FROM contact WHERE contact.customer_id = customer.customer_id))
        FROM customer"""
    return (row[0] for row in world.rows(query))
