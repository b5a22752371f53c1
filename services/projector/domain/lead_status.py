"""The status of a lead and its history, folded in the order of time from what was said and from its conversions.

What was said is kept by its stamp, so the history is the same whatever order the events came in. A step that is not
allowed from the status of its moment changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from services.projector.domain.event import CANONICAL_CHARS, Event

# `given` is the status that comes with a whole lead: where it starts, if nothing was said before; later it asks for a status
# as an event does, apart from `new`, since a lead is not restored by being told of again. `moves` asks for a status.
Saying = tuple[str, str]
Sayings = Mapping[str, Saying]  # by stamp

ALLOWED_FROM: Mapping[str, frozenset[str]] = {
    "contacted": frozenset({"new", "nurturing", "disqualified", "qualified"}),
    "qualified": frozenset({"new", "contacted", "nurturing", "qualified"}),
    "nurturing": frozenset({"contacted", "qualified", "disqualified"}),
    "disqualified": frozenset({"new", "contacted", "qualified", "nurturing"}),
    "junk": frozenset({"new", "contacted", "nurturing", "disqualified"}),
    "new": frozenset({"junk"}),
}
_MOVES = {
    "lead.contacted": "contacted",
    "lead.qualified": "qualified",
    "lead.disqualified": "disqualified",
    "lead.nurturing-started": "nurturing",
    "lead.junked": "junk",
    "lead.restored": "new",
}
_CONTACTS = frozenset({"contacted", "qualified"})
_BY_UPDATE = frozenset({"contacted", "nurturing"})


class Period(NamedTuple):
    """A status with its times as canonical texts; `until` is None for the present one."""

    status: str
    since: str
    until: str | None


class LeadConversion(NamedTuple):
    """What a conversion means for its lead; times are canonical texts. `ended_at` is None while it is under way."""

    conversion_id: str
    customer_id: str | None
    requested_at: str | None
    ended_at: str | None
    completed_at: str | None
    reverted_at: str | None
    implied: Sequence[str] = ()
    """Lead events that the request stood for, such as lead.qualified."""


class _State(NamedTuple):
    said: str | None = None
    open: frozenset[str] = frozenset()
    completed: frozenset[str] = frozenset()

    @property
    def shown(self) -> str | None:
        if self.completed:
            return "converted"
        return "converting" if self.open and self.said == "qualified" else self.said


class _Step(NamedTuple):
    at: str
    rank: int  # of what happens in one moment: what was said, a conversion's begin, what it implies, its end, its revert
    stamp: str
    change: Callable[[_State], _State]


def saying_of(event: Event) -> Saying | None:
    """What a lead event says of the status, if anything."""
    given = str(event.data.get("status"))
    if event.name == "lead.created":
        return "given", given if given in ALLOWED_FROM else "new"
    if event.name == "lead.updated":
        return ("moves", given) if given in _BY_UPDATE else None
    status = _MOVES.get(event.name)
    return None if status is None else ("moves", status)


def saying_of_embedded(embedded: Mapping[str, Any]) -> Saying:
    """What a lead that came with a request says of its status."""
    given = str(embedded.get("status"))
    return "given", given if given in ALLOWED_FROM else "new"


def history(sayings: Sayings, conversions: Iterable[LeadConversion]) -> tuple[Period, ...]:
    """Every status that the lead has had, oldest first; each ends where the next begins."""
    steps = [_say(stamp, saying) for stamp, saying in sayings.items()]
    steps += [step for conversion in conversions for step in _steps_of(conversion)]
    state, seen = _State(), list[tuple[str, str]]()
    for step in sorted(steps, key=lambda step: step[:3]):
        state = step.change(state)
        if state.shown is not None and (not seen or seen[-1][0] != state.shown):
            seen.append((state.shown, step.at))
    ends = [since for _, since in seen[1:]]
    return tuple(Period(status, since, until) for (status, since), until in zip(seen, [*ends, None], strict=False))


def milestones(sayings: Sayings) -> tuple[str | None, str | None]:
    """The first contact, which a qualification implies, and the newest qualification, as far as events tell them."""
    said: str | None = None
    contacted_at = qualified_at = None
    for stamp in sorted(sayings):
        before, (kind, status), at = said, sayings[stamp], stamp[:CANONICAL_CHARS]
        said = _said(before, (kind, status))
        starts = kind == "given" and before is None
        if starts or said != status or (before or "new") not in ALLOWED_FROM[status]:
            continue
        contacted_at = contacted_at or (at if status in _CONTACTS else None)
        qualified_at = at if status == "qualified" else qualified_at
    return contacted_at, qualified_at


def standing(conversions: Sequence[LeadConversion]) -> LeadConversion | None:
    """The conversion that made a customer of the lead: the first that completed and was not taken back."""
    completed = [each for each in conversions if each.completed_at and not each.reverted_at]
    return min(completed, key=lambda each: (each.completed_at, each.conversion_id), default=None)


def _say(stamp: str, saying: Saying) -> _Step:
    return _Step(stamp[:CANONICAL_CHARS], 0, stamp, lambda state: state._replace(said=_said(state.said, saying)))


def _said(present: str | None, saying: Saying) -> str:
    kind, status = saying
    if kind == "given" and (present is None or status == "new"):
        return present or status
    return _moved(present or "new", status)


def _moved(present: str, status: str) -> str:
    return status if present in ALLOWED_FROM[status] else present


def _steps_of(conversion: LeadConversion) -> Iterator[_Step]:
    id = conversion.conversion_id
    if conversion.requested_at:
        yield _Step(conversion.requested_at, 1, id, lambda state: state._replace(open=state.open | {id}))
    if conversion.completed_at:
        for number, name in enumerate(conversion.implied):
            yield _Step(conversion.completed_at, 2, f"{id}/{number}", partial(_imply, status=_MOVES[name]))
        yield _Step(conversion.completed_at, 3, id, lambda s: s._replace(open=s.open - {id}, completed=s.completed | {id}))
    elif conversion.ended_at:
        yield _Step(conversion.ended_at, 3, id, lambda state: state._replace(open=state.open - {id}))
    if conversion.completed_at and conversion.reverted_at:
        yield _Step(conversion.reverted_at, 4, id, lambda s: s._replace(completed=s.completed - {id}, said="qualified"))


def _imply(state: _State, status: str) -> _State:
    return state._replace(said=_moved(state.said or "new", status))
