"""Everybody is told once, whatever order things come in."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.notice import Notice, conversion_completed, conversion_failed
from services.notifier.domain.sale import Customer, Sale, cancel, decide, first_sale, forget, lapse, meet, place, settle
from tests.unit.service_records import at, customer, error

Step = Callable[[Sale], Sale]
KNOWN = Customer("L-1", "rep-2", "Byron Ltd", at(1))

STEPS: dict[str, Step] = {
    "meet": lambda sale: meet(sale, KNOWN),
    "meet again": lambda sale: meet(sale, KNOWN._replace(discovered_by="rep-9")),
    "place O-1": lambda sale: place(sale, "O-1", at(10)),
    "place O-2": lambda sale: place(sale, "O-2", at(5)),
    "cancel O-1": lambda sale: decide(cancel(sale, "O-1")),
    "cancel O-2": lambda sale: decide(cancel(sale, "O-2")),
    "forget": forget,
}


def notices(steps: list[str]) -> list[Notice]:
    """What is told along the way, as the handler tells it."""
    sale, told = Sale("C-1"), list[Notice]()
    for step in steps:
        moved = STEPS[step](sale)
        told += first_sale(moved, at(20)) if sale.first is None else []
        sale = settle(moved, None) if sale.first is None and moved.first is not None else moved
    return told


def test_the_discoverer_is_told_once_in_every_order() -> None:
    for steps in permutations(["meet", "place O-1", "place O-2", "place O-1", "meet"]):
        (notice,) = notices(list(steps))
        assert (notice.recipient, notice.subject, notice.kind) == ("rep-2", "C-1", "first-sale")


def test_a_first_sale_to_an_erased_customer_is_told_once_and_names_nobody() -> None:
    for steps in permutations(["meet", "place O-1", "forget"]):
        (notice,) = notices(list(steps))
        is_erased_before = steps.index("forget") < 2
        assert notice.text.startswith("A customer, whom" if is_erased_before else "Byron Ltd, whom")


@given(st.lists(st.sampled_from(sorted(STEPS))))
def test_nobody_is_ever_told_twice_of_a_first_sale(steps: list[str]) -> None:
    told = notices(steps)
    assert len(told) <= 1
    if told and "meet again" not in steps:
        assert "meet" in steps
        assert any(step.startswith("place") for step in steps)


def test_the_first_of_several_waiting_orders_is_the_one_that_was_placed_first() -> None:
    (notice,) = notices(["place O-1", "place O-2", "meet"])
    assert notice.about["order_id"] == "O-2"


@pytest.mark.parametrize("steps", [["place O-1", "cancel O-1", "meet"], ["cancel O-1", "place O-1", "meet"]])
def test_an_order_that_is_cancelled_before_its_customer_is_known_is_no_sale(steps: list[str]) -> None:
    assert notices(steps) == []
    (notice,) = notices([*steps, "place O-2"])
    assert notice.about["order_id"] == "O-2"


def waiting_sale() -> Sale:
    """A first sale by O-1 that may be taken back until second 50."""
    return settle(place(meet(Sale("C-1"), KNOWN), "O-1", at(10)), at(50))


def test_a_first_sale_whose_notices_wait_is_taken_back_with_its_order() -> None:
    taken = decide(cancel(lapse(waiting_sale(), at(49)), "O-1"))
    assert (taken.first, taken.taken_back) == (None, 1)
    assert place(taken, "O-1", at(10)) == taken, "what was cancelled stays so"


def test_a_first_sale_whose_notices_have_gone_out_stands() -> None:
    lapsed = lapse(waiting_sale(), at(50))
    assert cancel(lapsed, "O-1") is lapsed
    assert place(lapsed, "O-2", at(60)) is lapsed


def test_the_order_that_stood_behind_a_cancelled_one_is_the_first_sale_at_once() -> None:
    behind = place(place(waiting_sale(), "O-3", at(30)), "O-2", at(20))
    taken = decide(cancel(behind, "O-1"))
    assert taken.first and taken.first.order_id == "O-2"
    assert decide(cancel(cancel(behind, "O-2"), "O-1")).first == place(Sale("C-1"), "O-3", at(30)).waiting["O-3"]


def test_the_notice_after_a_withdrawn_one_has_an_id_of_its_own() -> None:
    again = place(decide(cancel(waiting_sale(), "O-1")), "O-2", at(60))
    (first,), (second,) = first_sale(waiting_sale(), at(10)), first_sale(again, at(60))
    assert first.notification_id != second.notification_id
    assert (first.subject, first.recipient) == (second.subject, second.recipient)


@given(st.lists(st.sampled_from(["O-1", "O-2", "O-3", "cancel O-1", "cancel O-2", "cancel O-3", "lapse"])))
def test_a_first_sale_that_is_not_taken_back_is_decided_once(steps: list[str]) -> None:
    sale, told = meet(Sale("C-1"), KNOWN), 0
    for step in steps:
        before = sale
        if step == "lapse":
            sale = lapse(sale, at(50))
        elif step.startswith("cancel"):
            sale = decide(cancel(sale, step.split()[1]))
        else:
            sale = place(sale, step, at(10))
        if sale.first is not None and (before.first is None or sale.taken_back > before.taken_back):
            told, sale = told + 1, settle(sale, at(50))
        assert told - sale.taken_back == (sale.first is not None)


def test_subscribers_hear_of_a_first_sale_and_the_discoverer_in_other_words() -> None:
    sale = place(meet(Sale("C-1"), KNOWN), "O-1", at(10))
    words = {notice.recipient: notice.text for notice in first_sale(sale, at(10), ["rep-3", "rep-2"])}
    assert words == {
        "rep-3": "Byron Ltd placed a first order.",
        "rep-2": "Byron Ltd, whom you discovered, placed a first order.",
    }


def test_a_cancellation_after_the_notice_changes_nothing() -> None:
    assert len(notices(["meet", "place O-1", "cancel O-1", "place O-2"])) == 1


def test_nobody_is_told_where_nobody_discovered_the_lead() -> None:
    sale = meet(place(Sale("C-1"), "O-1", at(1)), KNOWN._replace(discovered_by=None))
    assert sale.first is not None
    assert first_sale(sale, at(2)) == []


def test_a_notification_has_one_id_for_kind_subject_and_recipient() -> None:
    (one,), (same,) = notices(["meet", "place O-1"]), notices(["place O-2", "meet"])
    assert one.notification_id == same.notification_id
    others = [one._replace(kind="k"), one._replace(subject="C"), one._replace(recipient="r")]
    shifted = [one._replace(subject="a", recipient="b/c"), one._replace(subject="a/b", recipient="c")]
    assert len({notice.notification_id for notice in [one, *others, *shifted]}) == 6


def test_ids_of_notifications_never_change() -> None:
    (notice,) = notices(["meet", "place O-1"])
    assert notice.notification_id == "4a8b7875-e14e-50b2-b567-21b1fb286f4e"


def test_the_requester_hears_of_a_completed_conversion() -> None:
    data = {"conversion_id": "K-1", "lead_id": "L-1", "requested_by": {"id": "rep-7"}, "customer": customer()}
    notice = conversion_completed(data, at(1))
    assert notice is not None
    assert (notice.recipient, notice.about["customer_id"]) == ("rep-7", "C-1")
    assert notice.text == "Byron Ltd is now a customer (CUST-C-1)."
    assert conversion_completed({**data, "requested_by": None}, at(1)) is None


def test_the_requester_hears_why_a_conversion_failed_but_not_of_other_customers() -> None:
    failure = error("CUSTOMER_EMAIL_EXISTS", retryable=True) | {"candidates": [{"customer_id": "C-9", "email": "x@y"}]}
    data = {"conversion_id": "K-1", "lead_id": "L-1", "requested_by": {"id": "rep-7"}, "error": failure}
    notice = conversion_failed(data, at(1))
    assert notice is not None
    assert notice.text == "Lead L-1 was not converted: customer_email_exists. You can try again."
    assert notice.about["error"]["candidates"] == []
    assert conversion_failed({**data, "requested_by": None}, at(1)) is None
