"""Conversion requests of one call, from what exists to what is written and told. At most one of a lead, repeats apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from leadline.contracts.codes import ErrorCode
from leadline.contracts.times import time_now_text
from leadline.delivery.handler import Transaction
from leadline.delivery.message import DeadLetter, Done, Failure, Message, Outcome, Retry
from leadline.delivery.record import Outgoing
from services.converter import events
from services.converter.domain.contacts import Contacts
from services.converter.domain.decision import Known, Refusal, Request, is_key_reused, is_repeat, refuse_by_lead
from services.converter.domain.lead import Lead
from services.converter.domain.plan import Plan, Result, carry_out, make_plan
from services.converter.leads import Leads
from services.converter.store import ConverterStore, Ending

ONLY_ONCE_TO_THE_LADDER = frozenset({ErrorCode.LEAD_NOT_QUALIFIED})
"""What a late lead event can heal, but hardly later than the first rung."""


@dataclass(slots=True)
class Session:
    """The state of one call: what was found, and what is to be written at its end."""

    now: datetime
    known: dict[str, Known]
    leads: dict[str, Lead]
    contacts: Mapping[str, Contacts] = field(default_factory=dict)
    endings: list[Ending] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    now_text: str = ""

    def __post_init__(self) -> None:
        self.now_text = time_now_text(self.now)

    def attempt(self, request: Request) -> int:
        """Which attempt this is, counted over all deliveries, from 1."""
        known = self.known.get(request.conversion_id)
        return known.attempt + 1 if known else 1

    def end(self, message: Message, state: str, **result: Any) -> None:
        """Note how the conversion stands after this attempt."""
        request: Request = message.content.data
        self.endings.append(
            Ending(
                request,
                str(message.origin),
                request.conversion_id not in self.known,
                state,
                self.attempt(request),
                None if state == "waiting" else self.now_text,
                **result,
            )
        )

    def about(self, message: Message) -> events.About:
        """What the conversion's events have in common."""
        return events.About(message.content.data.conversion_id, self.now_text, message.content.envelope.traceparent)


class Conversions:
    """Decides requests and carries out those that are granted."""

    def __init__(self, store: ConverterStore, leads: Leads) -> None:
        self._store = store
        self._leads = leads

    def handle(self, transaction: Transaction, messages: Sequence[Message], now: datetime) -> dict[int, Outcome]:
        """An outcome for each message, by the message's identity."""
        if not messages:
            return {}
        requests: list[Request] = [message.content.data for message in messages]
        known = self._store.known_conversions(transaction, sorted({request.conversion_id for request in requests}))
        # A lead that a request brings along counts once: a repeat of it must not undo what was said since.
        brought = {each.conversion_id: each.snapshot for each in requests if _is_first_readable(known.get(each.conversion_id))}
        self._leads.apply(transaction, [part for parts in brought.values() for part in parts])
        session = Session(
            now,
            known,
            self._store.leads_to_convert(transaction, {request.lead_id for request in requests}),
            self._store.contacts_of(transaction, sorted({r.lead_id for r in requests if r.options and r.options.contact_ids})),
        )
        outcomes: dict[int, Outcome] = {}
        plans: list[tuple[Message, Plan]] = []
        for message in _without_repeats(messages, outcomes):
            decided = _decide(session, message)
            if isinstance(decided, Plan):
                plans.append((message, decided))
            else:
                outcomes[id(message)] = decided
        outcomes.update(self._carry_out(transaction, session, plans))
        self._store.save_results(transaction, session.results)
        self._store.save_endings(transaction, session.endings)
        return outcomes

    def _carry_out(
        self, transaction: Transaction, session: Session, plans: Sequence[tuple[Message, Plan]]
    ) -> Iterator[tuple[int, Outcome]]:
        taken = self._store.customers_in_the_way(
            transaction,
            {plan.email_key for _, plan in plans if plan.email_key is not None},
            {code for _, plan in plans for code in (plan.custom_code, plan.fields.get("code")) if code},
        )
        numbers = iter(self._store.take_numbers(transaction, len(plans)) if plans else ())
        for message, plan in plans:
            refusal = taken.refuse(plan.email_key, plan.custom_code)
            if refusal:
                yield id(message), _refused(session, message, refusal)
                continue
            result = carry_out(plan, next(numbers), session.now_text, taken_codes=taken.by_code)
            customer = result.customer
            names = ("customer_id", "customer_number", "name", "email")
            taken.add(plan.email_key, customer["code"], {name: customer[name] for name in names})
            session.results.append(result)
            session.end(message, "completed", customer_id=customer["customer_id"])
            yield id(message), Done(events.completed(result, session.about(message)))


def _is_first_readable(known: Known | None) -> bool:
    return known is None or known.was_unreadable


def _without_repeats(messages: Sequence[Message], outcomes: dict[int, Outcome]) -> Iterator[Message]:
    """The first request of each key in one call; repeats of it change nothing, others with its key are refused."""
    bodies: dict[str, bytes] = {}
    for message in messages:
        request = message.content.data
        first = bodies.get(request.conversion_id)
        if first is None:
            bodies[request.conversion_id] = request.body
            yield message
        else:
            outcomes[id(message)] = Done([]) if first == request.body else _key_reused()


def _key_reused() -> DeadLetter:
    return DeadLetter(Failure(ErrorCode.IDEMPOTENCY_KEY_REUSED.value, ErrorCode.IDEMPOTENCY_KEY_REUSED.message), [])


def _decide(session: Session, message: Message) -> Plan | Outcome:
    request: Request = message.content.data
    known = session.known.get(request.conversion_id)
    if known and is_key_reused(request, known, is_replay=message.is_replay):
        return _key_reused()
    if known and is_repeat(str(message.origin), known, is_replay=message.is_replay):
        return Done([])
    lead = session.leads.get(request.lead_id)
    refusal = refuse_by_lead(request, lead)
    if refusal or lead is None:
        return _refused(session, message, refusal or Refusal(ErrorCode.LEAD_UNKNOWN))
    plan = make_plan(request, lead, session.contacts.get(request.lead_id, {}), session.attempt(request))
    return _refused(session, message, plan) if isinstance(plan, Refusal) else plan


def _refused(session: Session, message: Message, refusal: Refusal) -> Outcome:
    """Climb the ladder if that may help, else the conversion has failed."""
    error = events.describe(refusal)
    failure = Failure(refusal.code.value, refusal.code.message)
    first_only = refusal.code in ONLY_ONCE_TO_THE_LADDER
    if refusal.may_resolve_itself and message.next_rung and not (first_only and message.attempt.number > 1):
        return Retry(failure, _wait(session, message, error))
    emit = _fail(session, message, error)
    return DeadLetter(failure, emit) if refusal.may_resolve_itself and not first_only else Done(emit)


def _wait(session: Session, message: Message, error: Mapping[str, Any]) -> list[Outgoing]:
    request, rung = message.content.data, message.next_rung
    session.end(message, "waiting", error=error)
    due = session.now + timedelta(seconds=rung.delay_seconds if rung else 0)
    return [events.retry_scheduled(request, session.attempt(request), error, time_now_text(due), session.about(message))]


def _fail(session: Session, message: Message, error: Mapping[str, Any]) -> list[Outgoing]:
    request = message.content.data
    session.end(message, "failed", error=error)
    return [events.failed(request, session.attempt(request), error, session.about(message))]


def note_failure(
    store: ConverterStore, transaction: Transaction, message: Message, failure: Failure, now: datetime
) -> list[Outgoing]:
    """A request made our own code raise: it waits for its next attempt, or has failed and may be retried by hand."""
    request: Request = message.content.data
    session = Session(now, store.known_conversions(transaction, [request.conversion_id]), {})
    known = session.known.get(request.conversion_id)
    if known and is_repeat(str(message.origin), known, is_replay=message.is_replay):
        return []
    error = events.describe_code(ErrorCode(failure.code))
    emit = _wait(session, message, error) if message.next_rung else _fail(session, message, error)
    store.save_endings(transaction, session.endings)
    return emit
