"""Everybody is told once, whatever order things come in."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.notice import Notice, conversion_completed, conversion_failed
from services.notifier.domain.sale import Customer, Sale, cancel, decide, first_sale, meet, place, settle
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
