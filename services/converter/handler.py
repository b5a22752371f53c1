"""A batch in, customers and events out: what is said of leads and orders, then conversion requests, requests about customers
and reverts, in this order.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from leadline.contracts.events.leads import LOST_REASONS
from leadline.contracts.events.requests import ConversionCommand
from leadline.contracts.times import time_now_text
from leadline.delivery.handler import Input, Transaction
from leadline.delivery.message import Content, Done, Failure, Message, Outcome
from leadline.delivery.record import Outgoing, Record
from leadline.delivery.trail import Trail
from services.converter import events
from services.converter.commands import Commands
from services.converter.conversion import Conversions, note_failure
from services.converter.customers.handling import CustomerRequests
from services.converter.customers.reading import CUSTOMERS
from services.converter.decode import LEADS, REQUESTS, decode
from services.converter.domain.customer import CustomerRequest
from services.converter.domain.decision import Request
from services.converter.domain.lead import LeadChange, LeadItem
from services.converter.domain.revert import Revert
from services.converter.erasure import Erasure
from services.converter.free_mail import load_free_mail
from services.converter.leads import Leads
from services.converter.orders.reading import ORDERS, OrderWord, StageWord
from services.converter.orders.store import OrderStore
from services.converter.profiles import load_profiles
from services.converter.reverts.handling import Reverts
from services.converter.session import Ask
from services.converter.store import ConverterStore
from services.converter.store_leads import LeadStore
from services.converter.store_matches import MatchStore
from services.converter.unreadable import note_unreadable, unreadable_request

Clock = Callable[[], datetime]
REVERT_WITHIN: Final = timedelta(days=7)
_OF_LEADS: Final = frozenset({LeadChange, LeadItem})


def utc_now() -> datetime:
    """The time of now."""
    return datetime.now(UTC)


class ConverterHandler:
    """The converter as the engine sees it."""

    service: Final = "converter"
    inputs: Final = (Input(LEADS), Input(REQUESTS, after=LEADS), Input(CUSTOMERS), Input(ORDERS))

    def __init__(
        self,
        *,
        instance: str = "converter",
        profile: str = "default",
        lost_reasons: Collection[str] = (),
        revert_within: timedelta = REVERT_WITHIN,
        clock: Clock = utc_now,
    ) -> None:
        """`lost_reasons` are those that a tenant adds to the known ones; for `revert_within` a conversion can be taken back."""
        self._store = ConverterStore()
        free_mail = load_free_mail()
        self._leads = Leads(LeadStore(), MatchStore(), free_mail)
        self._conversions = Conversions(self._store, self._leads, load_profiles(), profile)
        self._commands = Commands(self._store, self._conversions)
        self._customer_requests = CustomerRequests()
        self._reverts = Reverts(revert_within, free_mail)
        self._orders = OrderStore()
        self._erasure = Erasure()
        self._instance = instance
        self._clock = clock
        self._lost_reasons = LOST_REASONS.union(lost_reasons)

    def decode(self, record: Record) -> Content:
        """Bytes to content; raises Rejected."""
        return decode(record, self._lost_reasons)

    def announce(self, messages: Sequence[Message]) -> list[Outgoing]:
        """Say for each partition which conversions are worked on now."""
        now = time_now_text(self._clock())
        shares: dict[tuple[str, int], dict[str, str]] = {}
        for message in messages:
            request = message.content.data
            if isinstance(request, Request):
                share = shares.setdefault((message.record.topic, message.record.partition), {})
                share[request.lead_id] = request.conversion_id
        return [events.processing_started(share, self._instance, now) for share in shares.values()]

    def handle(self, transaction: Transaction, messages: Sequence[Message]) -> list[Outcome]:
        """Handle lead changes, orders and commands, or requests (the engine never mixes these in one call)."""
        if messages[0].content.goes_first:
            return self._handle_first(transaction, messages)
        now = self._clock()
        asks = [Ask(message, message.content.data) for message in messages if isinstance(message.content.data, Request)]
        outcomes = self._conversions.handle(transaction, asks, now)
        if len(asks) < len(messages):
            outcomes.update(self._handle_others(transaction, messages, now))
        return [outcomes.get(id(message), Done([])) for message in messages]

    def _handle_others(self, transaction: Transaction, messages: Sequence[Message], now: datetime) -> dict[int, Outcome]:
        """Reverts come last: whatever stands in their way of this batch is in the tables then."""
        outcomes: dict[int, Outcome] = {}
        if about_customers := [message for message in messages if isinstance(message.content.data, CustomerRequest)]:
            outcomes = self._customer_requests.handle(transaction, about_customers, time_now_text(now))
        if reverts := [message for message in messages if isinstance(message.content.data, Revert)]:
            outcomes.update(self._reverts.handle(transaction, reverts, now))
        return outcomes

    def _handle_first(self, transaction: Transaction, messages: Sequence[Message]) -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}
        of_leads = [message for message in messages if type(message.content.data) in _OF_LEADS]
        if of_leads:
            now_erased = self._leads.apply(transaction, [each.content.data for each in of_leads])
            if now_erased:
                outcomes = self._erasure.handle(transaction, of_leads, now_erased, time_now_text(self._clock()))
        if len(of_leads) < len(messages):
            outcomes.update(self._handle_others_first(transaction, messages))
        return [outcomes.get(id(message), Done([])) for message in messages]

    def _handle_others_first(self, transaction: Transaction, messages: Sequence[Message]) -> dict[int, Outcome]:
        words = [each.content.data for each in messages if isinstance(each.content.data, OrderWord | StageWord)]
        self._orders.apply(transaction, words)
        commands = [message for message in messages if isinstance(message.content.data, ConversionCommand)]
        return self._commands.handle(transaction, commands, self._clock()) if commands else {}

    def on_failure(self, transaction: Transaction, message: Message, failure: Failure) -> list[Outgoing]:
        """A fault of ours: the conversion waits for its next attempt, or fails and may be retried by hand."""
        if not isinstance(message.content.data, Request):
            return []
        return note_failure(self._store, transaction, message, failure, self._clock())

    def on_rejected(self, transaction: Transaction, trail: Trail, failure: Failure) -> list[Outgoing]:
        """The requester hears of it where the record says which conversion it was about."""
        request = unreadable_request(trail)
        return note_unreadable(self._store, transaction, request, failure, self._clock()) if request else []
