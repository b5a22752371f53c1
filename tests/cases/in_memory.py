"""The converter's rules alone: one record after the other through the pure functions, what is kept stands in dictionaries.

It decides in its own words in which order the rules are asked, so that the real converter can be compared with it. Of the
retry ladder it knows one rung, which is over when `settle` is called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from leadline.contracts.codes import ErrorCode
from leadline.contracts.events.requests import ConversionCancelRequested, ConversionCommand, ConversionOptions
from leadline.contracts.times import normalise_time, parse_time, time_now_text
from leadline.delivery.record import Outgoing, Record
from services.converter import events
from services.converter.decode import decode
from services.converter.domain.alike import MESSAGES, SUSPECTED
from services.converter.domain.custom_fields import Registry
from services.converter.domain.customer import CustomerRequest
from services.converter.domain.decision import (
    Known,
    Refusal,
    Request,
    Taken,
    implied_steps,
    is_key_reused,
    is_repeat,
    refuse_by_lead,
)
from services.converter.domain.items import Item, ItemKey, apply_words
from services.converter.domain.lead import Lead, LeadChange, LeadItem, apply, implied_history
from services.converter.domain.match_keys import match_keys
from services.converter.domain.plan import Found, Plan, make_plan
from services.converter.domain.profile import Profile
from services.converter.domain.result import Existing, Result, carry_out, link_to
from services.converter.domain.revert import Revert
from services.converter.domain.status import ERASED
from services.converter.free_mail import load_free_mail
from services.converter.orders.reading import OrderWord, StageWord
from services.converter.profiles import load_profiles
from tests.cases.case import Case, Writer, ordered
from tests.cases.outcome import DeadLetter, Outcome, Reader, told_by
from tests.cases.reverts_in_memory import Done, Since, answer

_START = datetime(2021, 1, 1, tzinfo=UTC)
CANDIDATE = ("customer_id", "customer_number", "name")
LATER = "2022-01-01T00:00:00Z"
PROFILES = load_profiles()
FREE_MAIL = load_free_mail()
AGAIN_ONCE = (ErrorCode.LEAD_NOT_QUALIFIED, ErrorCode.LEAD_UNKNOWN)


class Try(NamedTuple):
    """One attempt at a request: where it came from, which delivery this is, whether another one follows by itself."""

    request: Request
    origin: str
    number: int = 1
    is_last: bool = False
    again: bool = False

    @property
    def lead_id(self) -> str:
        """Whose turn it is."""
        return self.request.lead_id


@dataclass
class Memory:
    """What the converter keeps, and what it has told."""

    profiles: Mapping[str, Profile]
    leads: dict[str, Lead] = field(default_factory=dict)
    items: dict[ItemKey, Item] = field(default_factory=dict)
    conversions: dict[str, tuple[Request, Known]] = field(default_factory=dict)
    customers: dict[str, dict[str, Any]] = field(default_factory=dict)
    contacts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    taken: Taken = field(default_factory=lambda: Taken({}, {}))
    registry: Registry = field(default_factory=lambda: Registry({}))
    waiting: list[Try | Revert] = field(default_factory=list)
    since: Since = field(default_factory=Since)
    alike: dict[tuple[str, int | None], list[str]] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    told: list[Outgoing] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)
    moments: int = 0
    count: int = 0

    def take(self, out: Outgoing) -> None:
        """Handle the next record that somebody sends."""
        self.moments += 1
        record = Record(out.topic, 0, self.moments, 0, out.key, out.value, out.headers)
        data = decode(record).data
        if isinstance(data, Request):
            self.ask(Try(data, str(self.moments)))
        elif isinstance(data, Revert):
            self.take_back(data)
        elif isinstance(data, ConversionCommand):
            self._command(data)
        elif isinstance(data, OrderWord | StageWord | CustomerRequest):
            self.since.note(data)
        else:
            self._learn(data)

    def settle(self) -> None:
        """The delay of all that waits is over; ends when nothing waits any more."""
        while self.waiting:
            due, self.waiting = self.waiting, []
            for each in due:
                if isinstance(each, Try):
                    self.ask(each)
                else:
                    self.take_back(each)

    def ask(self, attempt: Try) -> None:
        """One attempt at a request, unless it has had its say or has to wait behind another one of its lead."""
        self.moments += 1
        request = attempt.request
        if not attempt.again and any(each.lead_id == request.lead_id for each in self.waiting):
            self.waiting.append(attempt)
            return
        _, known = self.conversions.get(request.conversion_id, (None, None))
        if known and not attempt.again:
            if is_key_reused(request, known, is_replay=False):
                self.dead.append(DeadLetter(ErrorCode.IDEMPOTENCY_KEY_REUSED.value, request.conversion_id))
                return
            if is_repeat(attempt.origin, known, is_replay=False):
                return
        if known is None:
            for part in request.snapshot:
                self._learn(part)
        decided = self._decide(request)
        if isinstance(decided, Result):
            self._keep(attempt, decided)
        else:
            self._refuse(attempt, decided)

    def take_back(self, revert: Revert) -> None:
        """A revert keeps its place among the requests of its lead; one of nothing that is known does nothing."""
        self.moments += 1
        if any(each.lead_id == revert.lead_id for each in self.waiting):
            self.waiting.append(revert)
        elif revert.conversion_id in self.conversions:
            answer(self, revert, _as_kept(self.conversions[revert.conversion_id][0]))

    @property
    def now(self) -> str:
        """The present moment; each step has one of its own."""
        return time_now_text(_START + timedelta(seconds=self.moments))

    def _learn(self, part: LeadChange | LeadItem) -> None:
        lead = self.leads.get(part.lead_id) or Lead(part.lead_id)
        if isinstance(part, LeadChange):
            lead = apply(lead, [part])
        elif lead.status != ERASED:
            self.items[part.key] = apply_words(self.items.get(part.key) or Item(*part.key), [part])
        self.leads[part.lead_id] = lead
        if lead.status == ERASED:
            self.items = {key: item for key, item in self.items.items() if key[0] != part.lead_id}

    def _decide(self, request: Request) -> Result | Refusal:
        profile = self.profiles.get(request.profile or "default")
        if profile is None:
            return Refusal(ErrorCode.SCHEMA_INVALID, fields=["profile"], is_unreadable=True)
        lead = self.leads.get(request.lead_id)
        implied = implied_steps(request, lead, profile)
        if refusal := refuse_by_lead(request, lead, implied):
            return refusal
        assert lead is not None
        items: dict[str, dict[str, Any]] = {}
        for (lead_id, kind, item_id), item in sorted(self.items.items()):
            if lead_id == request.lead_id and not item.is_removed:
                items.setdefault(kind, {})[item_id] = item.fields
        plan = make_plan(request, Found(lead, profile, items, self._attempt(request), implied))
        return plan if isinstance(plan, Refusal) else self._carry_out(plan)

    def _carry_out(self, plan: Plan) -> Result | Refusal:
        same = self.taken.same_person(plan.email_key) if plan.links else None
        if same:
            customer_id = same["customer_id"]
            return link_to(plan, Existing(self.customers[customer_id], self.contacts[customer_id]), self.now)
        refusal = self.taken.refuse(plan.email_key, plan.custom_code)
        custom = plan.fields.get("custom_fields") or {}
        if refusal := refusal or self.registry.refuse(custom):
            return refusal
        self.registry.register(custom)
        return carry_out(plan, self._next_count(plan.profile), self.now, taken_codes=self.taken.by_code)

    def _next_count(self, profile: Profile) -> int:
        """The table refuses a number that somebody has as a code, and the second try has the next one."""
        self.count += 1
        while profile.number(self.count) in self.taken.by_code:
            self.count += 1
        return self.count

    def _keep(self, attempt: Try, result: Result) -> None:
        request, customer = attempt.request, result.customer
        customer_id = customer["customer_id"]
        changes = result.link.contact_changes if result.link else {}
        before = [{**each, **changes.get(each["contact_id"], {})} for each in self.contacts.get(customer_id, ())]
        # What a new customer has paid and owes is told once and kept nowhere: it is for others to count.
        self.customers[customer_id] = {name: value for name, value in customer.items() if name != "snapshot"}
        self.contacts[customer_id] = [*before, *result.contacts]
        result = result._replace(warnings=self._warn(result))
        if result.link is None:
            self.taken.add_customer(result.plan.email_key, customer)
        lead = self.leads[request.lead_id]
        self.leads[request.lead_id] = lead._replace(
            status="converted",
            customer_id=customer_id,
            conversion_id=request.conversion_id,
            assignment=result.assignment or lead.assignment,
            history={**lead.history, **implied_history(result.plan.implied, self.now)},
        )
        self.since.done[request.conversion_id] = Done(self.moments, result)
        self.results.append(result)
        about = events.About(request.conversion_id, self.now)
        self._end(attempt, "completed", None, events.completed(result, about))

    def _warn(self, result: Result) -> list[dict[str, Any]]:
        """Of the latest five others of each key; from now on this customer is one of them."""
        own, warnings = result.customer["customer_id"], []
        for kind, key in zip(MESSAGES, match_keys(result.plan.fields, FREE_MAIL), strict=False):
            found = self.alike.setdefault((kind, key), [])
            others = [each for each in reversed(found) if each != own][:5]
            candidates = [{name: self.customers[each][name] for name in CANDIDATE} for each in others]
            if key is not None and candidates:
                said = {"message": MESSAGES[kind], "reason": kind, "candidates": candidates}
                warnings.append({"code": SUSPECTED, **said})
            if own not in found:
                found.append(own)
        return warnings

    def _refuse(self, attempt: Try, refusal: Refusal) -> None:
        request, error = attempt.request, events.describe(refusal)
        about, number = events.About(request.conversion_id, self.now), self._attempt(request)
        if refusal.code in AGAIN_ONCE and attempt.number == 1 and not attempt.is_last:
            self.waiting.append(attempt._replace(number=2, is_last=True))
            self._end(attempt, "waiting", refusal.code, [events.retry_scheduled(request, number, error, LATER, about)])
            return
        is_dead = refusal.is_unreadable or refusal.code is ErrorCode.LEAD_UNKNOWN
        if is_dead and not attempt.again:
            self.dead.append(DeadLetter(refusal.code.value, request.conversion_id))
        self._end(attempt, "failed", refusal.code, [events.failed(request, number, error, about)])

    def _command(self, body: ConversionCommand) -> None:
        request, known = self.conversions.get(body.conversion_id, (None, None))
        if request is None or known is None:
            return
        request = _as_kept(request)
        attempt = Try(request, known.origin, is_last=True, again=True)
        if isinstance(body, ConversionCancelRequested):
            if known.state == "waiting":
                by = {"cancelled_by": body.requested_by.model_dump(mode="json"), "reason": body.reason}
                about = events.About(request.conversion_id, self.now)
                self._end(attempt, "cancelled", None, [events.cancelled(request, known.attempt, about, by)])
        elif known.state == "waiting" or (known.state == "failed" and known.is_retryable):
            if policy := getattr(body, "duplicate_policy", None):
                options = (request.options or ConversionOptions()).model_copy(update={"duplicate_policy": policy})
                attempt = attempt._replace(request=request._replace(options=options))
            self.ask(attempt)

    def _attempt(self, request: Request) -> int:
        _, known = self.conversions.get(request.conversion_id, (None, None))
        return known.attempt + 1 if known else 1

    def _end(self, attempt: Try, state: str, code: ErrorCode | None, told: list[Outgoing]) -> None:
        request, before = self.conversions.get(attempt.request.conversion_id, (attempt.request, None))
        retryable = code is not None and code.retryable
        known = Known(state, self._attempt(request), request.body, before.origin if before else attempt.origin, retryable, code)
        self.conversions[request.conversion_id] = (request, known)
        self.told += told


def _as_kept(request: Request) -> Request:
    """A request as the converter reads it out of its tables."""
    return request._replace(snapshot=(), requested_at=time_now_text(parse_time(normalise_time(request.requested_at))))


def run_in_memory(case: Case, profiles: Mapping[str, Profile] = PROFILES) -> Outcome:
    """The outcome of a case by the rules alone."""
    memory = Memory(profiles)
    writer = Writer(case)
    for part in case.parts:
        for steps in ordered(part):
            for step in steps:
                memory.take(writer.write(step))
        memory.settle()
    return Reader(case).read(told_by(memory.told), memory.dead, stored(memory))


def stored(memory: Memory) -> Iterator[dict[str, Any]]:
    """Each customer with its contacts as they stand at the end."""
    for customer_id, customer in memory.customers.items():
        yield {**customer, "contacts": memory.contacts[customer_id]}
