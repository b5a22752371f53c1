"""Which dead letters an operator means, and what they have in common. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from leadline.contracts.codes import ErrorCode
from leadline.operations.dead_letters import DeadLetter

_ADVICE: Final = {code.value: code.docs for code in ErrorCode}
UNKNOWN_CODE: Final = "No code of ours: the record was put there by another program, or by a newer release."


class Selection(NamedTuple):
    """Dead letters for which all of this holds; what is empty or None holds for any.

    `since` and `until` are times of the last death as the headers have them (UTC, `2026-11-25T08:00:00.000Z`), the first
    among them, the second not. `text` stands in a header or the body, in the same case.
    """

    ids: Sequence[str] = ()
    code: str | None = None
    state: str | None = None
    fingerprint: str | None = None
    service: str | None = None
    topic: str | None = None
    key: str | None = None
    since: str | None = None
    until: str | None = None
    text: str | None = None

    def holds(self, letter: DeadLetter) -> bool:
        """Whether this dead letter is meant."""
        facts = letter.facts
        wanted = (
            (self.code, letter.code),
            (self.state, letter.state),
            (self.fingerprint, facts.get("fingerprint")),
            (self.service, letter.service),
            (self.topic, facts.get("topic")),
            (self.key, letter.key),
        )
        died = facts.get("failed-at", "")
        return (
            (not self.ids or letter.dlq_id in self.ids)
            and all(value is None or value == found for value, found in wanted)
            and (self.since is None or died >= self.since)
            and (self.until is None or died < self.until)
            and (self.text is None or _has_text(letter, self.text.encode()))
        )


class Group(NamedTuple):
    """Dead letters of one fault. `example` is the id of the one that died last; `message` is its message."""

    fingerprint: str
    code: str
    service: str
    states: Mapping[str, int]
    first_failed_at: str
    last_failed_at: str
    example: str
    message: str
    advice: str
    """What usually helps, in a sentence."""

    @property
    def number(self) -> int:
        """How many there are."""
        return sum(self.states.values())


def select(letters: Iterable[DeadLetter], wanted: Selection) -> list[DeadLetter]:
    """Those that are meant, in order."""
    return [letter for letter in letters if wanted.holds(letter)]


def group(letters: Iterable[DeadLetter]) -> list[Group]:
    """By service and fingerprint: the groups with the most open ones first, of those the one that grew last."""
    found: defaultdict[tuple[str, str, str], list[DeadLetter]] = defaultdict(list)
    for letter in letters:
        found[letter.service, letter.facts.get("fingerprint", ""), letter.code].append(letter)
    groups = sorted((_group(each) for each in found.values()), key=lambda each: each.last_failed_at, reverse=True)
    return sorted(groups, key=lambda each: each.states.get("open", 0), reverse=True)


def advice(code: str) -> str:
    """What usually helps with this error code."""
    return _ADVICE.get(code, UNKNOWN_CODE)


def _group(letters: Sequence[DeadLetter]) -> Group:
    last = max(letters, key=_died)
    return Group(
        fingerprint=last.facts.get("fingerprint", ""),
        code=last.code,
        service=last.service,
        states=Counter(letter.state for letter in letters),
        first_failed_at=min(letter.facts.get("first-failed-at", "") for letter in letters),
        last_failed_at=_died(last),
        example=last.dlq_id,
        message=last.facts.get("error-message", ""),
        advice=advice(last.code),
    )


def _died(letter: DeadLetter) -> str:
    return letter.facts.get("failed-at", "")


def _has_text(letter: DeadLetter, text: bytes) -> bool:
    return text in (letter.record.value or b"") or any(
        text in name.encode("utf-8", "replace") or text in (value or b"") for name, value in letter.record.headers
    )
