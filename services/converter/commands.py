"""Commands about conversions that exist: try again now, cancel. A command that no longer fits its conversion does nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from leadline.contracts.events.requests import (
    ConversionCancelRequested,
    ConversionCommand,
    ConversionOptions,
    ConversionRetryRequested,
)
from leadline.delivery.handler import Transaction
from leadline.delivery.message import DeadLetter, Done, Message, Outcome
from services.converter import events
from services.converter.conversion import Conversions
from services.converter.decode import stored_request
from services.converter.session import Ask, Session
from services.converter.store import Commanded, ConverterStore

_UUID: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


class Command(NamedTuple):
    """A command with the conversion that it is about."""

    message: Message
    body: ConversionCommand
    found: Commanded


class Commands:
    """Carries commands out, those about one lead in their order: what the first does is known to the next."""

    def __init__(self, store: ConverterStore, conversions: Conversions) -> None:
        self._store = store
        self._conversions = conversions

    def handle(self, transaction: Transaction, messages: Sequence[Message], now: datetime) -> dict[int, Outcome]:
        """An outcome for each message, by its identity."""
        outcomes: dict[int, Outcome] = {id(message): Done([]) for message in messages}
        left = [message for message in messages if _UUID(message.content.data.conversion_id)]
        while left:
            found = self._store.commanded_conversions(transaction, [each.content.data.conversion_id for each in left])
            turn, left = _one_of_each_lead(left, found)
            outcomes.update(self._cancel(transaction, [each for each in turn if _may_cancel(each)], now))
            outcomes.update(self._retry(transaction, [each for each in turn if _may_retry(each)], now))
        return outcomes

    def _cancel(self, transaction: Transaction, commands: Sequence[Command], now: datetime) -> Iterator[tuple[int, Outcome]]:
        if not commands:
            return
        ids = [each.found.conversion_id for each in commands]
        session = Session(now, self._store.known_conversions(transaction, sorted(ids)))
        for message, body, found in commands:
            ask = Ask(message, stored_request(found))
            session.end(ask, "cancelled")
            by = body.requested_by.model_dump(mode="json")
            told = events.cancelled(ask.request, found.attempt, session.about(ask), {"cancelled_by": by, "reason": body.reason})
            yield id(message), Done([told])
        self._store.save_endings(transaction, session.endings)

    def _retry(self, transaction: Transaction, commands: Sequence[Command], now: datetime) -> Iterator[tuple[int, Outcome]]:
        """The next attempt, at once. It climbs no ladder: who pressed the button sees the outcome and may press again."""
        by_id: dict[int, Message] = {}
        asks = []
        for message, body, found in commands:
            own = message._replace(next_rung=None)
            request = stored_request(found)
            if policy := getattr(body, "duplicate_policy", None):
                options = request.options or ConversionOptions()
                request = request._replace(options=options.model_copy(update={"duplicate_policy": policy}))
            by_id[id(own)] = message
            asks.append(Ask(own, request, again=True))
        for key, outcome in self._conversions.handle(transaction, asks, now).items():
            # The request itself is a dead letter already where it had to be; the command is none.
            yield id(by_id[key]), Done(outcome.emit) if isinstance(outcome, DeadLetter) else outcome


def _may_cancel(command: Command) -> bool:
    may = command.found.state == "waiting" and not command.found.is_erased
    return isinstance(command.body, ConversionCancelRequested) and may


def _may_retry(command: Command) -> bool:
    state = command.found.state
    may = state == "waiting" or (state == "failed" and command.found.is_retryable)
    return isinstance(command.body, ConversionRetryRequested) and may and not command.found.is_erased


def _one_of_each_lead(messages: Sequence[Message], found: Mapping[str, Commanded]) -> tuple[list[Command], list[Message]]:
    """The first command about each lead, and those that come after it; a command about nothing known is dropped."""
    turn: dict[str, Command] = {}
    later: list[Message] = []
    for message in messages:
        conversion = found.get(message.content.data.conversion_id)
        if conversion is None:
            continue
        if conversion.lead_id in turn:
            later.append(message)
        else:
            turn[conversion.lead_id] = Command(message, message.content.data, conversion)
    return list(turn.values()), later
