"""Everything that waits for a person's digest, as one message for each address, and the name of that message. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid5

# Fixed for ever: with another one, receivers that know an id would take a repeat for something new.
DIGEST_NAMESPACE: Final = UUID("0c0d5a1e-7f63-5b1e-9c1f-3a5d7be0d9a4")
DIGEST_TYPE: Final = "leadline.notification.digest.v1"
DIGEST_KIND: Final = "digest"
MOST_IN_ONE: Final = 1_000  # more than a person reads; a mail or body that holds more is refused by many servers


class Waiting(NamedTuple):
    """A delivery that waits for a digest, with what a digest takes over from its letter."""

    delivery_id: str
    channel: str
    address: str
    route: str
    recipient: str
    language: str
    created_at: datetime


class Digest(NamedTuple):
    """One message: its id, which is its delivery's and its letter's, and what it holds by time."""

    digest_id: str
    held: Sequence[Waiting]

    @property
    def newest(self) -> Waiting:
        """What it holds last: its time is the digest's, its language too."""
        return self.held[-1]


def gather(waiting: Iterable[Waiting]) -> list[Digest]:
    """One digest for each person, channel and address; several where there is too much for one."""
    found: defaultdict[tuple[str, str, str], list[Waiting]] = defaultdict(list)
    for each in sorted(waiting, key=lambda each: (each.created_at, each.delivery_id)):
        found[each.recipient, each.channel, each.address].append(each)
    return [Digest(digest_id(held), held) for group in found.values() for held in _shares(group)]


def _shares(group: Sequence[Waiting]) -> list[Sequence[Waiting]]:
    return [group[first : first + MOST_IN_ONE] for first in range(0, len(group), MOST_IN_ONE)]


def digest_id(held: Iterable[Waiting]) -> str:
    """The message id of every attempt: made from what the digest holds."""
    return str(uuid5(DIGEST_NAMESPACE, "/".join(sorted(each.delivery_id for each in held))))


def digest_columns(digests: Sequence[Digest]) -> dict[str, Sequence[Any]]:
    """The rows of the digests' letters and deliveries, column by column."""
    newest = [each.newest for each in digests]
    return {
        "ids": [each.digest_id for each in digests],
        "channels": [each.channel for each in newest],
        "addresses": [each.address for each in newest],
        "routes": [each.route for each in newest],
        "recipients": [each.recipient for each in newest],
        "languages": [each.language for each in newest],
        "created_at": [each.created_at for each in newest],
        "type": DIGEST_TYPE,
        "kind": DIGEST_KIND,
    }


def held_columns(digests: Sequence[Digest]) -> Mapping[str, Sequence[str]]:
    """Which delivery went in which digest, column by column."""
    pairs = [(held.delivery_id, each.digest_id) for each in digests for held in each.held]
    return {"held": [id for id, _ in pairs], "digests": [id for _, id in pairs]}
