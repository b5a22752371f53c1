"""The status of a lead: which event leads from where to where, and what a lead's whole history comes to. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

START: Final = "new"
CONVERTIBLE: Final = "qualified"
CONVERTED: Final = "converted"
ERASED: Final = "erased"  # the tombstone of a lead; none of the eight statuses, and nothing leads out of it
OURS: Final = frozenset({"converting", CONVERTED})  # no event from outside brings a lead there, or away
NOT_CONVERTIBLE: Final = frozenset({"disqualified", "junk", ERASED})


class Transition(NamedTuple):
    """Where an event leads, and the statuses from which it does so; from any other it changes no status."""

    event: str
    to: str
    sources: frozenset[str]


TRANSITIONS: Final = (
    Transition("lead.contacted", "contacted", frozenset({"new", "nurturing", "disqualified", "qualified"})),
    Transition("lead.qualified", "qualified", frozenset({"new", "contacted", "nurturing", "qualified"})),
    Transition("lead.nurturing-started", "nurturing", frozenset({"contacted", "qualified", "disqualified"})),
    Transition("lead.disqualified", "disqualified", frozenset({"new", "contacted", "qualified", "nurturing"})),
    Transition("lead.junked", "junk", frozenset({"new", "contacted", "nurturing", "disqualified"})),
    Transition("lead.restored", "new", frozenset({"junk"})),
    Transition("conversion.accepted", "converting", frozenset({"qualified"})),
    Transition("conversion.completed", "converted", frozenset({"converting"})),
    Transition("conversion.failed", "qualified", frozenset({"converting"})),
    Transition("conversion.cancelled", "qualified", frozenset({"converting"})),
    Transition("conversion.reverted", "qualified", frozenset({"converted"})),
)
"""Every way from one status to another. A lead that is qualified when it is new was contacted by that (implied)."""

ASKED_BY: Final = {each.event: each.to for each in TRANSITIONS if each.event.startswith("lead.")} | {"lead.erased": ERASED}
_SOURCES: Final = {each.to: each.sources for each in TRANSITIONS if each.event.startswith("lead.")}
_CONTACTS: Final = frozenset({"contacted", "qualified"})
_GIVEN: Final = "="
BACK: Final = "<" + CONVERTIBLE
"""The word of a conversion that was taken back: the lead stands where it stood before, whatever was asked of it meanwhile."""
_TIME_CHARS: Final = len("2026-11-22T08:00:00.000000")

History = Mapping[str, str]
"""The status that each event asked for, by the event's stamp; those that `given` has marked were a lead's whole state.

A conversion adds the steps that it implied, and the word `BACK` if it is taken back.
"""


class Story(NamedTuple):
    """What a history comes to. `contacted_at` is the first contact, `qualified_at` the newest qualification."""

    status: str
    created_at: str | None
    contacted_at: str | None
    qualified_at: str | None
    erased_at: str | None = None


_UNTOLD: Final = Story("", None, None, None)
_NEW: Final = Story(START, None, None, None)


def given(status: str | None) -> str:
    """The word for a status that comes with a whole lead: it is where the lead starts, if nothing was said before.

    Later it asks for the status as an event does, apart from `new`, since a lead is not restored by being told of again.
    """
    return _GIVEN + (status or START)


def tell(history: History) -> Story:
    """Follow the history in the order of time, whatever order it came in."""
    story = _UNTOLD
    for stamp in sorted(history):
        story = _follow(story, history[stamp], stamp[:_TIME_CHARS] + "Z")
    return story if story.status else _NEW


def time_of(stamp: str) -> str:
    """The time in a stamp, in the one form that sorts as the moments do."""
    return stamp[:_TIME_CHARS] + "Z"


def _follow(story: Story, word: str, at: str) -> Story:
    if story.status == ERASED:
        return story
    if word == BACK:
        return story._replace(status=CONVERTIBLE)
    if word[0] != _GIVEN:
        return _move(story, word, at)
    if not story.status:
        return Story(word[1:], at, None, None)
    told = story if story.created_at else story._replace(created_at=at)
    return told if word == _GIVEN + START else _move(told, word[1:], at)


def _move(story: Story, to: str, at: str) -> Story:
    """Go where an event leads, if it does so from here."""
    if to == ERASED:
        return story._replace(status=ERASED, erased_at=at)
    if (story.status or START) not in _SOURCES[to]:
        return story if story.status else story._replace(status=START)
    contacted_at = story.contacted_at or (at if to in _CONTACTS else None)
    return Story(to, story.created_at, contacted_at, at if to == CONVERTIBLE else story.qualified_at)
