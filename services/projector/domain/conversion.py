"""The state of a conversion, from whatever is known of it in whatever order it came.

Requests, events and progress stand in three topics without a common order. So nothing is overwritten by arrival: for
each kind of fact the best one is kept (a join that does not depend on order), and the state is computed from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID, uuid5

Fact = Mapping[str, Any]  # JSON: attempt (0 where it says none), at, stamp, and what the kind brings along
Facts = Mapping[str, Fact]  # by kind: the last part of the event's name, and `started`

CONVERSIONS = UUID("6f1c2a52-6f0e-5d57-9c62-3f6c2b0c7a11")
FIRST_WINS = frozenset({"requested", "started"})
STARTED = "processing-started"

# What ends a conversion beats everything; below that a later attempt beats an earlier one, then the later step.
_FINAL = {"cancelled": 1, "completed": 2, "reverted": 3}
_STEP = {"requested": 0, "accepted": 1, "retry-scheduled": 2, "failed": 3}
_STATE = {
    "requested": "pending",
    "accepted": "processing",
    "retry-scheduled": "pending",
    "failed": "failed",
    "cancelled": "cancelled",
    "completed": "completed",
    "reverted": "reverted",
}
_RESTING = frozenset({"completed", "failed", "cancelled", "reverted"})
_NEVER = "~"  # sorts after every time


class Status(NamedTuple):
    """What people see of a conversion; times are canonical texts."""

    state: str
    lead_id: str | None
    attempt: int
    retry_count: int
    retryable: bool | None
    error: Mapping[str, Any] | None
    requested_by: Mapping[str, Any] | None
    origin: str | None
    batch_id: str | None
    requested_at: str | None
    started_at: str | None
    last_retry_at: str | None
    next_retry_at: str | None
    finished_at: str | None
    customer_id: str | None
    updated_at: str


def conversion_id_of(key: str) -> str:
    """The conversion that every request with this key stands for; a requester knows it beforehand."""
    return str(uuid5(CONVERSIONS, key))


def add_fact(facts: Facts, kind: str, fact: Fact) -> Facts:
    """Keep the better of the known and the new fact of a kind."""
    known = facts.get(kind)
    if known is not None and (_order(fact) < _order(known)) != (kind in FIRST_WINS):
        return facts
    if known == fact:
        return facts
    return {**facts, kind: fact}


def join_facts(known: Facts, new: Facts) -> Facts:
    """Everything that either side knows."""
    for kind, fact in new.items():
        known = add_fact(known, kind, fact)
    return known


def _order(fact: Fact) -> tuple[int, str]:
    return fact["attempt"], fact["stamp"]


def status_of(facts: Facts) -> Status:
    """Compute what is shown; `facts` must hold at least one fact."""
    kind = _deciding(facts)
    state = _state(facts, kind)
    deciding, request = facts.get(kind, {}), _request(facts)
    error = _last_error(facts) if state not in {"completed", "reverted"} else None
    return Status(
        state=state,
        lead_id=request.get("lead_id"),
        attempt=_attempt(facts, state),
        retry_count=facts.get("retry-scheduled", {}).get("attempt", 0),
        retryable=bool((error or {}).get("retryable")) if state == "failed" else None,
        error=error,
        requested_by=request.get("requested_by"),
        origin=facts.get("requested", {}).get("origin"),
        batch_id=request.get("batch_id"),
        requested_at=request.get("requested_at"),
        started_at=facts.get("started", {}).get("at"),
        last_retry_at=_last_retry_at(facts),
        next_retry_at=deciding.get("next_retry_at") if state == "pending" else None,
        finished_at=deciding.get("at") if state in _RESTING else None,
        customer_id=facts.get("completed", {}).get("customer_id"),
        updated_at=max(fact["at"] for fact in facts.values()),
    )


def _deciding(facts: Facts) -> str:
    kinds = [kind for kind in facts if kind in _STATE]
    return max(kinds, key=lambda kind: _weight(kind, facts[kind]), default="requested")


def _weight(kind: str, fact: Fact) -> tuple[int, int, int]:
    return _FINAL.get(kind, 0), fact["attempt"], _STEP.get(kind, 0)


def _state(facts: Facts, kind: str) -> str:
    if kind in _FINAL:
        return _STATE[kind]
    started = facts.get(STARTED)
    if started is not None and started["at"] >= _next_attempt_from(facts, kind):
        return "processing"
    return "pending" if _is_asked_again(facts, kind) else _STATE[kind]


def _next_attempt_from(facts: Facts, kind: str) -> str:
    """The time from which a start belongs to a later attempt than the last outcome.

    Progress says no attempt and may come late: a start that is older than this is that of an attempt that is over.
    """
    if kind not in {"retry-scheduled", "failed"}:
        return ""
    asked = facts["retry-requested"]["at"] if _is_asked_again(facts, kind) else _NEVER
    return min(asked, str(facts[kind].get("next_retry_at") or _NEVER))


def _is_asked_again(facts: Facts, kind: str) -> bool:
    """Whether a person has pressed Retry since the last outcome, and may."""
    asked = facts.get("retry-requested")
    if asked is None or kind not in {"retry-scheduled", "failed"} or asked["at"] <= facts[kind]["at"]:
        return False
    return kind == "retry-scheduled" or bool(facts["failed"].get("error", {}).get("retryable"))


def _attempt(facts: Facts, state: str) -> int:
    """The attempt that is told of last; one that is under way comes after the last that failed."""
    told = max(fact["attempt"] for fact in facts.values())
    failed = max(facts[kind]["attempt"] if kind in facts else 0 for kind in ("retry-scheduled", "failed"))
    return max(told, failed + 1) if state == "processing" else int(told)


def _request(facts: Facts) -> Fact:
    """What was asked by whom: the converter's word first, since it decides which request a key stands for."""
    spoken = [fact for kind, fact in facts.items() if kind in _STATE and kind != "requested"]
    said = min(spoken, key=lambda fact: str(fact["stamp"]), default={})
    request = facts.get("requested", {})
    return {name: said.get(name) or request.get(name) for name in ("lead_id", "requested_by", "requested_at", "batch_id")}


def _last_error(facts: Facts) -> Mapping[str, Any] | None:
    kinds = [kind for kind in ("retry-scheduled", "failed") if kind in facts]
    last = max(kinds, key=lambda kind: _weight(kind, facts[kind]), default=None)
    return facts[last].get("error") if last else None


def _last_retry_at(facts: Facts) -> str | None:
    """When the latest attempt but the first began, as far as it was told."""
    scheduled = facts.get("retry-scheduled")
    if scheduled is None:
        return None
    started = facts.get(STARTED)
    if started is not None and started["at"] >= (scheduled.get("next_retry_at") or _NEVER):
        return str(started["at"])
    attempt = max(fact["attempt"] for fact in facts.values())
    return min(fact["at"] for fact in facts.values() if fact["attempt"] == attempt) if attempt > 1 else None
