"""Of what users say, the newest word on each thing counts, whatever order it comes in."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from leadline.contracts.codes import ErrorCode
from leadline.errors import Rejected
from services.notifier.domain.keepers import NOBODY, keep
from services.notifier.domain.wish import Wish, sum_up
from services.notifier.reading import read
from tests.unit.service_records import at, members, preferences, subscription

NONE: dict[str, Any] = dict.fromkeys(["language", "email", "time_zone", "quiet_from", "quiet_until", "digest", "digest_at"])


def said(at: str, **fields: Any) -> Wish:
    body = {"user_id": "rep-3", "channels": None, **NONE, **fields}
    return Wish("leadline.notification.preferences-set.v1", at, body)


def subscribed(at: str, *, on: bool, user: str = "rep-3") -> Wish:
    type = f"leadline.notification.{'subscribed' if on else 'unsubscribed'}.v1"
    return Wish(type, at, {"subscriber": {"type": "user", "id": user}, "kind": "first-sale", "scope": "own"})


def test_the_newest_preferences_of_a_user_count_in_every_order() -> None:
    words = [said(at(1), language="de"), said(at(3), language="fr"), said(at(2), language="it")]
    for order in permutations(words):
        (row,) = sum_up(order).recipients
        assert (row["language"], row["changed_at"]) == ("fr", at(3))


def test_preferences_that_say_nothing_are_the_defaults() -> None:
    (row,) = sum_up([said(at(1))]).recipients
    assert (row["language"], row["time_zone"], row["digest"], row["quiet_from"]) == ("en", "UTC", "off", None)


def test_a_daily_digest_is_kept_with_its_time() -> None:
    rows = sum_up([said(at(1), digest="daily"), said(at(1), digest="daily", digest_at="18:30", user_id="rep-4")]).recipients
    assert [row["digest"] for row in rows] == ["daily@08:00", "daily@18:30"]


@pytest.mark.parametrize("hours", [("22:00", None), (None, "07:00"), ("07:00", "07:00")])
def test_quiet_hours_without_two_ends_are_none(hours: tuple[str | None, str | None]) -> None:
    (row,) = sum_up([said(at(1), quiet_from=hours[0], quiet_until=hours[1])]).recipients
    assert (row["quiet_from"], row["quiet_until"]) == (None, None)


def test_an_address_that_is_said_twice_is_one_channel_as_said_last() -> None:
    hook = {"channel": "webhook", "address": "https://example.com", "secrets": None, "enabled": None}
    (row,) = sum_up([said(at(1), channels=[hook, {**hook, "enabled": False}])]).channels
    assert (row["user_id"], row["enabled"], row["secrets"]) == ("rep-3", False, [])


def test_the_end_of_a_subscription_counts_where_both_are_said_at_one_time() -> None:
    for order in permutations([subscribed(at(1), on=True), subscribed(at(1), on=False)]):
        assert [row["is_on"] for row in sum_up(order).subscriptions] == [False]


def test_the_newest_word_on_a_subscription_counts_in_every_order() -> None:
    words = [subscribed(at(1), on=True), subscribed(at(2), on=False), subscribed(at(3), on=True)]
    for order in permutations([*words, subscribed(at(9), on=False, user="rep-4")]):
        assert [(row["subscriber_id"], row["is_on"]) for row in sum_up(order).subscriptions] == [
            ("rep-3", True),
            ("rep-4", False),
        ]


def test_a_team_is_what_was_said_of_it_last() -> None:
    teams = [Wish("leadline.team.members-set.v1", at(second), {"team_id": "T", "member_ids": ids})
             for second, ids in ((2, ["b", "a", "a"]), (1, ["c"]))]  # fmt: skip
    assert [row["user_id"] for row in sum_up(teams).members] == ["a", "b"]


def test_who_looks_after_a_customer_is_the_newest_word_in_every_order() -> None:
    words: list[tuple[dict[str, str | None], str]] = [
        ({"salesperson_id": "a", "branch_id": "N"}, at(1)),
        ({"salesperson_id": "b"}, at(2)),
        ({"branch_id": None}, at(3)),
    ]
    for order in permutations(words):
        keepers = NOBODY
        for word, when in order:
            keepers = keep(keepers, word, when)
        assert (keepers.salesperson_id, keepers.branch_id) == ("b", None)


@pytest.mark.parametrize("wish", [preferences(), subscription("subscribed"), members("T-1", "rep-3")])
def test_a_wish_whose_key_is_not_its_user_or_team_is_refused(wish: Any) -> None:
    assert read(wish).data
    with pytest.raises(Rejected) as caught:
        read(wish._replace(key=b"rep-9"))
    assert caught.value.code == ErrorCode.KEY_MISMATCH


@pytest.mark.parametrize("name", ["Europe/Berlin", "UTC", None])
def test_a_time_zone_that_is_known_is_taken(name: str | None) -> None:
    assert read(preferences(time_zone=name)).data["time_zone"] == name


@pytest.mark.parametrize("name", ["Europe/Bielefeld", "../../etc/passwd", "CET+1"])
def test_a_time_zone_that_nobody_knows_is_refused(name: str) -> None:
    with pytest.raises(Rejected) as caught:
        read(preferences(time_zone=name))
    assert (caught.value.code, caught.value.fields) == (ErrorCode.SCHEMA_INVALID, ("time_zone",))
