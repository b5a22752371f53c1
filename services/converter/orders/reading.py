"""From records of `order.events` to what the converter keeps of them. Pure."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from leadline.contracts.envelope import Envelope, read_envelope
from leadline.contracts.events import accepted_on, decode
from leadline.delivery.message import Content
from leadline.delivery.record import Record
from leadline.errors import Rejected
from services.converter.moment import moment_of

ORDERS: Final = "order.events"
_LOOKED_AT: Final = accepted_on(ORDERS) - {"leadline.activity.logged.v1"}
_NOTHING: Final = Content(Envelope("", "", ""), None, order_key=None, goes_first=True)


class OrderWord(NamedTuple):
    """An order was placed or cancelled; a cancelled one stays so."""

    customer_id: str
    order_id: str
    is_cancelled: bool


class StageWord(NamedTuple):
    """An opportunity moved; a probability that is not said stays as it is. `stamp` orders such words."""

    customer_id: str
    opportunity_id: str
    stage: str
    probability: int | None
    stamp: str


def read_order(record: Record) -> Content:
    """What is said of an order or an opportunity; nothing for what the notifier dead-letters, since it owns the topic."""
    try:
        envelope = read_envelope(record.headers, record.value)
        if envelope.type not in _LOOKED_AT:
            return _NOTHING
        data: Any = decode(envelope.type, envelope.data)
    except Rejected:
        return _NOTHING
    if record.key != data.customer_id.encode():
        return _NOTHING
    return Content(envelope, _word(record, envelope, data), order_key=None, goes_first=True)


def _word(record: Record, envelope: Envelope, data: Any) -> OrderWord | StageWord:
    if envelope.type == "leadline.opportunity.stage-changed.v1":
        stamp = moment_of(record, envelope).stamp
        return StageWord(data.customer_id, data.opportunity_id, data.stage, data.probability, stamp)
    return OrderWord(data.customer_id, data.order_id, is_cancelled=envelope.type == "leadline.order.cancelled.v1")
