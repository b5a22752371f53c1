"""First sales that are taken back while their notices wait, on a real PostgreSQL: one notice stands for each person, or none."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import pytest

from leadline.contracts.envelope import read_envelope
from leadline.contracts.events import decode
from leadline.delivery.record import Outgoing, Record
from tests.integration.notifier_on_postgres import Notifier, open_notifier
from tests.unit.service_records import customer, members, order, preferences, record, subscription


@pytest.fixture
def notifier(database_url: str) -> Iterator[Notifier]:
    with open_notifier(database_url) as opened:
        yield opened


def quiet(user_id: str) -> Record:
    """Quiet hours that hold everything but the last seconds of these tests."""
    return preferences(user_id, quiet_from="08:00", quiet_until="08:05")


def created(customer_id: str = "C-1", **data: Any) -> Record:
    return record("customer.events", "customer.created", customer(customer_id, **data), second=30)


def type_of(each: Outgoing | Record) -> str:
    return read_envelope(each.headers, each.value).type


def story(emitted: Sequence[Outgoing]) -> list[tuple[str, str, str]]:
    """What stands on notification.events, in order: what happened, to whom, with which order."""
    found = []
    for out in emitted:
        if out.topic == "notification.events":
            body = decode(type_of(out), out.value or b"").model_dump()
            found.append((type_of(out).split(".")[2], body["recipient"], body["order_id"]))
    return found


def test_a_notice_that_waits_is_withdrawn_with_its_order_and_the_next_order_tells_again(notifier: Notifier) -> None:
    notifier.take(quiet("rep-2"), created())
    first = notifier.take(order("placed", "O-1"))
    withdrawn = notifier.take(order("cancelled", "O-1", second=50))
    second = notifier.take(order("placed", "O-2", second=60))
    assert story([*first, *withdrawn, *second]) == [
        ("first-sale", "rep-2", "O-1"),
        ("withdrawn", "rep-2", "O-1"),
        ("first-sale", "rep-2", "O-2"),
    ]
    told, taken, again = (orjson.loads(each[0].value or b"") for each in (first, withdrawn, second))
    assert taken["notification_id"] == told["notification_id"] != again["notification_id"]
    assert notifier.take(order("placed", "O-1"), order("cancelled", "O-1"), order("placed", "O-3", second=70)) == []


def test_the_order_behind_a_cancelled_one_is_told_at_once(notifier: Notifier) -> None:
    notifier.take(quiet("rep-2"), created())
    notifier.take(order("placed", "O-1"))
    assert notifier.take(order("placed", "O-3", second=70), order("placed", "O-2", second=60)) == []
    assert story(notifier.take(order("cancelled", "O-1", second=80))) == [
        ("withdrawn", "rep-2", "O-1"),
        ("first-sale", "rep-2", "O-2"),
    ]
    assert story(notifier.take(order("cancelled", "O-2", second=81), order("cancelled", "O-3", second=81))) == [
        ("withdrawn", "rep-2", "O-2")
    ]


def test_a_notice_that_may_have_been_sent_stands(notifier: Notifier) -> None:
    notifier.take(quiet("rep-2"), created(), order("placed", "O-1"))
    assert story(notifier.take(order("cancelled", "O-1", second=300), order("placed", "O-2", second=301))) == []
    assert (notifier.count("first_order"), notifier.count("waiting_order")) == (1, 0)


def test_only_notices_that_wait_are_withdrawn_and_nobody_hears_twice(notifier: Notifier) -> None:
    notifier.take(quiet("rep-3"), created(salesperson_id="rep-3"), subscription("subscribed", "rep-3"))
    assert story(notifier.take(order("placed", "O-1"))) == [("first-sale", "rep-3", "O-1"), ("first-sale", "rep-2", "O-1")]
    assert story(notifier.take(order("cancelled", "O-1", second=50))) == [("withdrawn", "rep-3", "O-1")]
    assert story(notifier.take(order("placed", "O-2", second=60))) == [("first-sale", "rep-3", "O-2")]


def test_who_unsubscribes_in_between_does_not_hear_of_the_next_order(notifier: Notifier) -> None:
    notifier.take(quiet("rep-3"), created(salesperson_id="rep-3", discovered_by=None))
    notifier.take(subscription("subscribed", "rep-3"), order("placed", "O-1"))
    emitted = notifier.take(order("cancelled", "O-1", second=50), subscription("unsubscribed", "rep-3", second=55))
    assert story(emitted) == [("withdrawn", "rep-3", "O-1")]
    assert story(notifier.take(order("placed", "O-2", second=60))) == []


def test_a_batch_that_is_rolled_back_and_run_again_gives_the_same_bytes(notifier: Notifier) -> None:
    notifier.take(quiet("rep-2"), created(), order("placed", "O-1"), order("placed", "O-2", second=60))
    cancelled = order("cancelled", "O-1", second=80)
    with pytest.raises(RuntimeError), notifier.work() as work:
        first = notifier.take_unfinished(work, cancelled)
        raise RuntimeError
    assert notifier.take(cancelled) == first
    assert len(first) == 2


class World:
    """What is true by what has been heard so far, found out in another way."""

    def __init__(self) -> None:
        self.words: dict[tuple[str, str], tuple[str, bool]] = {}
        self.members: tuple[str, list[str]] = ("", [])

    def hear(self, heard: Record) -> None:
        kind, body = type_of(heard).split(".", 1)[1], orjson.loads(heard.value or b"")
        when = str(read_envelope(heard.headers, heard.value).time)
        if kind == "team.members-set.v1":
            self.members = max(self.members, (when, body["member_ids"]))
        elif "subscriber" in body:
            key, is_on = (body["subscriber"]["id"], body["scope"]), kind == "notification.subscribed.v1"
            known = self.words.get(key, ("", True))
            self.words[key] = min((when, is_on), known, key=lambda word: (-_rank(word[0]), word[1]))

    def subscribers(self, salesperson: str) -> set[str]:
        on = {key for key, (_, is_on) in self.words.items() if is_on}
        off = self.words.keys() - on
        team = self.members[1]
        by_team = {user for user in team if ("T-1", "team") in on and salesperson in team and (user, "team") not in off}
        own = {salesperson} if (salesperson, "own") in on else set()
        mates = {user for user in team if (user, "team") in on and salesperson in team}
        return own | mates | by_team | {user for user, scope in on if scope == "all"}


def _rank(when: str) -> int:
    return int(when[17:19]) + 60 * int(when[14:16]) if when else -1


def records_of(chance: random.Random, ids: Sequence[str]) -> list[Record]:
    """Customers, their orders and cancellations, and what users say, some of it twice, in any order."""
    wishes = [
        subscription(happening, id, scope=scope, second=chance.randint(0, 99), type="team" if id == "T-1" else "user")
        for id, scope in (("rep-3", "own"), ("rep-4", "team"), ("rep-5", "all"), ("T-1", "team"), ("rep-6", "team"))
        for happening in chance.sample(["subscribed", "unsubscribed"], chance.randint(0, 2))
    ]
    teams = [members("T-1", *chance.sample(["rep-3", "rep-4", "rep-6"], 2), second=chance.randint(0, 99)) for _ in range(2)]
    customers = [created(id, discovered_by=f"finder-{number % 2}", salesperson_id="rep-3") for number, id in enumerate(ids)]
    orders = [order("placed", f"O-{number}", id, second=40 + number) for id in ids for number in range(3)]
    cancelled = [
        order("cancelled", f"O-{number}", id, second=100 + number)
        for id in ids
        for number in chance.sample(range(3), chance.randint(0, 3))
    ]
    every = [*wishes, *teams, *customers, *orders, *cancelled]
    every += chance.sample(every, 5)
    return chance.sample(every, len(every))


def test_any_order_and_any_repeats_leave_at_most_one_notice_and_none_to_the_unsubscribed(notifier: Notifier) -> None:
    chance = random.Random(11)
    for turn in range(25):
        notifier.forget()
        # One discoverer's notices go out at once, the other's wait; so do those of two subscribers.
        notifier.take(*(quiet(id) for id in ("finder-1", "rep-3", "rep-5")))
        ids, world, told = [f"C-{turn}-{number}" for number in range(4)], World(), dict[str, tuple[str, str]]()
        records = records_of(chance, ids)
        standing: Counter[tuple[str, str]] = Counter()
        heard = list(records)
        while heard:
            batch, heard = heard[: (size := chance.randint(1, 6))], heard[size:]
            for each in batch:
                world.hear(each)
            for out in notifier.take(*batch):
                if out.topic != "notification.events":
                    continue
                body = orjson.loads(out.value or b"")
                key = (body["customer_id"], body["recipient"])
                if "withdrawn" in type_of(out):
                    assert told.pop(body["notification_id"]) == key
                    standing[key] -= 1
                else:
                    assert body["notification_id"] not in told
                    told[body["notification_id"]] = key
                    standing[key] += 1
                    assert key[1].startswith("finder-") or key[1] in world.subscribers("rep-3"), (turn, body)
                assert standing[key] in (0, 1), (turn, body)
        for number, id in enumerate(ids):
            stands = len(cancellations(records, id)) < 3
            assert number % 2 == 0 or standing[id, "finder-1"] == stands, (turn, id)
            assert standing[id, "finder-0"] <= (number % 2 == 0)


def cancellations(records: Sequence[Record], customer_id: str) -> set[str]:
    return {
        orjson.loads(each.value or b"")["order_id"]
        for each in records
        if "order.cancelled" in type_of(each) and each.key == customer_id.encode()
    }
