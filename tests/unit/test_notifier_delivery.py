"""What becomes of an attempt, and when a route is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.breaker import FAILURES, MOST_REST_SECONDS, REST_SECONDS, WELL, Breaker, after, room
from services.notifier.domain.delivery import MOST_DELAY_SECONDS, Outcome, Result, Verdict, delivery_id, judge
from services.notifier.domain.letter import Address, Letter
from services.notifier.domain.plan import Plan

DELAYS = (5.0, 60.0)
FAILED = Outcome("failed", "500")


def letter(id: str = "N-1", recipient: str = "rep-1") -> Letter:
    return Letter(id, "leadline.notification.first-sale.v1", "first-sale", recipient, "First sale", "Ada", "", None, "{}")


@pytest.mark.parametrize("result", ["sent", "confirmed"])
def test_what_arrived_is_not_tried_again(result: Result) -> None:
    assert judge(Outcome(result), 1, DELAYS) == Verdict(result, None, None)  # type: ignore[arg-type]


def test_each_failure_waits_for_the_next_rung_and_the_last_one_ends_it() -> None:
    verdicts = [judge(FAILED, attempts, DELAYS) for attempts in (1, 2, 3)]
    assert verdicts == [Verdict("scheduled", 5.0, "500"), Verdict("scheduled", 60.0, "500"), Verdict("dead", None, "500")]


def test_what_may_have_arrived_is_tried_again_but_called_unknown() -> None:
    assert judge(Outcome("unknown", "no answer"), 1, DELAYS) == Verdict("unknown", 5.0, "no answer")


def test_a_receiver_may_ask_for_a_longer_wait_than_the_ladder_has_but_not_for_a_shorter() -> None:
    asked = [judge(Outcome("failed", None, seconds), 1, DELAYS).delay_seconds for seconds in (1.0, 90.0, 1e12)]
    assert asked == [5.0, 90.0, MOST_DELAY_SECONDS]


def test_a_refusal_ends_it_at_the_first_attempt() -> None:
    assert judge(Outcome("refused", "gone"), 1, DELAYS) == Verdict("dead", None, "gone")


@given(
    st.lists(st.sampled_from(["failed", "unknown", "refused", "sent", "confirmed"]), min_size=10, max_size=10),
    st.lists(st.floats(0, 1e6), max_size=6).map(sorted),
)
def test_every_delivery_comes_to_an_end(results: list[Result], delays: list[float]) -> None:
    verdicts = [judge(Outcome(result, "x"), attempts, delays) for attempts, result in enumerate(results, 1)]
    assert any(verdict.delay_seconds is None for verdict in verdicts[: len(delays) + 1])
    assert all((verdict.delay_seconds is None) == (verdict.state in {"sent", "confirmed", "dead"}) for verdict in verdicts)


def test_a_route_rests_after_some_failures_in_a_row_then_takes_one_then_all() -> None:
    breaker = WELL
    for _ in range(FAILURES):
        assert room(breaker, 10.0, 64) == 64
        breaker = after(breaker, FAILED, 10.0)
    assert room(breaker, 10.0 + REST_SECONDS - 0.1, 64) == 0
    assert room(breaker, 10.0 + REST_SECONDS, 64) == 1
    assert room(after(breaker, Outcome("confirmed"), 20.0), 20.0, 64) == 64


def test_a_success_in_between_begins_the_count_anew() -> None:
    breaker = WELL
    for _ in range(FAILURES - 1):
        breaker = after(breaker, FAILED, 0.0)
    breaker = after(after(breaker, Outcome("sent"), 0.0), FAILED, 0.0)
    assert room(breaker, 0.0, 64) == 64


def test_failures_of_what_was_under_way_do_not_prolong_a_rest() -> None:
    resting = Breaker(FAILURES, 100.0)
    assert after(resting, FAILED, 99.0) == resting
    assert after(resting, FAILED, 100.0).rests_until == 100.0 + REST_SECONDS


def test_a_receiver_that_names_a_time_is_left_alone_at_once_but_not_for_hours() -> None:
    assert after(WELL, Outcome("failed", "429", 7.0), 1.0).rests_until == 8.0
    assert after(WELL, Outcome("failed", "429", 1e9), 0.0).rests_until == MOST_REST_SECONDS


def test_one_address_that_is_refused_says_nothing_about_the_route() -> None:
    breaker = WELL
    for _ in range(FAILURES * 2):
        breaker = after(breaker, Outcome("refused", "550"), 0.0)
    assert breaker == WELL


def test_the_message_id_is_one_for_each_notification_channel_and_address_for_ever() -> None:
    assert delivery_id("N-1", "email", "ada@example.com") == "5172d4db-03f7-574d-b7b0-f3e773ce6686"
    ids = {delivery_id(id, channel, to) for id in ("N-1", "N-2") for channel in ("email", "webhook") for to in ("a", "b")}
    assert len(ids) == 8


def test_everybody_has_an_inbox_and_each_address_a_delivery() -> None:
    found = [Address("rep-1", "de", "email", "ada@example.com"), Address("rep-1", "de", "webhook", "https://a.example/x")]
    plan = Plan({"email": lambda _: "mail server", "webhook": lambda address: address})
    rows = plan.delivery_columns([letter("N-1"), letter("N-2", "rep-2"), letter("N-3")], {"N-1", "N-2"}, found)
    assert list(zip(rows["ids"], rows["channels"], rows["routes"], strict=True)) == [
        ("N-1", "in-app", ""),
        ("N-1", "email", "mail server"),
        ("N-1", "webhook", "https://a.example/x"),
        ("N-2", "in-app", ""),
    ]


def test_a_letter_is_in_its_recipients_language_and_english_for_a_stranger() -> None:
    columns = Plan({}).letter_columns([letter(), letter("N-2", "rep-2")], [Address("rep-1", "de", "", "")])
    assert columns["languages"] == ["de", "en"]


def test_a_channel_that_is_not_known_here_makes_no_delivery() -> None:
    rows = Plan({}).delivery_columns([letter()], {"N-1"}, [Address("rep-1", "en", "pigeon", "loft 3")])
    assert rows["channels"] == ["in-app"]
