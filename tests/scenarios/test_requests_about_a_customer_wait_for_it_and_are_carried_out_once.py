"""What is asked about a customer before it is one waits, in order, and is then carried out once; of nobody, it dies."""

from __future__ import annotations

import signal
from typing import Any
from uuid import UUID, uuid5

from leadline.delivery.record import Outgoing
from tests.scenarios.harness.records import as_json, conversion_id, envelope, qualified_lead, request
from tests.scenarios.harness.topics import Topics
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

CUSTOMER = str(uuid5(UUID(conversion_id("k-1")), "customer"))
NOBODY = str(uuid5(UUID(conversion_id("k-2")), "customer"))
SECONDS = 30.0


TOLD = [
    ("customer.status-changed", "hold_for_credit_check"),
    ("task.added", None),
    ("customer.status-changed", "active"),
]


def told(topics: Topics) -> list[tuple[str, str | None]]:
    seen = [each for each in topics.read("customer.events") if each.header("ce_subject") == CUSTOMER]
    return [(each.kind, each.data.get("status")) for each in seen if each.kind in dict(TOLD)]


def about(customer_id: str, kind: str, key: str, **body: Any) -> Outgoing:
    headers = envelope(kind, customer_id, idempotency_key=key)
    return Outgoing("customer.requests", customer_id.encode(), as_json({"customer_id": customer_id, **body}), headers)


def test_requests_about_a_customer_wait_for_it_and_are_carried_out_once(world: World) -> None:
    converter = world.start("converter")
    hold = about(CUSTOMER, "customer.status-change-requested", "hold", status="hold_for_credit_check", task={"subject": "Check"})
    release = about(CUSTOMER, "customer.status-change-requested", "release", status="active")
    with world.topics() as topics:
        world.upstream.publish([about(NOBODY, "customer.note-added", "lost", text="a")])
        world.upstream.publish([hold, hold, release])
        wait_until(lambda: len(world.rows("SELECT 1 FROM waiting_record")) == 3, seconds=SECONDS, what="each of them waits")
        converter.signal(signal.SIGKILL)
        world.upstream.publish([*qualified_lead("L-1"), request("L-1", "k-1"), hold, release])

        wait_until(topics.dead_letters, seconds=SECONDS, what="the request about nobody is a dead letter")
        wait_until(lambda: len(told(topics)) >= len(TOLD), seconds=SECONDS, what="what was done is told")
        wait_until(lambda: world.has_read(topics), seconds=SECONDS, what="everything is handled")
        assert told(topics) == TOLD
        (letter,) = topics.dead_letters()
        assert (letter.header("dlq-error-code"), letter.header("dlq-attempts")) == ("CUSTOMER_UNKNOWN", "4")
        assert letter.header("idempotency-key") == "lost"
    assert world.rows("SELECT customer_status FROM customer") == [("active",)]
    assert world.rows("SELECT subject FROM customer_task") == [("Check",)]
