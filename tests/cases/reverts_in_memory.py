"""Reverts by the rules alone: what stands in their way and what they undo, in the dictionaries of `in_memory.Memory`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from leadline.contracts.codes import ErrorCode
from services.converter import events
from services.converter.domain.alike import MESSAGES
from services.converter.domain.customer import CustomerRequest
from services.converter.domain.decision import Request
from services.converter.domain.match_keys import match_keys
from services.converter.domain.result import Result
from services.converter.domain.revert import (
    MOST_NAMED,
    Blocking,
    Fill,
    Found,
    Revert,
    RevertRefusal,
    Undone,
    named_request,
    refuse_by_conversion,
    undo,
)
from services.converter.free_mail import load_free_mail
from services.converter.orders.reading import OrderWord, StageWord
from services.converter.reverts.telling import Telling
from tests.cases.outcome import DeadLetter

if TYPE_CHECKING:
    from tests.cases.in_memory import Memory

FREE_MAIL = load_free_mail()
WITHIN = timedelta(days=7)
IN_TIME = datetime(2021, 1, 1, tzinfo=UTC)
"""When conversions are completed, as far as reverts care: nobody asks for one later than this in a case."""


class Done(NamedTuple):
    """A completed conversion: when it was, counted in moments, and what it made."""

    moment: int
    result: Result

    @property
    def customer_id(self) -> str:
        return str(self.result.customer["customer_id"])


@dataclass
class Since:
    """What has come of customers since their conversions, and the reverts that have had their answer."""

    done: dict[str, Done] = field(default_factory=dict)
    orders: dict[str, dict[str, bool]] = field(default_factory=dict)
    requests: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)
    answered: dict[str, bytes] = field(default_factory=dict)

    def note(self, word: OrderWord | StageWord | CustomerRequest) -> None:
        """Something came of a customer."""
        if isinstance(word, OrderWord):
            orders = self.orders.setdefault(word.customer_id, {})
            orders[word.order_id] = orders.get(word.order_id, False) or word.is_cancelled
        elif isinstance(word, StageWord):
            self.moved.add(word.opportunity_id)
        else:
            self.requests.setdefault(word.customer_id, []).append((word.kind, word.request_id))


def answer(memory: Memory, revert: Revert, request: Request) -> None:
    """One revert of a conversion that is known, unless it has had its answer."""
    since, id = memory.since, revert.conversion_id
    if (first := since.answered.setdefault(revert.revert_id, revert.digest)) != revert.digest:
        memory.dead.append(DeadLetter(ErrorCode.IDEMPOTENCY_KEY_REUSED.value, id))
    if first is not revert.digest:
        return
    known, done = memory.conversions[id][1], since.done.get(id)
    customer_id = done and done.customer_id
    telling = Telling(revert, request, known.attempt, customer_id, events.About(id, memory.now))
    code = refuse_by_conversion(known.state, IN_TIME, revert.asked_at, WITHIN)
    if code is not None or done is None:
        memory.told.append(telling.refused(RevertRefusal(code or ErrorCode.CONVERSION_NOT_COMPLETED)))
        return
    found = _found(memory, id, done)
    blocking = list(_blocking(memory, found, done))
    if blocking:
        refusal = RevertRefusal(ErrorCode.REVERT_BLOCKED, Blocking(blocking[:MOST_NAMED], len(blocking)))
        memory.told.append(telling.refused(refusal))
    else:
        undone = undo(found, memory.now)
        _undo(memory, undone)
        memory.told += telling.reverted(undone)


def _found(memory: Memory, id: str, done: Done) -> Found:
    result, customer = done.result, memory.customers[done.customer_id]
    lead = memory.leads[result.plan.lead.lead_id]
    if customer["conversion_id"] == id:
        return Found(id, lead, customer)
    items = [{"kind": kept.kind, "item_id": kept.item_id} for kept in result.kept]
    fill = Fill(*result.link) if result.link else Fill({}, {})
    contacts = sorted(memory.contacts[done.customer_id], key=lambda each: str(each["contact_id"]))
    opportunities = sorted(_opportunities(result), key=lambda each: str(each["opportunity_id"]))
    return Found(id, lead, customer, contacts, opportunities, sorted(items, key=lambda each: tuple(each.values())), fill)


def _opportunities(result: Result) -> list[Mapping[str, Any]]:
    return [each for each in (result.opportunity, *result.relinked) if each]


def _blocking(memory: Memory, found: Found, done: Done) -> Iterator[dict[str, str]]:
    """Orders and requests of a customer that was made, opportunities that moved, leads that were linked since."""
    since, customer_id = memory.since, done.customer_id
    if found.is_maker:
        yield from (
            _named("order", id) for id, is_cancelled in sorted(since.orders.get(customer_id, {}).items()) if not is_cancelled
        )
        yield from (named_request(*each) for each in sorted(since.requests.get(customer_id, ())))
    yield from (_named("opportunity", id) for id in sorted(_moved(memory, done)))
    yield from (_named("lead", id) for id in sorted(_linked_since(memory, done)))


def _named(kind: str, id: str) -> dict[str, str]:
    return {"kind": kind, "id": id}


def _moved(memory: Memory, done: Done) -> Iterable[str]:
    own = {str(each["opportunity_id"]) for each in _opportunities(done.result)}
    return own & memory.since.moved


def _linked_since(memory: Memory, done: Done) -> Iterator[str]:
    maker = memory.customers[done.customer_id]["lead_id"]
    for id, other in memory.since.done.items():
        lead_id = other.result.plan.lead.lead_id
        stands = memory.conversions[id][1].state == "completed" and other.customer_id == done.customer_id
        if stands and other.moment > done.moment and lead_id != maker:
            yield lead_id


def _forget_alike(memory: Memory, id: str) -> None:
    """Nobody is warned any more of the customer for what only this lead had in common with others."""
    gone, since = memory.since.done[id], memory.since.done.items()
    standing = [done for other, done in since if other != id and memory.conversions[other][1].state == "completed"]
    kept = {pair for done in standing if done.customer_id == gone.customer_id for pair in _keys(done)}
    for pair in _keys(gone) - kept:
        memory.alike[pair].remove(gone.customer_id)


def _keys(done: Done) -> set[tuple[str, int | None]]:
    return set(zip(MESSAGES, match_keys(done.result.plan.fields, FREE_MAIL), strict=False))


def _undo(memory: Memory, undone: Undone) -> None:
    found, id = undone.found, str(undone.found.customer["customer_id"])
    _forget_alike(memory, found.conversion_id)
    memory.leads[undone.lead.lead_id] = undone.lead
    request, known = memory.conversions[found.conversion_id]
    memory.conversions[found.conversion_id] = (request, type(known)("reverted", known.attempt, known.body, known.origin, False))
    if found.is_maker:
        del memory.customers[id], memory.contacts[id]
        for taken in (memory.taken.by_email, memory.taken.by_code):
            for key in [key for key, owner in taken.items() if owner["customer_id"] == id]:
                del taken[key]
        return
    memory.customers[id] = {**memory.customers[id], **dict.fromkeys(undone.cleared)}
    left = [each for each in memory.contacts[id] if each["contact_id"] not in found.own_contacts]
    cleared = undone.cleared_contacts
    memory.contacts[id] = [{**each, **dict.fromkeys(cleared.get(each["contact_id"], ()))} for each in left]
