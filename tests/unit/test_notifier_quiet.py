"""Nobody is disturbed in quiet hours, and nothing waits a moment longer than it must, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.notifier.domain.quiet import Delay, Preferences, delay

BERLIN = "Europe/Berlin"
# By half an hour, by a whole day, far from Greenwich on both sides, at midnight, and not at all.
ZONES = [BERLIN, "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu", "America/Havana", "UTC"]
CLOCKS = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
# Clocks are put forward or back in Berlin, on Lord Howe Island, in Havana and in Apia (by a day).
CHANGES = [
    datetime(2026, 3, 29, 1),
    datetime(2026, 10, 25, 1),
    datetime(2026, 4, 4, 15),
    datetime(2026, 3, 8, 5),
    datetime(2011, 12, 30, 10),
]
MOMENTS = st.datetimes(datetime(2011, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)) | st.builds(
    lambda change, minutes: change.replace(tzinfo=UTC) + timedelta(minutes=minutes),
    st.sampled_from(CHANGES),
    st.integers(-2000, 2000),
)
QUIET = st.builds(Preferences, st.sampled_from(ZONES), CLOCKS, CLOCKS, st.none())
DIGESTS = st.builds(Preferences, st.sampled_from(ZONES), st.none(), st.none(), CLOCKS)
MINUTE = timedelta(minutes=1)


def berlin(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(BERLIN), fold=fold).astimezone(UTC)


def quiet(begin: str, end: str) -> Preferences:
    return Preferences(BERLIN, time.fromisoformat(begin), time.fromisoformat(end))


def is_quiet_by_the_clock(preferences: Preferences, at: datetime) -> bool:
    begin, end = preferences.quiet_from, preferences.quiet_until
    assert begin and end
    clock = at.astimezone(ZoneInfo(preferences.time_zone)).time()
    return begin <= clock < end if begin <= end else clock >= begin or clock < end


def changes_within(zone: str, at: datetime, days: int = 2) -> bool:
    """Whether the zone's offset changes around this moment."""
    around = {(at + timedelta(hours=hours)).astimezone(ZoneInfo(zone)).utcoffset() for hours in range(-24 * days, 24 * days)}
    return len(around) > 1


@pytest.mark.parametrize(
    ("preferences", "at", "until"),
    [
        (quiet("22:00", "07:00"), berlin("2026-11-22T23:10"), berlin("2026-11-23T07:00")),
        (quiet("22:00", "07:00"), berlin("2026-11-23T06:59:59"), berlin("2026-11-23T07:00")),
        (quiet("22:00", "07:00"), berlin("2026-11-23T07:00"), None),
        (quiet("22:00", "07:00"), berlin("2026-11-22T21:59:59"), None),
        (quiet("12:00", "13:00"), berlin("2026-11-22T12:30"), berlin("2026-11-22T13:00")),
        (quiet("00:00", "00:00"), berlin("2026-11-22T12:30"), None),
        # On 2026-03-29 the clock goes from 02:00 to 03:00, so that there is no 02:30.
        (quiet("22:00", "02:30"), berlin("2026-03-28T23:00"), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        (quiet("02:30", "06:00"), datetime(2026, 3, 29, 0, 59, tzinfo=UTC), None),
        (quiet("02:30", "06:00"), datetime(2026, 3, 29, 1, tzinfo=UTC), berlin("2026-03-29T06:00")),
        # On 2026-10-25 it goes from 03:00 to 02:00, so that 02:30 comes twice.
        (quiet("22:00", "02:30"), berlin("2026-10-24T23:00"), berlin("2026-10-25T02:30", fold=1)),
        (quiet("02:30", "06:00"), berlin("2026-10-25T02:10", fold=1), berlin("2026-10-25T06:00")),
        (quiet("02:30", "06:00"), berlin("2026-10-25T02:10", fold=0), None),
    ],
)
def test_what_is_told_in_quiet_hours_waits_for_their_end(preferences: Preferences, at: datetime, until: datetime | None) -> None:
    assert delay(preferences, at) == Delay(until, is_digest=False)


@given(QUIET, MOMENTS)
def test_nothing_may_disturb_in_quiet_hours(preferences: Preferences, at: datetime) -> None:
    due = delay(preferences, at).not_before or at
    assert due >= at
    assert delay(preferences, due) == Delay()
    if not changes_within(preferences.time_zone, due):
        assert preferences.quiet_from == preferences.quiet_until or not is_quiet_by_the_clock(preferences, due)


@given(QUIET, MOMENTS)
def test_nothing_waits_longer_than_the_quiet_hours_last(preferences: Preferences, at: datetime) -> None:
    assume(not changes_within(preferences.time_zone, at))
    due = delay(preferences, at).not_before
    if due is None:
        assert preferences.quiet_from == preferences.quiet_until or not is_quiet_by_the_clock(preferences, at)
        return
    assert due - at <= timedelta(days=1)
    assert due.astimezone(ZoneInfo(preferences.time_zone)).time() == preferences.quiet_until
    assert is_quiet_by_the_clock(preferences, at) and is_quiet_by_the_clock(preferences, due - MINUTE)


@given(QUIET, MOMENTS, st.floats(0, 1))
def test_whatever_comes_while_something_waits_waits_as_long(preferences: Preferences, at: datetime, share: float) -> None:
    due = delay(preferences, at).not_before
    if due is not None:
        later = at + (due - at) * min(share, 0.999)
        assert delay(preferences, later).not_before == due


@given(DIGESTS, MOMENTS)
def test_a_digest_is_sent_at_its_time_of_the_next_day_at_the_latest(preferences: Preferences, at: datetime) -> None:
    due, is_digest = delay(preferences, at)
    assert is_digest
    assert due is not None and due > at
    # A day that is skipped as a whole, as in Apia in 2011, makes it one day more.
    assert due - at <= timedelta(days=2, hours=1)
    if not changes_within(preferences.time_zone, at):
        assert due - at <= timedelta(days=1)
        assert due.astimezone(ZoneInfo(preferences.time_zone)).time() == preferences.digest_at


def test_a_digest_whose_time_is_in_quiet_hours_waits_for_their_end() -> None:
    both = quiet("22:00", "07:00")._replace(digest_at=time(6))
    assert delay(both, berlin("2026-11-22T12:00")) == Delay(berlin("2026-11-23T07:00"), is_digest=True)


def test_what_comes_at_the_moment_of_a_digest_is_in_the_next_one() -> None:
    daily = Preferences(BERLIN, digest_at=time(8))
    assert delay(daily, berlin("2026-11-22T08:00")).not_before == berlin("2026-11-23T08:00")


def test_a_zone_that_this_machine_does_not_know_is_taken_for_utc() -> None:
    lost = Preferences("Europe/Bielefeld", time(22), time(7))
    assert delay(lost, datetime(2026, 11, 22, 23, tzinfo=UTC)) == Delay(datetime(2026, 11, 23, 7, tzinfo=UTC))


def test_without_preferences_nothing_waits() -> None:
    assert delay(Preferences(), datetime(2026, 11, 22, 23, tzinfo=UTC)) == Delay()
