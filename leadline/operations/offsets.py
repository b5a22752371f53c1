"""Where a service stands, and the guarded way to move it: database and group together, never under a running service."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from leadline.contracts.topics import full_name
from leadline.errors import LeadlineError
from leadline.kafka.admin import commit_offset, committed_offsets, is_group_empty, log_ends
from leadline.postgres.pool import connect
from leadline.postgres.queries import load_queries
from leadline.runtime.cluster import cluster
from leadline.runtime.settings import Settings


class GroupBusyError(LeadlineError):
    """The service runs: stop it before its position is moved."""


class Place(NamedTuple):
    """A partition of a topic (bare name)."""

    topic: str
    partition: int


class Standing(NamedTuple):
    """A partition with the position in the database, the group's, and the log's end; None where there is none."""

    place: Place
    next_offset: int | None
    committed: int | None
    end: int | None


def standings(settings: Settings, url: str, service: str) -> list[Standing]:
    """Every partition that the service has ever had."""
    group = f"{settings.topic_prefix}{service}"
    with connect(url, service) as connection:
        rows = connection.execute(_queries()["standings"].encode(), {"group": group}).fetchall()
    places = {Place(r["topic"].removeprefix(settings.topic_prefix), r["partition"]): r["next_offset"] for r in rows}
    committed, ends = committed_offsets(cluster(settings), group), log_ends(cluster(settings), list(places))
    return [Standing(place, offset, committed.get(place), ends.get(place)) for place, offset in places.items()]


def move_offset(  # noqa: PLR0913 - two addresses, what, where, and whether
    settings: Settings, url: str, service: str, place: Place, *, to: int, dry_run: bool
) -> int | None:
    """Set where the service goes on; gives where it stood in the database.

    Raises GroupBusyError while the group has members, LeadlineError for an offset outside the log. What is journalled
    of the partition is dropped: those events were decided by effects that the move passes over.
    """
    group = f"{settings.topic_prefix}{service}"
    if not is_group_empty(cluster(settings), group):
        message = f"the group {group} has members: stop every {service} first"
        raise GroupBusyError(message)
    end = log_ends(cluster(settings), [place]).get(place)
    if end is None or to > end:
        message = f"{place.topic}/{place.partition} ends at {end}: {to} is outside of it"
        raise LeadlineError(message)
    before = {standing.place: standing.next_offset for standing in standings(settings, url, service)}
    if not dry_run:
        parameters = {
            "group": group,
            "topic": full_name(settings.topic_prefix, place.topic),
            "partition": place.partition,
            "offset": to,
        }
        with connect(url, service) as connection, connection.transaction():
            for name in ("move", "forget_journal"):
                connection.execute(_queries()[name].encode(), parameters)
            commit_offset(cluster(settings), group, place, to)
    return before.get(place)


def _queries() -> dict[str, str]:
    return dict(load_queries(Path(__file__).with_name("offsets.sql")))
