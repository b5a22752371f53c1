"""Conversion requests of one call, from what exists to what is written and told. At most one of a lead, repeats apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leadline.contracts.codes import ErrorCode
from leadline.delivery.handler import Transaction
from leadline.delivery.message import DeadLetter, Done, Failure, Message, Outcome
from leadline.delivery.record import Outgoing
from services.converter import events
from services.converter.domain.alike import Alike
from services.converter.domain.carry import NO_ITEMS
from services.converter.domain.custom_fields import Registry
from services.converter.domain.decision import (
    Known,
    Refusal,
    Taken,
    implied_steps,
    is_key_reused,
    is_repeat,
    refuse_by_lead,
)
from services.converter.domain.plan import Found, Plan, make_plan
from services.converter.domain.preview import fingerprint
from services.converter.domain.profile import Profile
from services.converter.domain.result import Existing, carry_out, link_to
from services.converter.leads import Leads
from services.converter.results import ResultStore
from services.converter.session import Ask, Session
from services.converter.store import ConverterStore
from services.converter.store_matches import MatchStore

Planned = tuple[Ask, Plan]
Outcomes = dict[int, Outcome]


class Conversions:
    """Decides requests and carries out those that are granted."""

    def __init__(self, store: ConverterStore, leads: Leads, profiles: Mapping[str, Profile], default_profile: str) -> None:
        self._store = store
        self._matches = MatchStore()
        self._results = ResultStore()
        self._leads = leads
        self._profiles = profiles
        self._default = default_profile

    def handle(self, transaction: Transaction, asks: Sequence[Ask], now: datetime) -> Outcomes:
        """An outcome for each ask's message, by the message's identity."""
        if not asks:
            return {}
        known = self._store.known_conversions(transaction, sorted({ask.request.conversion_id for ask in asks}))
        self._apply_brought_leads(transaction, asks, known)
        lead_ids = {ask.request.lead_id for ask in asks}
        leads = self._store.leads_to_convert(transaction, lead_ids)
        session = Session(now, known, leads, self._store.items_of(transaction, leads))
        outcomes: Outcomes = {}
        plans: list[Planned] = []
        for ask in _without_repeats(asks, outcomes):
            decided = self._decide(session, ask)
            if isinstance(decided, Plan):
                plans.append((ask, decided))
            else:
                outcomes[id(ask.message)] = decided
        rekeyed = self._leads.rekey(transaction, [plan for _, plan in plans])
        plans = [(ask, plan) for (ask, _), plan in zip(plans, rekeyed, strict=True)]
        names = {name for _, plan in plans for name in plan.fields.get("custom_fields") or ()}
        registry = self._store.custom_fields(transaction, names)
        while plans:
            plans = self._carry_out(transaction, _Round(session, registry), plans, outcomes)
        self._store.add_custom_fields(transaction, registry)
        self._store.save_endings(transaction, session.endings)
        return outcomes

    def _apply_brought_leads(self, transaction: Transaction, asks: Sequence[Ask], known: Mapping[str, Known]) -> None:
        """A lead that a request brings along counts once, and until it does: a repeat must not undo what was said since."""
        brought = {
            ask.request.conversion_id: ask.request.snapshot
            for ask in asks
            if ask.request.snapshot and _is_news(known.get(ask.request.conversion_id))
        }
        if brought:
            self._leads.apply(transaction, [part for parts in brought.values() for part in parts])

    def _decide(self, session: Session, ask: Ask) -> Plan | Outcome:
        message, request, again = ask
        known = session.known.get(request.conversion_id)
        if known and not again:
            if is_key_reused(request, known, is_replay=message.is_replay):
                return _key_reused()
            if is_repeat(str(message.origin), known, is_replay=message.is_replay):
                return Done([])
        profile = self._profiles.get(request.profile or self._default)
        if profile is None:
            return session.refuse(ask, Refusal(ErrorCode.SCHEMA_INVALID, fields=["profile"], is_unreadable=True))
        lead = session.leads.get(request.lead_id)
        implied = implied_steps(request, lead, profile) if profile.qualifying_origins else ()
        refusal = refuse_by_lead(request, lead, implied)
        if refusal or lead is None:
            return session.refuse(ask, refusal or Refusal(ErrorCode.LEAD_UNKNOWN))
        items = session.items.get(request.lead_id, NO_ITEMS)
        plan = make_plan(request, Found(lead, profile, items, session.attempt(request), implied))
        return session.refuse(ask, plan) if isinstance(plan, Refusal) else plan

    def _carry_out(self, transaction: Transaction, one: _Round, plans: Sequence[Planned], outcomes: Outcomes) -> list[Planned]:
        """Carry plans out, in order; gives back those that wait until what another makes is in the tables."""
        one.taken = self._taken(transaction, [plan for _, plan in plans])
        one.numbers = iter(self._store.take_numbers(transaction, len(plans)))
        looked_at = (plan.email_key for _, plan in plans if plan.links or plan.request.fingerprint)
        matches = [same["customer_id"] for key in looked_at if (same := one.taken.same_person(key))]
        one.existing = self._store.existing_customers(transaction, matches) if matches else {}
        one.alike = self._matches.alike(transaction, {key for _, plan in plans for key in plan.lead.match_keys})
        later: list[Planned] = []
        done = len(one.session.results)
        for ask, plan in plans:
            outcome = one.carry_out(ask, plan)
            if outcome is None:
                later.append((ask, plan))
            else:
                outcomes[id(ask.message)] = outcome
        self._results.save(transaction, one.session.results[done:])
        self._matches.save(transaction, one.session.results[done:])
        return later

    def _taken(self, transaction: Transaction, plans: Sequence[Plan]) -> Taken:
        emails = {plan.email_key for plan in plans if plan.email_key is not None}
        codes = {code for plan in plans for code in (plan.custom_code, plan.fields.get("code")) if code}
        return self._store.customers_in_the_way(transaction, emails, codes)


@dataclass(slots=True)
class _Round:
    """Plans that are carried out together: what stands in their way, and what they make, in order."""

    session: Session
    registry: Registry
    taken: Taken = field(default_factory=lambda: Taken({}, {}))
    existing: dict[str, Existing] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: iter(()))
    alike: Alike = field(default_factory=lambda: Alike({}))

    def carry_out(self, ask: Ask, plan: Plan) -> Outcome | None:
        """None: its lead is to be linked to a customer that this round makes or changes, so it waits for the next."""
        same = self.taken.same_person(plan.email_key)
        custom = plan.fields.get("custom_fields") or {}
        if refusal := self._refuse(plan, same, custom):
            return self.session.refuse(ask, refusal)
        now = self.session.now_text
        if same:
            whose = self.existing.pop(same["customer_id"], None)
            if whose is None:
                return None
            result = link_to(plan, whose, now)
        else:
            result = carry_out(plan, next(self.numbers), now, taken_codes=self.taken.by_code)
            self.taken.add_customer(plan.email_key, result.customer)
            self.registry.register(custom)
        if self.alike.has_any(plan.lead.match_keys):
            met = self.alike.meet(plan.lead.match_keys, result.customer)
            result = result._replace(warnings=met.warnings, shared_keys=met.shared_keys)
        return self.session.complete(ask, result)

    def _refuse(self, plan: Plan, same: Mapping[str, Any] | None, custom: Mapping[str, Any]) -> Refusal | None:
        if plan.request.fingerprint:
            existing = self.existing.get(same["customer_id"]) if same else None
            if fingerprint(plan.lead, plan.items, existing) != plan.request.fingerprint:
                return Refusal(ErrorCode.PREVIEW_OUTDATED, fields=["fingerprint"])
        if same and plan.links:
            return None  # its custom fields stay with the lead
        return self.taken.refuse(plan.email_key, plan.custom_code) or self.registry.refuse(custom)


def _is_news(known: Known | None) -> bool:
    return known is None or known.has_left_nothing


def _without_repeats(asks: Sequence[Ask], outcomes: Outcomes) -> Iterator[Ask]:
    """The first request of each key in one call; repeats of it change nothing, others with its key are refused."""
    bodies: dict[str, bytes] = {}
    for ask in asks:
        first = bodies.get(ask.request.conversion_id)
        if first is None:
            bodies[ask.request.conversion_id] = ask.request.body
            yield ask
        else:
            outcomes[id(ask.message)] = Done([]) if first == ask.request.body else _key_reused()


def _key_reused() -> DeadLetter:
    return DeadLetter(Failure(ErrorCode.IDEMPOTENCY_KEY_REUSED.value, ErrorCode.IDEMPOTENCY_KEY_REUSED.message), [])


def note_failure(
    store: ConverterStore, transaction: Transaction, message: Message, failure: Failure, now: datetime
) -> list[Outgoing]:
    """A request made our own code raise: it waits for its next attempt, or has failed and may be retried by hand."""
    ask = Ask(message, message.content.data)
    session = Session(now, store.known_conversions(transaction, [ask.request.conversion_id]))
    known = session.known.get(ask.request.conversion_id)
    if known and is_repeat(str(message.origin), known, is_replay=message.is_replay):
        return []
    error = events.describe_code(ErrorCode(failure.code))
    emit = session.wait(ask, error) if message.next_rung else session.fail(ask, error)
    store.save_endings(transaction, session.endings)
    return emit
