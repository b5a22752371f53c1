"""Order: within one conversion, and among the conversions of one lead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from tests.faults.checker.facts import Event, Violation
from tests.faults.checker.index import ACCEPTED, ENDS, FAILED, REFUSED, RETRY, REVERTED, Index

PHASE = {ACCEPTED: 0, RETRY: 1, **dict.fromkeys(ENDS, 2), REVERTED: 3}


def conversion_moves_forward(index: Index) -> Iterator[Violation]:
    """Accepted, then retries, then the end, then perhaps its revert; the attempt never falls. A refused revert moves nothing."""
    for conversion_id, story in index.story.items():
        reopenings = index.facts.reopened.get(conversion_id, 0)
        for before, after in pairwise(event for event in story if event.type != REFUSED):
            if before.type == FAILED and reopenings > 0:
                reopenings -= 1
            elif not _forward(before, after):
                yield Violation("conversion-order", conversion_id, f"{after.type} after {before.type}")
            if (after.attempt or 0) < (before.attempt or 0):
                yield Violation("attempt-fell", conversion_id, f"from {before.attempt} to {after.attempt}")


def lead_stays_together(index: Index) -> Iterator[Violation]:
    """All events of one lead lie in one partition, since order exists only there."""
    partitions: dict[str, set[int]] = defaultdict(set)
    for event in index.facts.conversion_events:
        partitions[event.lead_id or ""].add(event.partition)
    for lead_id, found in partitions.items():
        if len(found) > 1 and lead_id:
            yield Violation("lead-order", lead_id, f"events in partitions {sorted(found)}")


def lead_results_keep_order(index: Index) -> Iterator[Violation]:
    """Requests of one lead end in the order in which they were sent; unreadable ones end at once and are left out."""
    for lead_id, requests in index.by_lead.items():
        ended = [
            (_position(index.outcome[request.conversion_id]), request)
            for request in requests
            if request.conversion_id in index.outcome and request.possible and not request.kind.startswith("bad-")
        ]
        ended.sort(key=lambda found: found[0])
        sent_last = None
        for _, request in ended:
            if sent_last and request.last_seq < sent_last.first_seq:
                yield Violation("lead-order", lead_id, f"{sent_last.key} ended before {request.key}, which was sent earlier")
            if sent_last is None or request.first_seq > sent_last.first_seq:
                sent_last = request


def _forward(before: Event, after: Event) -> bool:
    if before.type == after.type == RETRY:
        return True
    return PHASE.get(after.type, -1) > PHASE.get(before.type, 9)


def _position(event: Event) -> tuple[int, int]:
    return event.partition, event.offset


RULES = (conversion_moves_forward, lead_stays_together, lead_results_keep_order)
