"""Which notifications go out together, and the name of that message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.digest import MOST_IN_ONE, Waiting, digest_columns, digest_id, gather, held_columns

BEGIN = datetime(2026, 11, 1, 8, tzinfo=UTC)


def waiting(number: int, recipient: str = "rep-1", channel: str = "email", address: str = "ada@example.com") -> Waiting:
    language = "de" if number % 2 else "en"
    return Waiting(f"D-{number}", channel, address, "r", recipient, language, BEGIN + timedelta(seconds=number))


def test_what_waits_for_one_address_of_one_person_is_one_digest_in_the_order_of_time() -> None:
    found = gather([waiting(3), waiting(1), waiting(2, "rep-2"), waiting(4, channel="webhook"), waiting(5, address="b@c.de")])
    assert [[each.delivery_id for each in digest.held] for digest in found] == [["D-1", "D-3"], ["D-2"], ["D-4"], ["D-5"]]
    assert (found[0].newest.delivery_id, digest_columns(found)["languages"]) == ("D-3", ["de", "en", "en", "de"])


@given(st.permutations(range(6)))
def test_the_message_id_follows_from_what_is_held_in_whatever_order_it_was_found(order: list[int]) -> None:
    assert digest_id(waiting(number) for number in order) == digest_id(waiting(number) for number in range(6))
    assert digest_id(waiting(number) for number in order[:5]) != digest_id(waiting(number) for number in range(6))


def test_what_is_too_much_for_one_message_is_several_and_nothing_is_left_out() -> None:
    found = gather(waiting(number) for number in range(2 * MOST_IN_ONE + 1))
    assert [len(digest.held) for digest in found] == [MOST_IN_ONE, MOST_IN_ONE, 1]
    assert len(set(held_columns(found)["held"])) == 2 * MOST_IN_ONE + 1
    assert set(held_columns(found)["digests"]) == {digest.digest_id for digest in found}
