"""An event as the projector sees it: what it says, when it was said, and where it stands in which topic."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from leadline.contracts.times import parse_time, time_now_text

Json = Mapping[str, Any]

_LAST_MILLIS = 32_503_679_999_000  # the end of the year 2999
CANONICAL_CHARS = len("2026-01-02T00:00:00.000000Z")


class Place(NamedTuple):
    """Where a record stands; a replayed record keeps the place where it first stood."""

    topic: str
    partition: int
    offset: int


class Event(NamedTuple):
    """One readable record. `name` is its type without the frame (`conversion.completed`); `at` is a canonical text.

    `appended_ms` is the broker's time, which within a partition follows the offsets. `key` is what makes a request one
    and the same: its idempotency key, else its source and id.
    """

    id: str
    source: str
    type: str
    name: str
    at: str
    appended_ms: int
    key: str
    place: Place
    data: Json

    @property
    def stamp(self) -> str:
        """Sorts events of one thing: by their time, then by their offset; the topic only breaks a full tie."""
        return f"{self.at}/{self.place.offset:019d}/{self.place.topic}"


def canonical_time(text: str) -> str:
    """RFC 3339 text in the one form that sorts as the moments do.

    >>> canonical_time("2026-01-02T01:00:00+01:00")
    '2026-01-02T00:00:00.000000Z'
    """
    is_canonical = len(text) == CANONICAL_CHARS and text.endswith("Z")
    return text if is_canonical else time_now_text(parse_time(text))


def time_from_millis(milliseconds: int) -> str:
    """The broker's time of a record (milliseconds since 1970, -1 for none) as canonical text."""
    return time_now_text(datetime.fromtimestamp(min(max(milliseconds, 0), _LAST_MILLIS) / 1000, UTC))


def short_name(event_type: str) -> str:
    """The type without its frame.

    >>> short_name("leadline.conversion.completed.v1")
    'conversion.completed'
    """
    return event_type.removeprefix("leadline.").rpartition(".v")[0] or event_type
