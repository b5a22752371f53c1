"""Requests about customers: each is carried out as a whole, once, or waits for its customer to come into being."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import orjson

from leadline.contracts.codes import ErrorCode
from leadline.delivery.handler import Transaction
from leadline.delivery.message import DeadLetter, Done, Failure, Message, Outcome, Retry
from leadline.delivery.record import Outgoing
from services.converter import events
from services.converter.customers.store import CustomerStore, Handled
from services.converter.domain.customer import CustomerRequest, Made, Said, carry_out

_KEY_REUSED: Final = Failure(ErrorCode.IDEMPOTENCY_KEY_REUSED.value, ErrorCode.IDEMPOTENCY_KEY_REUSED.message)
_REVERTED: Final = Failure(ErrorCode.CUSTOMER_REVERTED.value, ErrorCode.CUSTOMER_REVERTED.message)
_UNKNOWN: Final = Failure(ErrorCode.CUSTOMER_UNKNOWN.value, ErrorCode.CUSTOMER_UNKNOWN.message)


class CustomerRequests:
    """Decides requests about customers and carries them out. Nothing is done, told or kept of one about an erased customer."""

    def __init__(self) -> None:
        self._store = CustomerStore()

    def handle(self, transaction: Transaction, messages: Sequence[Message], now: str) -> dict[int, Outcome]:
        """An outcome for each message, by the message's identity. At most one of a customer, repeats apart."""
        outcomes: dict[int, Outcome] = {}
        said = self._store.known_requests(transaction, [message.content.data.request_id for message in messages])
        new = list(_without_repeats(messages, said, outcomes))
        customers = self._store.lock_customers(transaction, {message.content.data.customer_id for message in new})
        missing = {message.content.data.customer_id for message in new} - customers.keys()
        reverted = self._store.reverted_customers(transaction, missing)
        handled: list[Handled] = []
        for message in new:
            request = message.content.data
            customer = customers.get(request.customer_id)
            if customer is None:
                outcomes[id(message)] = DeadLetter(_REVERTED, []) if request.customer_id in reverted else _unknown(message)
                continue
            if customer.is_erased:
                outcomes[id(message)] = Done([])
                continue
            made = carry_out(request, customer, now)
            handled.append(Handled(request, str(message.origin), now, made))
            outcomes[id(message)] = Done(_tell(message, made, now))
        self._store.save(transaction, handled)
        return outcomes


def _without_repeats(messages: Sequence[Message], said: dict[str, Said], outcomes: dict[int, Outcome]) -> Iterator[Message]:
    """The first request of each key; repeats of it change nothing, others with its key are refused."""
    for message in messages:
        request: CustomerRequest = message.content.data
        first = said.get(request.request_id)
        if first is None:
            said[request.request_id] = request.said
            yield message
        else:
            is_repeat = first == request.said or first[1] is None
            outcomes[id(message)] = Done([]) if is_repeat else DeadLetter(_KEY_REUSED, [])


def _unknown(message: Message) -> Outcome:
    """The conversion that makes the customer may still be on its way."""
    return Retry(_UNKNOWN, []) if message.next_rung else DeadLetter(_UNKNOWN, [])


def _tell(message: Message, made: Made, now: str) -> list[Outgoing]:
    request: CustomerRequest = message.content.data
    about = events.About(request.request_id, now, message.content.envelope.traceparent)
    subject = about.subject(request.customer_id)
    return [subject.say(kind, orjson.dumps(data)) for kind, data in made.told]
