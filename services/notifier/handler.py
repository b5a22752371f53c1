"""The notifier's deciding half as the engine sees it: events in; notices and changes of stage out, each told once for ever."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from leadline.contracts.events import accepted_on
from leadline.contracts.times import time_now_text
from leadline.delivery.handler import Input, Transaction
from leadline.delivery.message import Content, Done, Failure, Message, Outcome
from leadline.delivery.record import Origin, Outgoing, Record
from leadline.delivery.trail import Trail
from services.notifier.audience_store import AudienceStore
from services.notifier.domain.notice import Notice
from services.notifier.domain.wish import Wish, sum_up
from services.notifier.happenings import Happening, ended, matters, recipients, tell
from services.notifier.reading import CONVERSION_COMPLETED, CUSTOMER_ERASED, INPUTS, heard_at, latest_ticks, read, time_of
from services.notifier.records import Withdrawn, notice_record, stage_record, withdrawn_record
from services.notifier.reminders import Due, carried_over, reverted
from services.notifier.reminders_store import RemindersStore
from services.notifier.sales import ABOUT_SALES, Sales
from services.notifier.stages import ABOUT_STAGES, Stages
from services.notifier.store import NotifierStore
from services.notifier.wishes_store import WishesStore

Named = Sequence[tuple[str, Notice]]
"""Notices by their ids, which are made once: making one costs more than all else that is done to a notice."""
_WISHES: Final = accepted_on("notification.requests")
_ABOUT_CUSTOMERS: Final = ABOUT_SALES | ABOUT_STAGES


class NotifierHandler:
    """Decides a batch in memory; the stores say who is to hear and what has been told before."""

    service: str = "notifier"
    inputs: Sequence[Input] = INPUTS

    def __init__(self, store: NotifierStore, *, dormant_after: timedelta) -> None:
        self._store = store
        self._stages = Stages(dormant_after)
        self._wishes, self._audience, self._reminders = WishesStore(), AudienceStore(), RemindersStore()

    def decode(self, record: Record) -> Content:
        """Refuses what cannot be read."""
        return read(record)

    def handle(self, transaction: Transaction, messages: Sequence[Message]) -> Sequence[Outcome]:
        """All messages in one go; what users say in a batch counts for everything in it."""
        self._wishes.save(transaction, sum_up(_wishes(messages)))
        self._reminders.add(transaction, carried_over(messages))
        self._reminders.revert(transaction, reverted(messages))
        late = latest_ticks(messages)
        due = self._reminders.find_due(transaction, late)
        ids = _customer_ids(messages) | self._stages.find_due(transaction, late) | {each.customer_id for each in due}
        sales = Sales(self._store.load_sales(transaction, ids), messages)
        erased = self._find_erased(transaction, messages)
        stages, left = self._stages.open(transaction, ids, messages), Due(due)
        happened = [Happening(m, ended(m, erased), sales.take(m), stages.take(m), left.take(m)) for m in messages]
        emitted = self._tell(transaction, happened, sales)
        self._store.save_sales(transaction, sales.before, sales.known)
        self._stages.close(transaction, stages)
        self._reminders.close(transaction, [(each, time_of(h.message)) for h in happened for each in h.due])
        return [Done(records) for records in emitted]

    def _find_erased(self, transaction: Transaction, messages: Sequence[Message]) -> set[str]:
        """The new customers of this batch that are erased already, by this batch or before."""
        new = {m.content.data["customer"]["customer_id"] for m in messages if m.content.envelope.type == CONVERSION_COMPLETED}
        by_batch = {m.content.data["customer_id"] for m in messages if m.content.envelope.type == CUSTOMER_ERASED}
        return (new & by_batch) | self._store.find_erased(transaction, new)

    def _tell(self, transaction: Transaction, happened: Sequence[Happening], sales: Sales) -> list[list[Outgoing]]:
        """For each message what it takes back, what people hear by it, and the steps of customers."""
        heard = [each for each in happened if not each.is_nothing]
        audience = self._audience.find(transaction, matters(heard, sales.known), recipients(heard, sales.known))
        told = [[(each.notification_id, each) for each in tell(one, sales.known, audience)] for one in happened]
        withdrawn = self._withdraw(transaction, sales)
        untold = self._store.remember(transaction, {id: notice for notices in told for id, notice in notices})
        for each, notices in zip(happened, told, strict=True):
            if each.sale is not None:
                sales.settle(each.sale.customer_id, _open_until(notices, untold))
        return [
            [
                *withdrawn.get(each.message.origin, ()),
                *_emit(notices, each.message, untold),
                *(stage_record(change, each.message) for change in each.changes),
            ]
            for each, notices in zip(happened, told, strict=True)
        ]

    def _withdraw(self, transaction: Transaction, sales: Sales) -> Mapping[Origin, list[Outgoing]]:
        """The records that take notices back, by the message that is the cause."""
        at = {customer_id: time_now_text(heard_at(message)) for customer_id, message in sales.taken_back.items()}
        taken = self._store.withdraw(transaction, at)
        return {
            message.origin: [
                withdrawn_record(
                    Withdrawn(*notice, customer_id, message.content.data["order_id"]), at[customer_id], message.content.envelope
                )
                for notice in taken.get(customer_id, ())
            ]
            for customer_id, message in sales.taken_back.items()
        }

    def on_failure(self, transaction: Transaction, message: Message, failure: Failure) -> list[Outgoing]:
        """Nobody waits for an answer of the notifier."""
        return []

    def on_rejected(self, transaction: Transaction, trail: Trail, failure: Failure) -> list[Outgoing]:
        """Nobody waits for an answer of the notifier."""
        return []

    def announce(self, messages: Sequence[Message]) -> list[Outgoing]:
        """Nothing to tell before it is decided."""
        return []


def _wishes(messages: Sequence[Message]) -> list[Wish]:
    return [
        Wish(message.content.envelope.type, time_of(message), message.content.data)
        for message in messages
        if message.content.envelope.type in _WISHES
    ]


def _customer_ids(messages: Sequence[Message]) -> set[str]:
    about = (m.content for m in messages if m.content.envelope.type in _ABOUT_CUSTOMERS and m.content.data is not None)
    return {content.data["customer_id"] for content in about}


def _open_until(notices: Named, untold: set[str]) -> str | None:
    """Until when a first sale may be taken back: while any of its notices waits."""
    return max((notice.not_before for id, notice in notices if notice.not_before and id in untold), default=None)


def _emit(notices: Named, message: Message, untold: set[str]) -> list[Outgoing]:
    """The records of notices, each for the first message of the batch that gives rise to it."""
    new = [(id, notice) for id, notice in notices if id in untold]
    untold.difference_update(id for id, _ in new)
    return [notice_record(id, notice, message.content.envelope) for id, notice in new]
