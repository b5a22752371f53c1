"""Dead letters as the topics tell them: what is open, what was replayed, what was discarded. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from leadline.delivery.record import Headers, Record
from leadline.delivery.trail import DEAD_LETTER_FIRST

_DIGITS: Final = re.compile(r"[0-9]{1,18}").fullmatch
DECISIONS: Final = {
    "leadline.dead-letter.replay-requested.v1": "replaying",
    "leadline.dead-letter.discarded.v1": "discarded",
    "leadline.dead-letter.reopened.v1": "open",
}

_SHOWN_OF_ERASED: Final = frozenset({
    "id", "service", "topic", "partition", "offset", "timestamp", "error-code", "fingerprint", "attempts", "first-failed-at",
    "failed-at", "replays", "conversion-id",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One dead letter at its last death. `facts` are its `dlq-*` headers, without the `dlq-`."""

    dlq_id: str
    service: str
    facts: dict[str, str]
    record: Record
    deaths: int
    state: str
    is_erased: bool = False
    outcome: str | None = None
    """What its service has noted of its last replay; None: nothing yet, or there is none."""
    conversion_id: str | None = None
    """The conversion that resolved it, where it is known."""

    @property
    def code(self) -> str:
        """Its error code."""
        return self.facts.get("error-code", "")

    @property
    def replays(self) -> int:
        """How often it was replayed before its last death."""
        return self._number("replays")

    @property
    def place(self) -> tuple[int, str, int, int]:
        """Sorts as the original records came: by the broker's time, then by topic, partition and offset."""
        return self._number("timestamp"), self.facts.get("topic", ""), self._number("partition"), self._number("offset")

    def _number(self, name: str) -> int:
        text = self.facts.get(name, "")
        return int(text) if _DIGITS(text) else 0

    @property
    def key(self) -> str:
        """Its key as text for people."""
        return (self.record.key or b"").decode("utf-8", "replace")


def collect(dead: Iterable[Record], decisions: Iterable[Record], *, replay_limit: int = 3) -> list[DeadLetter]:
    """All dead letters, oldest first; a record that died again after a replay is one dead letter, open again.

    One that was replayed `replay_limit` times and died again is quarantined, until somebody restores it.

    A record that died in two services is two, with one id. A decision counts for the deaths before it, by the broker's
    time; of two in one millisecond the death is the later, since an operator has to read it first.
    """
    letters: dict[tuple[str, str], DeadLetter] = {}
    for record in sorted(dead, key=lambda record: record.timestamp_ms):
        facts = facts_of(record.headers)
        service, dlq_id = place = facts.get("service", ""), facts.get("id", "")
        if dlq_id:
            before = letters.get(place)
            died = DeadLetter(dlq_id, service, facts, record, before.deaths + 1 if before else 1, "open")
            letters[place] = replace(died, state="quarantined") if died.replays >= replay_limit else died
    for record in sorted(decisions, key=lambda record: record.timestamp_ms):
        state = DECISIONS.get(_type(record))
        place = _decided(record)
        letter = letters.get(place)
        if state and letter and record.timestamp_ms > letter.record.timestamp_ms:
            letters[place] = replace(letter, state=state)
    return list(letters.values())


def without_person(letter: DeadLetter) -> DeadLetter:
    """What may be shown of one whose lead or customer is erased: where it lies, and why it died."""
    facts = {name: text for name, text in letter.facts.items() if name in _SHOWN_OF_ERASED}
    return replace(letter, facts=facts, record=letter.record._replace(key=None, value=None, headers=[]), is_erased=True)


def facts_of(headers: Headers) -> dict[str, str]:
    """The `dlq-*` headers at the end of a dead letter's headers."""
    names = [name for name, _ in headers]
    if DEAD_LETTER_FIRST not in names:
        return {}
    start = len(names) - 1 - names[::-1].index(DEAD_LETTER_FIRST)
    return {name.removeprefix("dlq-"): (value or b"").decode("utf-8", "replace") for name, value in headers[start:]}


def _type(record: Record) -> str:
    return (dict(record.headers).get("ce_type") or b"").decode("utf-8", "replace")


def _decided(record: Record) -> tuple[str, str]:
    """The service and the id of the dead letter that a decision is about."""
    try:
        body: Any = orjson.loads(record.value or b"")
    except ValueError:
        body = None
    return (str(body.get("service", "")), str(body.get("dlq_id", ""))) if isinstance(body, dict) else ("", "")
