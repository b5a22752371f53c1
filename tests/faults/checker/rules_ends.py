"""Every request ends exactly once, as its kind must end, and nothing happens that nobody asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.faults.checker.facts import Event, Violation
from tests.faults.checker.index import COMPLETED, ENDS, FAILED, KEY_REUSED, KEY_REUSED_KIND, Index, Request

EXPECTED = {
    "normal": {COMPLETED, "CUSTOMER_EMAIL_EXISTS"},
    "same-email": {COMPLETED, "CUSTOMER_EMAIL_EXISTS"},
    "second": {COMPLETED, "LEAD_ALREADY_CONVERTED", "CONVERSION_IN_PROGRESS"},
    "not-qualified": {"LEAD_NOT_QUALIFIED"},
    "unknown-lead": {"LEAD_UNKNOWN"},
    "bad-json": {"PAYLOAD_NOT_JSON"},
    "bad-schema": {"SCHEMA_INVALID"},
    "bad-type": {"TYPE_UNKNOWN"},
    "bad-key": {"KEY_MISMATCH"},
}
"""How a request of each kind may end; of those that share a lead or an e-mail exactly one is completed."""


def one_end(index: Index) -> Iterator[Violation]:
    """Each acked request ends once; one of unknown outcome at most once."""
    for conversion_id, request in index.requests.items():
        ends = Counter(event.type for event in index.story.get(conversion_id, ()) if event.type in ENDS)
        letters = len(index.dead.get(conversion_id, ()))
        if request.acked and not ends and not letters:
            yield Violation("no-end", request.key, f"{request.kind} of lead {request.lead_id} was acked and has no end")
        extra = ends.total() - 1 - index.facts.reopened.get(conversion_id, 0)
        if extra > 0 or ends[COMPLETED] > 1:
            yield Violation("two-ends", request.key, f"ended {ends.total()} times: {dict(ends)}")
        if letters and ends[COMPLETED] and not index.facts.reopened.get(conversion_id):
            yield Violation("two-ends", request.key, "completed and dead-lettered")
        if letters > sum(line.outcome != "failed" for line in request.lines):
            yield Violation("two-ends", request.key, f"{letters} dead letters for {len(request.lines)} deliveries")


def reused_keys(index: Index) -> Iterator[Violation]:
    """Another body under a used key is a dead letter, each delivery its own."""
    letters = Counter(
        letter.header("idempotency-key")
        for letter in {letter.header("dlq-id"): letter for letter in index.facts.dead_letters}.values()
        if letter.header("dlq-error-code") == KEY_REUSED and letter.service == "converter"
    )
    lines = [line for line in index.facts.ledger if line.kind == KEY_REUSED_KIND]
    acked = Counter(line.idempotency_key for line in lines if line.outcome == "acked")
    possible = Counter(line.idempotency_key for line in lines if line.outcome != "failed")
    for key in sorted({*possible, *filter(None, letters)}):
        if letters[key] < acked[key]:
            yield Violation("no-end", key, f"{acked[key]} deliveries reuse the key, {letters[key]} dead letters say so")
        if letters[key] > possible[key]:
            yield Violation("two-ends", key, f"{letters[key]} dead letters {KEY_REUSED} for {possible[key]} deliveries")


def right_end(index: Index) -> Iterator[Violation]:
    """A request ends as its kind must: a pipeline that refuses everything is not correct."""
    for conversion_id, request in index.requests.items():
        seen = _ending(index, conversion_id)
        if seen and request.kind in EXPECTED and seen not in EXPECTED[request.kind]:
            yield Violation("wrong-end", request.key, f"{request.kind} ended as {seen}")
        if seen == "CUSTOMER_EMAIL_EXISTS" and not _rival_completed(index, request):
            yield Violation("wrong-end", request.key, f"refused for e-mail {request.email}, which no other customer has")
        if seen in ("LEAD_ALREADY_CONVERTED", "CONVERSION_IN_PROGRESS") and not _sibling_completed(index, request):
            yield Violation("wrong-end", request.key, f"{seen}, but lead {request.lead_id} has no customer")


def one_customer_per_email(index: Index) -> Iterator[Violation]:
    """Requests that share an e-mail under the reject policy give one customer."""
    found = Counter(
        request.email.strip().casefold()
        for conversion_id, request in index.requests.items()
        if request.email and _ending(index, conversion_id) == COMPLETED and conversion_id not in index.reverted
    )
    for email, times in found.items():
        if times > 1:
            yield Violation("email-twice", email, f"{times} customers")


def no_phantom(index: Index) -> Iterator[Violation]:
    """Every event and dead letter of a conversion belongs to a request that may have been delivered."""
    asked = {conversion_id for conversion_id, request in index.requests.items() if request.possible}
    for name, found in (("conversion.events", index.story), ("customer.events", index.produced)):
        for conversion_id in found.keys() - asked:
            yield Violation("phantom", conversion_id, f"{name} has {_types(found[conversion_id])} that nobody asked for")
    for conversion_id in index.dead.keys() - asked:
        yield Violation("phantom", conversion_id, "a dead letter of no request")


def _ending(index: Index, conversion_id: str) -> str | None:
    end = index.outcome.get(conversion_id)
    if end is not None:
        return end.error_code if end.type == FAILED else end.type
    codes = [letter.header("dlq-error-code") for letter in index.dead.get(conversion_id, {}).values()]
    return codes[0] if codes else None


def _sibling_completed(index: Index, request: Request) -> bool:
    others = (other for other in index.by_lead[request.lead_id] if other.key != request.key)
    return any(_ending(index, other.conversion_id) == COMPLETED for other in others)


def _rival_completed(index: Index, request: Request) -> bool:
    rivals = index.by_email.get((request.email or "").casefold(), ())
    return any(rival.lead_id != request.lead_id and _ending(index, rival.conversion_id) == COMPLETED for rival in rivals)


def _types(events: list[Event]) -> str:
    return ", ".join(sorted({event.type for event in events}))


RULES = (one_end, reused_keys, right_end, one_customer_per_email, no_phantom)
