"""What users say of themselves on notification.requests; of several words on one thing the newest counts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Final, NamedTuple

PREFERENCES_SET: Final = "leadline.notification.preferences-set.v1"
SUBSCRIBED: Final = "leadline.notification.subscribed.v1"
UNSUBSCRIBED: Final = "leadline.notification.unsubscribed.v1"
MEMBERS_SET: Final = "leadline.team.members-set.v1"
DIGEST_AT: Final = "08:00"


class Wish(NamedTuple):
    """One event: its type, its canonical time and its body."""

    type: str
    at: str
    data: Mapping[str, Any]


class Wishes(NamedTuple):
    """What a batch of them comes to, as rows, one for each thing."""

    recipients: list[dict[str, Any]]
    channels: list[dict[str, Any]]
    subscriptions: list[dict[str, Any]]
    teams: list[dict[str, Any]]
    members: list[dict[str, Any]]


def sum_up(wishes: Iterable[Wish]) -> Wishes:
    """The newest word on each thing; of a subscription that begins and ends at one moment, the end counts."""
    heard = list(wishes)
    preferences = _newest(heard, {PREFERENCES_SET}, lambda wish: wish.data["user_id"])
    teams = _newest(heard, {MEMBERS_SET}, lambda wish: wish.data["team_id"])
    ends_last = sorted(heard, key=lambda wish: wish.type == UNSUBSCRIBED)
    subscriptions = _newest(ends_last, {SUBSCRIBED, UNSUBSCRIBED}, lambda wish: tuple(_subscription(wish).values()))
    return Wishes(
        [_recipient(wish) for wish in preferences],
        [row for wish in preferences for row in _channels(wish)],
        [_subscription(wish) | {"is_on": wish.type == SUBSCRIBED, "changed_at": wish.at} for wish in subscriptions],
        [{"team_id": wish.data["team_id"], "changed_at": wish.at} for wish in teams],
        [{"team_id": wish.data["team_id"], "user_id": id} for wish in teams for id in sorted({*wish.data["member_ids"]})],
    )


def _newest(wishes: list[Wish], types: set[str], thing: Callable[[Wish], Hashable]) -> list[Wish]:
    """The last of the newest for each thing, in the order of things."""
    found: dict[Any, Wish] = {}
    for wish in (wish for wish in wishes if wish.type in types):
        known = found.get(thing(wish))
        if known is None or known.at <= wish.at:
            found[thing(wish)] = wish
    return [found[name] for name in sorted(found)]


def _recipient(wish: Wish) -> dict[str, Any]:
    said = wish.data
    begin, end = said["quiet_from"], said["quiet_until"]
    has_hours = begin is not None and end is not None and begin != end
    return {
        "user_id": said["user_id"],
        "language": said["language"] or "en",
        "email": said["email"],
        "quiet_from": begin if has_hours else None,
        "quiet_until": end if has_hours else None,
        "time_zone": said["time_zone"] or "UTC",
        "digest": f"daily@{said['digest_at'] or DIGEST_AT}" if said["digest"] == "daily" else "off",
        "changed_at": wish.at,
    }


def _channels(wish: Wish) -> list[dict[str, Any]]:
    """One for each kind and address, the last that is said of it."""
    user_id = wish.data["user_id"]
    found = {
        (each["channel"], each["address"]): {
            "user_id": user_id,
            "channel": each["channel"],
            "address": each["address"],
            "secrets": each["secrets"] or [],
            "enabled": each["enabled"] is not False,
        }
        for each in wish.data["channels"] or ()
    }
    return list(found.values())


def _subscription(wish: Wish) -> dict[str, Any]:
    said, by = wish.data, wish.data["subscriber"]
    return {"subscriber_type": by["type"], "subscriber_id": by["id"], "kind": said["kind"], "scope": said["scope"]}
