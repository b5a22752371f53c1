"""The chain of audit rows: each one's hash covers its own content and the hash of the row before. Pure.

A chain shows that a row was changed, removed or put between others; whoever can write the table and its head can still
write a whole new chain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import orjson

from leadline.contracts.times import time_now_text

_HASHED: Final = (
    "sequence", "id", "operation_id", "verb", "service", "dlq_id", "by", "reason", "before", "after", "at", "previous",
)  # fmt: skip
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Head(NamedTuple):
    """The end of a chain: the number of its last row, and that row's hash; 0 and empty before the first."""

    sequence: int = 0
    hash: str = ""


class Entry(NamedTuple):
    """What was done to one thing; `letter` is the service and the id of a dead letter. No value of a record stands here."""

    id: str
    letter: tuple[str, str] | None = None
    before: Mapping[str, Any] = _NOTHING
    after: Mapping[str, Any] = _NOTHING


@dataclass(frozen=True, slots=True)
class Act:
    """One operation: who did what, when and why, with an entry for each thing that it was done to."""

    operation_id: str
    verb: str
    by: str
    at: datetime
    entries: Sequence[Entry]
    reason: str | None = None


def link(head: Head, act: Act) -> Iterator[dict[str, Any]]:
    """The rows that an act adds behind `head`, in the order of its entries."""
    shared = {"operation_id": act.operation_id, "verb": act.verb, "by": act.by, "reason": act.reason}
    for entry in act.entries:
        service, dlq_id = entry.letter or (None, None)
        own = {"id": entry.id, "service": service, "dlq_id": dlq_id, "before": dict(entry.before), "after": dict(entry.after)}
        row = {**shared, **own, "at": time_now_text(act.at), "sequence": head.sequence + 1, "previous": head.hash}
        head = Head(head.sequence + 1, hash_of(row))
        yield {**row, "hash": head.hash}


def hash_of(row: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of what a row says, in the one form that is the same for equal rows."""
    said = {name: row[name] for name in _HASHED}
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def first_broken(rows: Iterable[Mapping[str, Any]], head: Head) -> int | None:
    """The number of the first row that does not fit the one before, or is missing before `head`; None: the chain holds."""
    end = Head()
    for row in rows:
        if (row["sequence"], row["previous"]) != (end.sequence + 1, end.hash) or row["hash"] != hash_of(row):
            return end.sequence + 1
        end = Head(row["sequence"], row["hash"])
    return None if end == head else min(end.sequence, head.sequence) + (end.sequence != head.sequence)
