"""Moments as text: RFC 3339 in UTC with `Z`, the one form in which Leadline writes a time.

Years 1000 to 2999 and offsets up to 23:59 are read, so that no time that is accepted can overflow later.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

TIME_PATTERN = (
    r"^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
_TIME = re.compile(TIME_PATTERN[1:-1].replace(r"(\.", r"(?P<fraction>\."))
_MICROSECOND_DIGITS = 7  # the point and six digits


def parse_time(text: str) -> datetime:
    """The moment that RFC 3339 `text` names, in UTC, cut to microseconds; raises ValueError for anything else."""
    if not _TIME.fullmatch(text):
        message = "expected an RFC 3339 time such as 2026-11-22T13:30:00Z"
        raise ValueError(message)
    return datetime.fromisoformat(text).astimezone(UTC)


def time_now_text(now: datetime) -> str:
    """`now`, which must know its zone, as UTC text with six digits of a second: 2026-11-22T13:30:00.000000Z.

    All such texts have one length, so they sort as the moments do.
    """
    return now.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def normalise_time(text: str) -> str:
    """RFC 3339 `text` in UTC with `Z`, with as many digits of a second as given, at most six; raises ValueError.

    Texts of different precision do not sort as the moments do: compare what `parse_time` gives.
    """
    moment = _TIME.fullmatch(text) or _TIME.fullmatch(text.upper())
    if moment is None:
        message = "expected an RFC 3339 time such as 2026-11-22T13:30:00Z"
        raise ValueError(message)
    fraction = (moment["fraction"] or "")[:_MICROSECOND_DIGITS]
    utc = datetime.fromisoformat(moment[0]).astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"
