"""The state of one call: what was found, and what is to be written at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from leadline.contracts.codes import ErrorCode
from leadline.contracts.times import time_now_text
from leadline.delivery.message import DeadLetter, Done, Failure, Message, Outcome, Retry
from leadline.delivery.record import Outgoing
from services.converter import events
from services.converter.domain.carry import Items
from services.converter.domain.decision import Known, Refusal, Request
from services.converter.domain.lead import Lead
from services.converter.domain.result import Result
from services.converter.store import Ending

ONLY_ONCE_TO_THE_LADDER: Final = frozenset({ErrorCode.LEAD_NOT_QUALIFIED})
"""What a late lead event can heal, but hardly later than the first rung."""


class Ask(NamedTuple):
    """A request that a message asks for; `again`: by a command, after it has had its say."""

    message: Message
    request: Request
    again: bool = False


@dataclass(slots=True)
class Session:
    """Collects how conversions end."""

    now: datetime
    known: Mapping[str, Known]
    leads: Mapping[str, Lead] = field(default_factory=dict)
    items: Mapping[str, Items] = field(default_factory=dict)
    endings: list[Ending] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    now_text: str = ""

    def __post_init__(self) -> None:
        self.now_text = time_now_text(self.now)

    def attempt(self, request: Request) -> int:
        """Which attempt this is, counted over all deliveries, from 1."""
        known = self.known.get(request.conversion_id)
        return known.attempt + 1 if known else 1

    def end(self, ask: Ask, state: str, **result: Any) -> None:
        """Note how the conversion stands after this attempt."""
        request = ask.request
        self.endings.append(
            Ending(
                request,
                str(ask.message.origin),
                request.conversion_id not in self.known,
                state,
                self.attempt(request),
                None if state == "waiting" else self.now_text,
                **result,
            )
        )

    def complete(self, ask: Ask, result: Result) -> Outcome:
        """The conversion is done."""
        self.results.append(result)
        filled = None if result.link is None else sorted(result.link.changes)
        self.end(ask, "completed", customer_id=result.customer["customer_id"], filled=filled)
        return Done(events.completed(result, self.about(ask)))

    def refuse(self, ask: Ask, refusal: Refusal) -> Outcome:
        """Climb the ladder if that may help, else the conversion has failed."""
        message, error = ask.message, events.describe(refusal)
        failure = Failure(refusal.code.value, refusal.code.message)
        first_only = refusal.code in ONLY_ONCE_TO_THE_LADDER
        if refusal.may_resolve_itself and message.next_rung and not (first_only and message.attempt.number > 1):
            return Retry(failure, self.wait(ask, error))
        emit = self.fail(ask, error)
        is_dead = refusal.is_unreadable or (refusal.may_resolve_itself and not first_only)
        return DeadLetter(failure, emit) if is_dead else Done(emit)

    def wait(self, ask: Ask, error: Mapping[str, Any]) -> list[Outgoing]:
        """The next attempt comes by itself."""
        rung = ask.message.next_rung
        self.end(ask, "waiting", error=error)
        due = time_now_text(self.now + timedelta(seconds=rung.delay_seconds if rung else 0))
        return [events.retry_scheduled(ask.request, self.attempt(ask.request), error, due, self.about(ask))]

    def fail(self, ask: Ask, error: Mapping[str, Any]) -> list[Outgoing]:
        """The conversion rests as failed."""
        self.end(ask, "failed", error=error)
        return [events.failed(ask.request, self.attempt(ask.request), error, self.about(ask))]

    def about(self, ask: Ask) -> events.About:
        """What the conversion's events have in common."""
        return events.About(ask.request.conversion_id, self.now_text, ask.message.content.envelope.traceparent)
