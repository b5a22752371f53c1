"""When a person may be disturbed: not in quiet hours by the clock on the wall, and with a digest only once a day. Pure.

Where the clock is put forward over a begin or an end, that is the moment of the jump. Where it is put back and shows a time
twice, quiet hours begin with the first and end with the second.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)


class Preferences(NamedTuple):
    """What a user has said; the times of day are those of the zone, an IANA name."""

    time_zone: str = "UTC"
    quiet_from: time | None = None
    quiet_until: time | None = None
    digest_at: time | None = None


class Delay(NamedTuple):
    """`not_before` is None for what may be told at once."""

    not_before: datetime | None = None
    is_digest: bool = False


def delay(preferences: Preferences, at: datetime) -> Delay:
    """When what is told at this moment may disturb."""
    zone = _zone(preferences.time_zone)
    digest = preferences.digest_at
    due = _quiet_end(at if digest is None else _next(at, digest, zone), preferences, zone)
    return Delay(due if due > at else None, digest is not None)


def _zone(name: str) -> tzinfo:
    """UTC for a zone that was known where it was read and is not here: better a wrong hour than nobody told."""
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        return UTC


def _next(at: datetime, clock: time, zone: tzinfo) -> datetime:
    """The first moment after `at` at which the clock shows this."""
    today = at.astimezone(zone).date()
    moments = (_moment(today + days * _DAY, clock, zone) for days in range(-1, 3))
    return next(moment for moment in moments if moment > at)


def _quiet_end(at: datetime, preferences: Preferences, zone: tzinfo) -> datetime:
    """`at`, or the end of the quiet hours that it falls into."""
    begin, end = preferences.quiet_from, preferences.quiet_until
    if begin is None or end is None or begin == end:
        return at
    while True:
        ends = [until for since, until in _nights(at, begin, end, zone) if since <= at < until]
        if not ends:
            return at
        at = max(ends)


def _nights(at: datetime, begin: time, end: time, zone: tzinfo) -> Iterator[tuple[datetime, datetime]]:
    """The quiet hours around a moment, from yesterday's on."""
    today = at.astimezone(zone).date()
    for day in (today - _DAY, today, today + _DAY):
        last = day if begin < end else day + _DAY
        yield _moment(day, begin, zone), _moment(last, end, zone, fold=1)


def _moment(day: date, clock: time, zone: tzinfo, fold: int = 0) -> datetime:
    """When the clock on the wall shows this; `fold` 1: for the second time, where it does so twice."""
    wall = datetime.combine(day, clock)
    found = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
        return found
    before, after = (wall.replace(tzinfo=zone, fold=side).astimezone(UTC) for side in (1, 0))
    return _jump(before, after, zone)


def _jump(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The second between these at which the zone's clock is put forward."""
    new = after.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if middle.astimezone(zone).utcoffset() == new:
            after = middle
        else:
            before = middle
    return after
