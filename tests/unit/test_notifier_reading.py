"""What the notifier refuses, and that what it writes keeps the contract."""

from __future__ import annotations

from datetime import timedelta

import pytest

from leadline.contracts.codes import ErrorCode
from leadline.contracts.envelope import read_envelope
from leadline.contracts.events import accepted_on, decode
from leadline.errors import Rejected, SetupError
from leadline.runtime.settings import load_settings
from services.notifier.domain.notice import Notice, conversion_completed, conversion_failed
from services.notifier.domain.sale import Customer, Sale, first_sale, meet, place
from services.notifier.reading import INPUTS, read, time_of
from services.notifier.records import notice_record
from tests.unit.service_records import at, completed, conversion_event, error, message, order, record, tick

SALE = place(meet(Sale("C-1"), Customer("L-1", "rep-2", "Byron Ltd", at(1))), "O-1", at(2))
DONE = read(completed("K-1"))
FAILED = read(conversion_event("failed", "K-1", error=error("LEAD_UNKNOWN", retryable=True)))


@pytest.mark.parametrize(
    "notice",
    [*first_sale(SALE, at(3)), conversion_completed(DONE.data, at(3)), conversion_failed(FAILED.data, at(3))],
)
def test_every_notification_fits_the_contract(notice: Notice) -> None:
    written = notice_record(notice.notification_id, notice, DONE.envelope)
    envelope = read_envelope(written.headers, written.value)
    assert envelope.type in accepted_on(written.topic)
    body = decode(envelope.type, envelope.data).model_dump(mode="json")
    assert (written.key, envelope.subject) == (body["recipient"].encode(), body["recipient"])
    assert (envelope.id, envelope.time) == (body["notification_id"], body["created_at"]) == (envelope.id, at(3))


def test_a_notification_is_the_same_record_whenever_it_is_made() -> None:
    (notice,) = first_sale(SALE, at(3))
    assert notice_record("N-1", notice, DONE.envelope) == notice_record("N-1", notice, DONE.envelope)


def test_an_order_whose_key_is_not_its_customer_is_refused() -> None:
    with pytest.raises(Rejected) as caught:
        read(order("placed")._replace(key=b"C-2"))
    assert caught.value.code == ErrorCode.KEY_MISMATCH


def test_a_type_on_the_wrong_topic_is_refused() -> None:
    with pytest.raises(Rejected) as caught:
        read(order("placed")._replace(topic="customer.events"))
    assert caught.value.code == ErrorCode.TYPE_UNKNOWN


def test_an_order_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(Rejected) as caught:
        read(order("placed")._replace(value=b"{"))
    assert caught.value.code == ErrorCode.PAYLOAD_NOT_JSON


def test_what_tells_nobody_anything_is_not_parsed() -> None:
    assert read(conversion_event("accepted", "K-1")._replace(value=b"{")).data is None


def test_an_order_in_the_notifiers_own_retry_topic_is_read_by_its_type() -> None:
    assert read(order("placed")._replace(topic="notifier.retry.5s")).data["order_id"] == "O-1"


def test_an_event_without_a_time_has_that_of_the_broker() -> None:
    taken = record("order.events", "order.cancelled", {"order_id": "O", "customer_id": "C"})
    timeless = taken._replace(headers=[each for each in taken.headers if each[0] != "ce_time"], timestamp_ms=1_500)
    assert time_of(message(read, timeless)) == "1970-01-01T00:00:01.500000Z"
    assert time_of(message(read, taken)) == at(0)


def test_a_tick_waits_for_the_orders_that_were_there_before_it() -> None:
    assert [(each.topic, each.after) for each in INPUTS if each.after] == [("stage.ticks", "order.events")]


def test_a_tick_is_read_with_the_partition_that_it_came_from() -> None:
    taken = message(read, tick(at(5))._replace(partition=3))
    assert (taken.origin.partition, taken.content.data) == (3, {"at": at(5)})


def test_a_tick_without_a_time_is_refused() -> None:
    with pytest.raises(Rejected) as caught:
        read(tick(at(5))._replace(value=b"{}"))
    assert (caught.value.code, caught.value.fields) == (ErrorCode.SCHEMA_INVALID, ("at",))


@pytest.mark.parametrize("silence", ["0s", "36501d", "-1d", "soon"])
def test_a_silence_that_makes_no_sense_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch, silence: str) -> None:
    monkeypatch.setenv("LEADLINE_DORMANT_AFTER", silence)
    with pytest.raises(SetupError, match="LEADLINE_DORMANT_AFTER"):
        load_settings()


@pytest.mark.parametrize(("silence", "days"), [("2d", 2), (None, 90)])
def test_the_silence_is_what_the_setting_says_and_90_days_without_it(
    monkeypatch: pytest.MonkeyPatch, silence: str | None, days: int
) -> None:
    monkeypatch.delenv("LEADLINE_DORMANT_AFTER", raising=False)
    if silence:
        monkeypatch.setenv("LEADLINE_DORMANT_AFTER", silence)
    assert load_settings().dormant_after == timedelta(days=days)
