"""Who hears of what, on a real PostgreSQL: those who have subscribed, in time, once, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import pytest

from leadline.contracts.envelope import read_envelope
from leadline.contracts.events import decode
from leadline.delivery.record import Outgoing, Record
from tests.integration.notifier_on_postgres import Counting, Notifier, open_notifier
from tests.unit.service_records import (
    at,
    completed,
    conversion_event,
    customer,
    members,
    order,
    preferences,
    record,
    subscription,
    tick,
)


@pytest.fixture
def notifier(database_url: str) -> Iterator[Notifier]:
    with open_notifier(database_url) as opened:
        yield opened


def created(customer_id: str = "C-1", **data: Any) -> Record:
    kept = {"salesperson_id": "rep-3", "discovered_by": None, **data}
    return record("customer.events", "customer.created", customer(customer_id, **kept), second=30)


def updated(second: int, customer_id: str = "C-1", **changes: Any) -> Record:
    body = {"customer_id": customer_id, "changes": changes, "updated_at": at(second)}
    return record("customer.events", "customer.updated", body, second=second)


def carried_over(remind_at: str, by: str | None = None, item_id: str = "R-1", **data: Any) -> Record:
    items = [
        {"kind": "reminder", "item_id": item_id, "text": "call back", "remind_at": remind_at, "by": by},
        {"kind": "task", "item_id": "T-1", "text": "send the offer"},
    ]
    said = {"customer_id": "C-1", "lead_id": "L-1", "conversion_id": "K-1", "items": items, "carried_over_at": at(30), **data}
    return record("customer.events", "tasks.carried-over", said, second=30, key="C-1")


def told(emitted: Sequence[Outgoing]) -> list[dict[str, Any]]:
    """The bodies on notification.events, each of which keeps the contract."""
    ours = [out for out in emitted if out.topic == "notification.events"]
    for out in ours:
        envelope = read_envelope(out.headers, out.value)
        decode(envelope.type, envelope.data)
        assert out.key == orjson.loads(out.value or b"")["recipient"].encode()
    return [orjson.loads(out.value or b"") for out in ours]


def hear(emitted: Sequence[Outgoing], kind: str = "first-sale") -> list[str]:
    """Who hears of this kind of thing."""
    return [body["recipient"] for body in told(emitted) if body["kind"] == kind]


WISHES: list[tuple[list[Record], list[str]]] = [
    ([], []),
    ([subscription("subscribed", "rep-3")], ["rep-3"]),
    ([subscription("subscribed", "rep-4")], []),
    ([subscription("subscribed", "rep-4", scope="all")], ["rep-4"]),
    ([subscription("subscribed", "rep-4", scope="customer:C-1"), subscription("subscribed", "rep-5", scope="customer:C-2")],
     ["rep-4"]),
    ([subscription("subscribed", "rep-3", kind="stage-changed")], []),
    ([subscription("subscribed", "rep-3"), subscription("unsubscribed", "rep-3", second=1)], []),
    ([subscription("unsubscribed", "rep-3", second=1), subscription("subscribed", "rep-3")], []),
    ([subscription("subscribed", "rep-3"), subscription("subscribed", "rep-3", scope="all")], ["rep-3"]),
    # A team's customers are those of its members and those of its branch.
    ([members("T-1", "rep-3", "rep-4"), subscription("subscribed", "rep-4", scope="team")], ["rep-4"]),
    ([members("T-1", "rep-4"), subscription("subscribed", "rep-4", scope="team")], []),
    ([members("north", "rep-4"), subscription("subscribed", "rep-4", scope="team")], ["rep-4"]),
    # A team's subscription is one of each of its members.
    ([members("T-1", "rep-3", "rep-4"), subscription("subscribed", "T-1", scope="team", type="team")], ["rep-3", "rep-4"]),
    ([members("T-1", "rep-3", "rep-4"), subscription("subscribed", "T-1", scope="own", type="team")], ["rep-3"]),
    ([members("T-1", "rep-8", "rep-9"), subscription("subscribed", "T-1", scope="all", type="team")], ["rep-8", "rep-9"]),
    ([members("T-1", "rep-8", "rep-9"), subscription("subscribed", "T-1", scope="team", type="team")], []),
    ([members("T-1", "rep-3", "rep-4"), subscription("subscribed", "T-1", scope="team", type="team"),
      subscription("unsubscribed", "rep-4", scope="team")], ["rep-3"]),
    ([members("T-1", "rep-3", "rep-4"), subscription("subscribed", "T-1", scope="team", type="team"),
      members("T-1", "rep-3", "rep-5", second=1)], ["rep-3", "rep-5"]),
    ([members("T-1", "rep-3", "rep-5", second=1), members("T-1", "rep-4"),
      subscription("subscribed", "T-1", scope="team", type="team")], ["rep-3", "rep-5"]),
]  # fmt: skip


def test_those_hear_who_have_subscribed_each_once(notifier: Notifier) -> None:
    for wishes, hearers in WISHES:
        notifier.forget()
        for wish in wishes:
            assert notifier.take(wish) == []
        emitted = notifier.take(created(branch_id="north"), order("placed"), order("placed", "O-2"))
        assert hear(emitted) == hearers, [orjson.loads(wish.value or b"") for wish in wishes]
        assert hear(notifier.take(order("placed"), order("placed", "O-3"))) == []


def test_what_is_said_in_a_batch_counts_for_all_of_it(notifier: Notifier) -> None:
    records = [created(), order("placed"), subscription("subscribed", "rep-3")]
    assert hear(notifier.take(*records, subscription("subscribed", "rep-4", scope="all"))) == ["rep-3", "rep-4"]


def test_the_discoverer_who_has_subscribed_too_is_told_once(notifier: Notifier) -> None:
    notifier.take(subscription("subscribed", "rep-2", scope="all"))
    emitted = notifier.take(created(discovered_by="rep-2", salesperson_id="rep-2"), order("placed"))
    assert [body["text"] for body in told(emitted)] == ["Byron Ltd, whom you discovered, placed a first order."]


def test_who_subscribes_later_hears_of_no_first_sale_that_has_been(notifier: Notifier) -> None:
    notifier.take(created(), order("placed"))
    assert hear(notifier.take(subscription("subscribed", "rep-3"), order("placed", "O-2"), created())) == []


def test_a_customer_that_has_a_new_salesperson_is_no_longer_the_old_ones(notifier: Notifier) -> None:
    notifier.take(*(subscription("subscribed", id) for id in ("rep-3", "rep-4")))
    notifier.take(updated(40, salesperson_id="rep-4"), created(), updated(35, salesperson_id="rep-3"))
    assert hear(notifier.take(order("placed"))) == ["rep-4"]
    notifier.take(created("C-2"), updated(40, "C-2", name="Other Ltd"))
    assert hear(notifier.take(order("placed", "O-2", "C-2"))) == ["rep-3"]


def test_subscribers_hear_of_each_step_to_active_and_dormant(notifier: Notifier) -> None:
    notifier.take(subscription("subscribed", "rep-3", kind="stage-changed"), created(prospect_stage="qualified"))
    heard = []
    for each in (order("placed", second=40), tick(at(140)), order("placed", "O-2", second=150), tick(at(141))):
        heard += told(notifier.take(each))
    assert [(body["recipient"], body["stage"], body["reason"]) for body in heard] == [
        ("rep-3", "active", "first_order"),
        ("rep-3", "dormant", "no_activity"),
        ("rep-3", "active", "order"),
    ]
    assert len({body["notification_id"] for body in heard}) == 3


def test_nobody_hears_that_a_customer_is_back_to_qualified(notifier: Notifier) -> None:
    notifier.take(subscription("subscribed", "rep-3", kind="stage-changed"), created(prospect_stage="qualified"))
    notifier.take(order("placed"))
    assert [out.topic for out in notifier.take(order("cancelled"))] == ["customer.events"]


@pytest.mark.parametrize(("by", "owner"), [("rep-7", "rep-7"), (None, "rep-3")])
def test_a_reminder_is_told_once_when_a_tick_says_that_it_is_due(notifier: Notifier, by: str | None, owner: str) -> None:
    notifier.take(created(), carried_over(at(100), by))
    assert notifier.take(tick(at(99))) == []
    (body,) = told(notifier.take(tick(at(100)), tick(at(101))))
    assert (body["kind"], body["recipient"], body["text"], body["remind_at"]) == (
        "reminder",
        owner,
        "Byron Ltd: call back",
        at(100),
    )
    assert notifier.take(tick(at(102)), carried_over(at(100), by), tick(at(103))) == []


def test_a_reminder_is_told_to_those_who_subscribed_too(notifier: Notifier) -> None:
    notifier.take(subscription("subscribed", "rep-9", kind="reminder", scope="all"), created(), carried_over(at(100), "rep-7"))
    assert hear(notifier.take(tick(at(100))), "reminder") == ["rep-7", "rep-9"]


@pytest.mark.parametrize("is_first", [True, False])
def test_a_reminder_whose_conversion_was_taken_back_is_never_due(notifier: Notifier, is_first: bool) -> None:
    taken_back = conversion_event("reverted", "K-1", second=50, customer_id="C-1")
    records = [carried_over(at(100), "rep-7"), taken_back]
    notifier.take(created())
    for each in reversed(records) if is_first else records:
        assert notifier.take(each) == []
    assert notifier.take(tick(at(100))) == []
    again = carried_over(at(100), "rep-7", customer_id="C-2", conversion_id="K-2")
    notifier.take(created("C-2"), again)
    assert hear(notifier.take(tick(at(101))), "reminder") == ["rep-7"]


def test_a_reminder_of_nobody_is_told_to_nobody(notifier: Notifier) -> None:
    notifier.take(created(salesperson_id=None), carried_over(at(100)))
    assert notifier.take(tick(at(100))) == []


def test_a_tick_of_another_partition_makes_no_reminder_due(notifier: Notifier) -> None:
    notifier.take(created(), carried_over(at(100), "rep-7"))
    assert notifier.take(tick(at(200))._replace(partition=1)) == []


def test_what_is_told_in_quiet_hours_says_when_it_may_be_sent(notifier: Notifier) -> None:
    # 08:00 to 08:05 in UTC is 09:00 to 09:05 in Berlin.
    notifier.take(preferences("rep-7", time_zone="Europe/Berlin", quiet_from="08:00", quiet_until="10:00"))
    (body,) = told(notifier.take(completed("K-1")))
    assert (body["not_before"], "digest" in body) == ("2026-11-22T09:00:00.000000Z", False)


def test_what_is_told_outside_quiet_hours_says_nothing_of_time(notifier: Notifier) -> None:
    notifier.take(preferences("rep-7", quiet_from="22:00", quiet_until="07:00"))
    (body,) = told(notifier.take(completed("K-1")))
    assert {"not_before", "digest"} & body.keys() == set()


def test_a_digest_is_said_with_its_time_to_a_subscriber_too(notifier: Notifier) -> None:
    notifier.take(preferences("rep-3", digest="daily", digest_at="18:30"), subscription("subscribed", "rep-3"))
    (body,) = told(notifier.take(created(), order("placed")))
    assert (body["not_before"], body["digest"]) == ("2026-11-22T18:30:00.000000Z", True)


def test_older_preferences_never_overwrite_newer_ones(notifier: Notifier, database_url: str) -> None:
    hook = {"channel": "webhook", "address": "https://example.com/new"}
    notifier.take(preferences(second=2, language="de", channels=[hook]))
    notifier.take(preferences(second=1, language="fr", channels=[{**hook, "address": "https://example.com/old"}]))
    assert notifier.rows("SELECT language FROM recipient") == [{"language": "de"}]
    assert notifier.rows("SELECT address, enabled, secrets FROM recipient_channel") == [
        {"address": "https://example.com/new", "enabled": True, "secrets": []}
    ]
    notifier.take(preferences(second=3))
    assert (notifier.count("recipient_channel"), notifier.rows("SELECT language FROM recipient")) == (0, [{"language": "en"}])


def test_a_batch_asks_once_who_hears_however_many_hear(notifier: Notifier) -> None:
    def statements(*records: Record) -> list[str]:
        with notifier.work() as work:
            counting = Counting(work)
            notifier.take_unfinished(counting, *records)
            return counting.queries

    def batch(first: int, size: int) -> list[Record]:
        ids = [f"C-{number}" for number in range(first, first + size)]
        return [
            each
            for id in ids
            for each in (created(id, prospect_stage="qualified", discovered_by="rep-2"), order("placed", "O-1", id))
        ]

    alone = statements(*batch(0, 1))
    assert sum("FROM subscription" in query for query in alone) == 1
    assert len(statements(*batch(1, 20))) == len(alone)
    notifier.take(*(subscription("subscribed", f"rep-{number}", scope="all") for number in range(20)), preferences("rep-1"))
    assert len(statements(*batch(100, 20))) == len(alone)


def test_a_batch_with_nothing_to_tell_asks_nobody(notifier: Notifier) -> None:
    notifier.take(created(), order("placed"))
    with notifier.work() as work:
        counting = Counting(work)
        notifier.take_unfinished(counting, order("placed", "O-2"), created())
    assert not any("subscription" in query or "recipient" in query for query in counting.queries)
