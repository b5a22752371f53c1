"""Requests to take conversions back: each has one answer, and undoes everything or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from leadline.contracts.codes import ErrorCode
from leadline.contracts.times import time_now_text
from leadline.delivery.handler import Transaction
from leadline.delivery.message import DeadLetter, Done, Failure, Message, Outcome
from services.converter import events
from services.converter.decode import stored_request
from services.converter.domain.match_keys import Domains
from services.converter.domain.revert import Revert, RevertRefusal, refuse_by_conversion, undo
from services.converter.reverts.store import Answered, Conversion, RevertStore
from services.converter.reverts.telling import Telling

_KEY_REUSED: Final = Failure(ErrorCode.IDEMPOTENCY_KEY_REUSED.value, ErrorCode.IDEMPOTENCY_KEY_REUSED.message)
_WRONG_KEY: Final = Failure(ErrorCode.KEY_MISMATCH.value, "the record's key is not the lead_id of the conversion")


class Asked(NamedTuple):
    """A revert with the conversion that it is about."""

    message: Message
    revert: Revert
    conversion: Conversion


class Reverts:
    """Decides reverts and carries them out; `within` is how long after its completion a conversion can be taken back."""

    def __init__(self, within: timedelta, free_mail: Domains) -> None:
        self._store = RevertStore(free_mail)
        self._within = within

    def handle(self, transaction: Transaction, messages: Sequence[Message], now: datetime) -> dict[int, Outcome]:
        """An outcome for each message, by its identity. At most one of a lead, repeats apart.

        One of a conversion that is not known, or whose lead is erased, does nothing.
        """
        outcomes: dict[int, Outcome] = {}
        said = self._store.known_reverts(transaction, [message.content.data.revert_id for message in messages])
        new = list(_without_repeats(messages, said, outcomes))
        conversions = self._store.lock_conversions(transaction, [each.content.data.conversion_id for each in new])
        answers = _Answers(time_now_text(now), outcomes)
        left = [each for each in _about(new, conversions, outcomes) if not self._refuse(answers, each)]
        while left:
            turn, left = _one_of_each_customer(left)
            self._take_back(transaction, answers, turn)
        self._store.note(transaction, answers.answered)
        return outcomes

    def _refuse(self, answers: _Answers, asked: Asked) -> bool:
        conversion = asked.conversion
        code = refuse_by_conversion(conversion.state, conversion.completed_at, asked.revert.asked_at, self._within)
        if code is not None:
            answers.refuse(asked, RevertRefusal(code))
        return code is not None

    def _take_back(self, transaction: Transaction, answers: _Answers, turn: Sequence[Asked]) -> None:
        found = self._store.find(transaction, [asked.conversion for asked in turn])
        blocking = self._store.blocking(transaction, found)
        undone = []
        for asked, each in zip(turn, found, strict=True):
            if in_the_way := blocking.get(str(asked.conversion.customer_id)):
                answers.refuse(asked, RevertRefusal(ErrorCode.REVERT_BLOCKED, in_the_way))
            else:
                undone.append(undo(each, answers.now))
                answers.give(asked, Done(answers.telling(asked).reverted(undone[-1])), None)
        self._store.save(transaction, undone, answers.now)


class _Answers:
    """Collects what becomes of the reverts of one call."""

    def __init__(self, now: str, outcomes: dict[int, Outcome]) -> None:
        self.now = now
        self.answered: list[Answered] = []
        self._outcomes = outcomes

    def telling(self, asked: Asked) -> Telling:
        message, revert, conversion = asked
        about = events.About(conversion.conversion_id, self.now, message.content.envelope.traceparent)
        return Telling(revert, stored_request(conversion), conversion.attempt, conversion.customer_id, about)

    def refuse(self, asked: Asked, refusal: RevertRefusal) -> None:
        self.give(asked, Done([self.telling(asked).refused(refusal)]), refusal.code.value)

    def give(self, asked: Asked, outcome: Outcome, refused: str | None) -> None:
        self._outcomes[id(asked.message)] = outcome
        self.answered.append(Answered(asked.revert, str(asked.message.origin), self.now, refused))


def _without_repeats(messages: Sequence[Message], said: dict[str, bytes], outcomes: dict[int, Outcome]) -> Iterator[Message]:
    """The first revert of each key; repeats of it change nothing, others with its key are refused."""
    for message in messages:
        revert: Revert = message.content.data
        first = said.setdefault(revert.revert_id, b"")
        if not first:
            said[revert.revert_id] = revert.digest
            yield message
        else:
            outcomes[id(message)] = Done([]) if first == revert.digest else DeadLetter(_KEY_REUSED, [])


def _about(messages: Sequence[Message], conversions: dict[str, Conversion], outcomes: dict[int, Outcome]) -> Iterator[Asked]:
    """Those about a known conversion; only under its lead's key do they come after its request for sure."""
    for message in messages:
        revert: Revert = message.content.data
        conversion = conversions.get(revert.conversion_id)
        if conversion is None or conversion.is_erased:
            outcomes[id(message)] = Done([])
        elif conversion.lead_id != revert.lead_id:
            outcomes[id(message)] = DeadLetter(_WRONG_KEY, [])
        else:
            yield Asked(message, revert, conversion)


def _one_of_each_customer(asked: Sequence[Asked]) -> tuple[list[Asked], list[Asked]]:
    """The first revert at each customer, and those that come after it: what the first undoes is known to the next."""
    turn: dict[str | None, Asked] = {}
    later = [each for each in asked if turn.setdefault(each.conversion.customer_id, each) is not each]
    return list(turn.values()), later
