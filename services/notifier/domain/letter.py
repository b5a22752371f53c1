"""A notification as the delivering half keeps it, the word that takes one back, and what is sent of it where. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple


class Letter(NamedTuple):
    """What one person is to be told. `data` is the body of the record as JSON text; times are RFC 3339 in UTC."""

    notification_id: str
    type: str
    kind: str
    recipient: str
    title: str
    text: str
    created_at: str
    not_before: str | None
    data: str
    digest: bool | None = None
    """Whether it goes out with the recipient's digest."""


class Withdrawal(NamedTuple):
    """A notification that is not to be sent any more."""

    notification_id: str
    at: str


class Address(NamedTuple):
    """One way to a person; `channel` and `address` are empty for who is known by a language only."""

    user_id: str
    language: str
    channel: str
    address: str


class Enclosed(NamedTuple):
    """A letter that goes out in a digest."""

    digest_id: str
    type: str
    kind: str
    title: str
    text: str
    data: Mapping[str, Any]
    created_at: datetime


class Delivery(NamedTuple):
    """One attempt that is to be made now: a letter on its way to one address, the `attempts`-th time.

    `secrets` are those of the address, newest first; None where the address is not in use any more. A digest has its letters
    in `enclosed`, by time, and says nothing else.
    """

    delivery_id: str
    channel: str
    address: str
    route: str
    attempts: int
    notification_id: str
    type: str
    kind: str
    recipient: str
    language: str
    title: str
    text: str
    data: Mapping[str, Any]
    created_at: datetime
    secrets: tuple[str, ...] | None = None
    enclosed: tuple[Enclosed, ...] = ()
