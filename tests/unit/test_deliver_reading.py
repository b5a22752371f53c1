"""From records of notification.events to letters."""

from __future__ import annotations

from typing import Any

import pytest

from leadline.delivery.record import Record
from leadline.errors import Rejected
from services.notifier.deliver.reading import read
from services.notifier.domain.letter import Letter, Withdrawal
from tests.unit.service_records import at, record

BODY = {
    "notification_id": "N-1",
    "kind": "first-sale",
    "recipient": "rep-1",
    "title": "First sale",
    "text": "Ada placed a first order.",
    "created_at": "2026-11-22T08:00:00Z",
    "customer_id": "C-1",
    "order_id": "O-1",
}


def told(name: str = "notification.first-sale", **more: Any) -> Record:
    return record("notification.events", name, {**BODY, **more})


def test_a_notification_is_a_letter_with_its_whole_body() -> None:
    letter = read(told(not_before="2026-11-23T08:00:00+01:00"))
    assert isinstance(letter, Letter)
    assert (letter.notification_id, letter.recipient, letter.not_before) == ("N-1", "rep-1", "2026-11-23T07:00:00.000000Z")
    assert '"order_id":"O-1"' in letter.data


def test_a_kind_that_is_not_known_is_a_letter_all_the_same() -> None:
    letter = read(told("notification.moon-is-full", kind="moon-is-full", phase=1.0))
    assert isinstance(letter, Letter)
    assert letter.kind == "moon-is-full"


def test_a_withdrawal_names_the_notification() -> None:
    assert read(told("notification.withdrawn", withdrawn_at=at(1))) == Withdrawal("N-1", at(1))


def test_an_event_of_another_kind_is_passed_over() -> None:
    assert read(told("customer.created")) is None


@pytest.mark.parametrize(
    "more",
    [
        {"recipient": None},
        {"title": 1},
        {"text": "a\0b"},
        {"customer_id": "a\0b"},
        {"created_at": "yesterday"},
        {"not_before": "tomorrow"},
        {"kind": ""},
    ],
)
def test_a_body_that_is_no_notification_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(Rejected):
        read(told(**more))


@pytest.mark.parametrize("value", [None, b"", b"{", b"[]", b'"x"', b"\xff", b'{"a": NaN}'])
def test_a_value_that_is_no_object_is_refused(value: bytes | None) -> None:
    with pytest.raises(Rejected):
        read(told()._replace(value=value))


def test_a_record_without_an_envelope_is_refused() -> None:
    with pytest.raises(Rejected):
        read(told()._replace(headers=[]))
