"""Conversions, their reverts and new conversions of the same leads, while the converter is killed at each step of its work."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from leadline.delivery.record import Outgoing
from tests.scenarios.harness.records import REQUESTER, REQUESTS, as_json, conversion_id, envelope, qualified_lead, request
from tests.scenarios.harness.topics import Seen
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

LEADS = [f"L-{number}" for number in range(40)]
STEPS = ("after-poll", "before-database-commit", "after-database-commit", "before-kafka-commit", "after-kafka-commit")
SECONDS = 60.0


def revert(lead_id: str) -> Outgoing:
    body = {"conversion_id": conversion_id(f"first-{lead_id}"), "lead_id": lead_id, "requested_by": REQUESTER}
    headers = envelope("conversion.revert-requested", lead_id, idempotency_key=f"back-{lead_id}")
    return Outgoing(REQUESTS, lead_id.encode(), as_json(body), headers)


def kinds(seen: Sequence[Seen]) -> list[str]:
    return [each.kind for each in seen]


def test_a_revert_under_kills_undoes_its_conversion_once(world: World) -> None:
    world.upstream.publish([record for lead_id in LEADS for record in qualified_lead(lead_id)])
    converter = world.start("converter", failpoints=[f"{step}=1:kill" for step in STEPS])
    with world.topics() as topics:
        for number, step in enumerate(STEPS):
            share = LEADS[number :: len(STEPS)]
            back_and_forth = [(request(each, f"first-{each}"), revert(each), revert(each)) for each in share]
            world.upstream.publish([record for records in back_and_forth for record in records])
            wait_until(partial(converter.fired, step), seconds=SECONDS, what=f"the converter is killed {step}")
        world.upstream.publish([request(lead_id, f"second-{lead_id}") for lead_id in LEADS])
        world.upstream.publish([revert(lead_id) for lead_id in LEADS])
        wait_until(lambda: world.has_read(topics), seconds=SECONDS, what="everything is handled")
        wait_until(
            lambda: all(topics.ended(conversion_id(f"second-{lead_id}")) for lead_id in LEADS),
            seconds=SECONDS,
            what="every lead is converted anew",
        )
        stories, products = topics.stories(), topics.products()
        for lead_id in LEADS:
            first, second = conversion_id(f"first-{lead_id}"), conversion_id(f"second-{lead_id}")
            done = ["conversion.accepted", "conversion.completed"]
            made = ["customer.created", "customer.lead-linked", "contact.created"]
            assert kinds(stories[first]) == [*done, "conversion.reverted"]
            assert kinds(products[first]) == [*made, "customer.reverted"]
            assert (kinds(stories[second]), kinds(products[second])) == (done, made)
        assert topics.dead_letters() == []
    assert [converter.fired(step) for step in STEPS] == [1] * len(STEPS), "killed once at each step"
    assert world.rows("SELECT lead_id FROM customer ORDER BY 1") == [(lead_id,) for lead_id in sorted(LEADS)]
    assert world.rows("SELECT lead_id FROM reverted_customer ORDER BY 1") == [(lead_id,) for lead_id in sorted(LEADS)]
    assert world.rows("SELECT count(DISTINCT customer_number) FROM customer NATURAL FULL JOIN reverted_customer") == [(80,)]
