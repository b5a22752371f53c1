"""Which names of time zones are accepted: those that this machine has rules for, which no schema can list."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

from leadline.contracts.codes import ErrorCode
from leadline.errors import Rejected


def check_time_zone(name: str | None) -> None:
    """Raises Rejected with SCHEMA_INVALID for a name that no time zone has; None is none."""
    if name is not None and name not in _names():
        raise Rejected(ErrorCode.SCHEMA_INVALID, "time_zone: expected an IANA name such as Europe/Berlin", fields=("time_zone",))


@cache
def _names() -> set[str]:
    """Looked up once, since it reads folders."""
    return available_timezones()
