"""Whoever asks to be forgotten is in no table of any service afterwards, nor in a status store that is built again.

A mark stands wherever something personal may; ids, times, numbers, codes and links are what has to be left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

import psycopg
from confluent_kafka.admin import AdminClient

from leadline.delivery.record import Outgoing
from leadline.postgres.migrate import migrate
from services.projector.reading import INPUT_TOPICS
from tests.integration.marked_person import BY, ITEMS, OPTIONS, PERSON
from tests.integration.marks import MARK, marked_places
from tests.scenarios.harness.records import as_json, conversion_id, envelope, lead_event, raw_request, request
from tests.scenarios.harness.topics import Topics
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

SECONDS = 60.0
PERSONS = ("L-1", "L-2", "L-3", "L-4", "L-5")
INPUTS = {
    "notifier": ("order.events", "conversion.events", "customer.events"),
    "projector": INPUT_TOPICS,
}
OLD = "2020-01-01T00:00:00Z"


def customer_of(key: str) -> str:
    return str(uuid5(UUID(conversion_id(key)), "customer"))


def person(lead_id: str, email: str) -> list[Outgoing]:
    created = lead_event("lead.created", lead_id, **{**PERSON, "code": lead_id, "email": f"{MARK}-{email}@example.com"})
    items = [_item(lead_id, item) for item in ITEMS]
    return [created, *items, lead_event("lead.qualified", lead_id, notes=MARK)]


def _item(lead_id: str, item: dict[str, Any]) -> Outgoing:
    return Outgoing("lead.events", lead_id.encode(), as_json({"lead_id": lead_id, **item}), envelope("lead.item-added", lead_id))


def asked(lead_id: str, key: str, **body: Any) -> Outgoing:
    return request(lead_id, key, profile="crm", **{"requested_by": BY, "options": OPTIONS, **body})


def about(key: str, topic: str, kind: str, /, **body: Any) -> Outgoing:
    id = customer_of(key)
    return Outgoing(topic, id.encode(), as_json({"customer_id": id, **body}), envelope(kind, id))


def order(key: str) -> Outgoing:
    placed = {"order_id": f"O-{key}", "amount": "9.00", "currency": "EUR", "placed_at": "2026-11-22T08:00:00Z"}
    return about(key, "order.events", "order.placed", **placed)


def erased(*lead_ids: str) -> list[Outgoing]:
    return [lead_event("lead.erased", lead_id, reason=MARK) for lead_id in lead_ids]


CONVERTED = [
    *person("L-1", "one"), asked("L-1", "k-1"),
    *person("L-2", "one"), asked("L-2", "k-2"),  # is refused, with the customer that has the address
    *person("L-3", "three"), lead_event("lead.disqualified", "L-3", reason="no_need", notes=MARK), asked("L-3", "k-3"),
    *person("L-4", "four"), asked("L-4", "k-4", lead={**PERSON, "email": f"{MARK}-four@example.com", "items": ITEMS}),
]  # fmt: skip
LIVED = [
    about("k-1", "customer.requests", "customer.note-added", text=MARK),
    about("k-1", "customer.requests", "customer.message-logged", action_code="CALL", text=MARK, task={"subject": MARK}),
    about("k-1", "customer.requests", "customer.contact-added", first_name=MARK, email=MARK),
    about("k-1", "customer.requests", "customer.billing-set", invoice_recipients=[MARK]),
    about("k-1", "order.events", "activity.logged", kind="visit", occurred_at="2026-11-22T09:00:00Z", text=MARK),
    order("k-1"),
]
BROKEN = [
    lead_event("lead.updated", "L-1", email=[MARK]),
    raw_request(b"L-1", as_json({"lead_id": "L-1", "options": MARK}), "k-broken"),
    about("k-1", "customer.requests", "customer.note-added", text=[MARK]),
    about("k-1", "order.events", "activity.logged", text=MARK),
    Outgoing("lead.events", b"L-1", MARK.encode(), envelope("lead.updated", "L-1")),
]
LATE = [
    Outgoing("lead.events", b"L-1", as_json({"lead_id": "L-1", **PERSON}), envelope("lead.updated", "L-1", ce_time=OLD)),
    *person("L-1", "one"),
    asked("L-1", "k-1"),
    asked("L-1", "k-6"),
    asked("L-3", "k-7", lead={**PERSON, "items": ITEMS}),
    *LIVED,
    order("k-4"),
]


def test_an_erased_person_leaves_nothing_in_any_table(world: World) -> None:
    instances = {service: world.start(service) for service in ("converter", "notifier", "projector")}
    world.start("notifier.deliver")
    with world.topics() as topics:
        world.upstream.publish(CONVERTED)
        wait_until(lambda: topics.ended(*map(conversion_id, ("k-1", "k-2", "k-3", "k-4"))), seconds=SECONDS, what="ends")
        world.upstream.publish([*LIVED, *BROKEN])
        settle(world, topics, letters=4)
        for service in instances:
            assert marked_places(world.database_url, service), service

        # L-5 is erased while it is converted: before, with or after the batch of its request.
        world.upstream.publish([*person("L-5", "five"), asked("L-5", "k-5"), *erased(*PERSONS), asked("L-5", "k-8")])
        wait_until(lambda: erasures(topics) >= {customer_of("k-1"), customer_of("k-4")}, seconds=SECONDS, what="it is told")
        world.upstream.publish(LATE)
        late = [conversion_id(key) for key in ("k-5", "k-6", "k-7", "k-8")]
        wait_until(lambda: topics.ended(*late), seconds=SECONDS, what="late requests are answered")
        settle(world, topics, letters=4)
        assert {service: marked_places(world.database_url, service) for service in instances} == {each: [] for each in instances}
        assert sold(topics, "k-4") == ["A customer, whom you discovered, placed a first order."]

        kept = status_store(world)
        instances["projector"].stop()
        build_again(world)
        world.start("projector", "two")
        settle(world, topics, letters=4)
        assert marked_places(world.database_url, "projector") == []
        assert status_store(world) == kept


def erasures(topics: Topics) -> set[str]:
    told = [seen.data["customer_id"] for seen in topics.read("customer.events") if seen.kind == "customer.erased"]
    assert len(told) == len(set(told)), "each customer is told of once"
    return set(told)


def sold(topics: Topics, key: str) -> list[str]:
    seen = [each for each in topics.read("notification.events") if each.kind == "notification.first-sale"]
    return [each.data["text"] for each in seen if each.data["customer_id"] == customer_of(key)]


def settle(world: World, topics: Topics, letters: int) -> None:
    """Wait until every service has applied all that there is for it."""
    wait_until(lambda: len(topics.dead_letters()) == letters, seconds=SECONDS, what=f"{letters} dead letters")
    wait_until(lambda: world.has_read(topics), seconds=SECONDS, what="the converter is done")
    notices = {seen.data["notification_id"] for seen in topics.read("notification.events")}
    wait_until(lambda: letters_of(world) == notices, seconds=SECONDS, what="what is told has been taken")
    for service, inputs in INPUTS.items():
        wait_until(lambda: has_read(world, topics, service, inputs), seconds=SECONDS, what=f"the {service} is done")  # noqa: B023


def letters_of(world: World) -> set[str]:
    return {id for (id,) in world.rows("SELECT notification_id FROM notifier.letter")}


def has_read(world: World, topics: Topics, service: str, inputs: Sequence[str]) -> bool:
    last = topics.last_offsets(*inputs)
    rows = world.rows(f"SELECT topic, partition, next_offset FROM {service}.partition_progress")
    reached = {(topic.removeprefix(world.prefix), partition): offset or 0 for topic, partition, offset in rows}
    return all(reached.get(place, 0) > offset for place, offset in last.items())


def status_store(world: World) -> list[tuple[Any, ...]]:
    """What is left of everybody."""
    return [
        *world.rows("SELECT lead_id, status, customer_id, conversion_id, erased FROM projector.lead ORDER BY 1"),
        *world.rows("SELECT customer_id, customer_number, code, orders, erased_at FROM projector.customer ORDER BY 1"),
        *world.rows("SELECT conversion_id, lead_id, state, error_code, customer_id FROM projector.conversion ORDER BY 1"),
        *world.rows("SELECT dlq_id, error_code, erased FROM projector.dead_letter ORDER BY 1"),
    ]


def build_again(world: World) -> None:
    """An empty status store that begins with the first record of every topic."""
    with psycopg.connect(world.database_url) as connection:
        connection.execute("DROP SCHEMA projector CASCADE")
    migrate(world.database_url, "projector")
    admin = AdminClient({"bootstrap.servers": world.bootstrap})
    wait_until(lambda: is_deleted(admin, f"{world.prefix}projector"), seconds=SECONDS, what="the group is gone")


def is_deleted(admin: AdminClient, group: str) -> bool:
    """A group can be deleted once the broker has seen its last member leave."""
    (deleted,) = admin.delete_consumer_groups([group]).values()
    return deleted.exception() is None
