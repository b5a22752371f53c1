"""The notifier's deciding half as the engine sees it: events in; notices and changes of stage out, each told once for ever."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from leadline.delivery.handler import Input, Transaction
from leadline.delivery.message import Content, Done, Failure, Message, Outcome
from leadline.delivery.record import Outgoing, Record
from leadline.delivery.trail import Trail
from services.notifier.domain import notice as notices
from services.notifier.domain import sale as sales
from services.notifier.domain.notice import Notice
from services.notifier.domain.sale import Customer, Sale
from services.notifier.reading import INPUTS, read, time_of
from services.notifier.records import notice_record, stage_record
from services.notifier.stages import ABOUT_STAGES, CUSTOMER_CREATED, CUSTOMER_REVERTED, ORDER_CANCELLED, ORDER_PLACED, Stages
from services.notifier.store import NotifierStore

_ABOUT_SALES = frozenset({ORDER_PLACED, ORDER_CANCELLED, CUSTOMER_CREATED, CUSTOMER_REVERTED})
_TAKES_BACK = frozenset({ORDER_CANCELLED, CUSTOMER_REVERTED})
_ABOUT_CONVERSIONS: Mapping[str, Callable[[Mapping[str, Any], str], Notice | None]] = {
    "leadline.conversion.completed.v1": notices.conversion_completed,
    "leadline.conversion.failed.v1": notices.conversion_failed,
}


class NotifierHandler:
    """Decides a batch in memory; the store says what has been told before."""

    service: str = "notifier"
    inputs: Sequence[Input] = INPUTS

    def __init__(self, store: NotifierStore, *, dormant_after: timedelta) -> None:
        self._store = store
        self._stages = Stages(dormant_after)

    def decode(self, record: Record) -> Content:
        """Refuses what cannot be read."""
        return read(record)

    def handle(self, transaction: Transaction, messages: Sequence[Message]) -> Sequence[Outcome]:
        """All messages in one go."""
        ids = _customer_ids(messages) | self._stages.find_due(transaction, messages)
        before = self._store.load_sales(transaction, ids)
        after = _without_what_is_over(before, messages)
        stages = self._stages.open(transaction, ids, messages)
        told = [_notice(message, after) for message in messages]
        changes = [[stage_record(change, message) for change in stages.take(message)] for message in messages]
        self._store.save_sales(transaction, before, after)
        self._stages.close(transaction, stages)
        untold = self._store.remember(transaction, _distinct(told))
        return [
            Done([*_emit(notice, message, untold), *changed])
            for notice, message, changed in zip(told, messages, changes, strict=True)
        ]

    def on_failure(self, transaction: Transaction, message: Message, failure: Failure) -> list[Outgoing]:
        """Nobody waits for an answer of the notifier."""
        return []

    def on_rejected(self, transaction: Transaction, trail: Trail, failure: Failure) -> list[Outgoing]:
        """Nobody waits for an answer of the notifier."""
        return []

    def announce(self, messages: Sequence[Message]) -> list[Outgoing]:
        """Nothing to tell before it is decided."""
        return []


def _customer_ids(messages: Sequence[Message]) -> set[str]:
    return {m.content.data["customer_id"] for m in messages if m.content.envelope.type in ABOUT_STAGES}


def _without_what_is_over(before: Mapping[str, Sale], messages: Sequence[Message]) -> dict[str, Sale]:
    """The sales, with what the batch takes back: nobody is to be told of an order or a customer that is known to be over."""
    known = dict(before)
    for message in messages:
        if message.content.envelope.type in _TAKES_BACK:
            sale = known[message.content.data["customer_id"]]
            known[sale.customer_id] = _move(sale, message)
    return known


def _notice(message: Message, known: dict[str, Sale]) -> Notice | None:
    """What one message gives rise to, after those before it; moves the sale on that it is about."""
    type, data = message.content.envelope.type, message.content.data
    if type in _ABOUT_CONVERSIONS:
        return None if message.is_replay else _ABOUT_CONVERSIONS[type](data, time_of(message))
    if type not in _ABOUT_SALES:
        return None
    sale = known[data["customer_id"]]
    moved = known[sale.customer_id] = _move(sale, message)
    return sales.first_sale(moved, time_of(message)) if sale.first is None else None


def _move(sale: Sale, message: Message) -> Sale:
    data = message.content.data
    match message.content.envelope.type:
        case "leadline.order.placed.v1":
            return sales.place(sale, data["order_id"], data["placed_at"])
        case "leadline.order.cancelled.v1":
            return sales.cancel(sale, data["order_id"])
        case "leadline.customer.reverted.v1":
            return sales.take_back(sale)
        case _:
            return sales.meet(sale, Customer(data["lead_id"], data["discovered_by"], data["name"], time_of(message)))


def _distinct(told: Sequence[Notice | None]) -> list[Notice]:
    return list({notice.notification_id: notice for notice in told if notice is not None}.values())


def _emit(notice: Notice | None, message: Message, untold: set[str]) -> list[Outgoing]:
    """The record of a notice, for the first message of the batch that gives rise to it."""
    if notice is None or notice.notification_id not in untold:
        return []
    untold.remove(notice.notification_id)
    return [notice_record(notice, message.content.envelope)]
