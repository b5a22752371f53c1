"""A bulk conversion: ten thousand requests with one batch id, duplicates and unqualified leads among them."""

from __future__ import annotations

from typing import Any

from leadline.delivery.record import Outgoing
from tests.scenarios.harness.records import conversion_id, lead_event, qualified_lead, request
from tests.scenarios.harness.two import start_two
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

LEADS = 10_000
BATCH = "spring-fair"
SECONDS = 120.0


def is_unqualified(number: int) -> bool:
    return number % 100 == 75


def is_double(number: int) -> bool:
    """Has the e-mail address of the one before."""
    return number % 100 == 50


def lead(number: int) -> list[Outgoing]:
    lead_id = f"L-{number}"
    email = f"{number - 1 if is_double(number) else number}@example.com"
    if is_unqualified(number):
        return [lead_event("lead.created", lead_id, last_name="Byron", email=email)]
    return qualified_lead(lead_id, email=email)


def test_each_lead_of_a_bulk_has_its_exact_result(world: World) -> None:
    start_two(world)
    numbers = range(LEADS)
    world.upstream.publish([record for number in numbers for record in lead(number)])
    world.upstream.publish([request(f"L-{number}", f"{BATCH}-{number}", batch_id=BATCH) for number in numbers])
    ended = "SELECT count(*) FROM conversion WHERE batch_id = %s AND state IN ('completed', 'failed')"
    wait_until(lambda: world.rows(ended, BATCH)[0][0] == LEADS, seconds=SECONDS, what="every request has its end")
    with world.topics() as topics:
        conversions = [conversion_id(f"{BATCH}-{number}") for number in numbers]
        wait_until(lambda: topics.ended(*conversions), seconds=SECONDS, what="every end is told")
        stories = topics.stories()
        results = [stories[each][-1] for each in conversions]
        assert topics.dead_letters() == []
    bodies = [seen.data for seen in results]
    assert {body["batch_id"] for body in bodies} == {BATCH}
    codes = [body["error"]["code"] if "error" in body else None for body in bodies]
    for number in numbers:
        if is_unqualified(number):
            assert codes[number] == "LEAD_NOT_QUALIFIED"
        elif is_double(number):
            assert_one_of_two(bodies[number - 1], bodies[number])
        elif not is_double(number + 1):
            assert codes[number] is None
    failed = len([code for code in codes if code])
    assert failed == sum(is_unqualified(n) or is_double(n) for n in numbers) == LEADS // 50
    assert world.rows("SELECT count(*), count(DISTINCT lead_id), count(DISTINCT code) FROM customer") == [(LEADS - failed,) * 3]


def assert_one_of_two(*bodies: dict[str, Any]) -> None:
    """Two leads of one address: whichever came first is a customer, the other is told who that is."""
    (won,) = [body for body in bodies if "error" not in body]
    (lost,) = [body for body in bodies if "error" in body]
    assert lost["error"]["code"] == "CUSTOMER_EMAIL_EXISTS"
    assert [each["customer_id"] for each in lost["error"]["candidates"]] == [won["customer"]["customer_id"]]
