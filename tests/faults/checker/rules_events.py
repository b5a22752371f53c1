"""A `read_committed` reader sees each event once and each conversion whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.faults.checker.facts import Event, Violation
from tests.faults.checker.index import (
    ACCEPTED,
    COMPLETED,
    CONTACT_CREATED,
    CUSTOMER_CREATED,
    CUSTOMER_REVERTED,
    FAILED,
    LEAD_LINKED,
    LEAD_UNLINKED,
    TAKEN_BACK,
    Index,
)

TOLD = {
    COMPLETED: "leadline.notification.conversion-completed.v1",
    FAILED: "leadline.notification.conversion-failed.v1",
}

# One customer may have many of these; `each_event_once` sees that none comes twice.
TOLD_AGAIN = {f"leadline.notification.{kind}.v1" for kind in ("stage-changed", "reminder", "withdrawn")}


def each_event_once(index: Index) -> Iterator[Violation]:
    """No ce_id stands twice in one topic, and every event can be read."""
    facts = index.facts
    for events in (facts.conversion_events, facts.customer_events, facts.notifications):
        seen = Counter((event.topic, event.ce_id) for event in events if not event.unreadable)
        for (topic, ce_id), times in seen.items():
            if times > 1:
                yield Violation("event-twice", ce_id, f"{topic}: {times} times")
        for event in events:
            if event.unreadable:
                place = f"{event.topic}/{event.partition}/{event.offset}"
                yield Violation("event-unreadable", place, event.unreadable)


def completed_is_whole(index: Index) -> Iterator[Violation]:
    """A completed conversion was accepted and left one customer, one link and a contact, all of one time."""
    for conversion_id, story in index.story.items():
        done = [event for event in story if event.type == COMPLETED]
        if not done:
            continue
        produced = index.produced.get(conversion_id, [])
        types = Counter(event.type for event in (*story, *produced))
        for event_type in (ACCEPTED, CUSTOMER_CREATED, LEAD_LINKED):
            if types[event_type] > 1:
                yield Violation("event-twice", conversion_id, f"{types[event_type]} of {event_type}, not 1")
            if types[event_type] < 1:
                yield Violation("event-missing", conversion_id, f"no {event_type}")
        if types[CONTACT_CREATED] < 1:
            yield Violation("event-missing", conversion_id, f"no {CONTACT_CREATED}")
        times = {event.time for event in (done[0], *produced) if not _is_of_revert(event)}
        if len(times) > 1:
            yield Violation("time-differs", conversion_id, f"ce_time of one conversion: {sorted(times)}")
        if any(e.customer_id != done[0].customer_id for e in produced if e.type == CUSTOMER_CREATED):
            yield Violation("customer-differs", conversion_id, "completed and created name different customers")


def reverted_is_whole(index: Index) -> Iterator[Violation]:
    """A conversion that was taken back was completed, and its customer is gone or its lead unlinked; all of one time."""
    back = {key: [e for e in events if _is_of_revert(e)] for key, events in index.produced.items()}
    for conversion_id in {key for key, events in back.items() if events} - index.reverted.keys():
        yield Violation("event-missing", conversion_id, "its customer was taken back, but no conversion.reverted")
    for conversion_id, event in index.reverted.items():
        told = back.get(conversion_id, [])
        if sum(each.type in (CUSTOMER_REVERTED, LEAD_UNLINKED) for each in told) != 1:
            yield Violation("event-missing", conversion_id, f"reverted, but {[each.type for each in told]} on customer.events")
        if not any(other.type == COMPLETED for other in index.story[conversion_id]):
            yield Violation("event-missing", conversion_id, "reverted, but never completed")
        if len(times := {each.time for each in (event, *told)}) > 1:
            yield Violation("time-differs", conversion_id, f"ce_time of one revert: {sorted(times)}")


def _is_of_revert(event: Event) -> bool:
    """Whether it tells of the end of a conversion's effects; changes that were taken back say so in their ce_id."""
    return event.type in TAKEN_BACK or ":reverted" in event.ce_id


def created_is_completed(index: Index) -> Iterator[Violation]:
    """No customer is announced whose conversion did not complete."""
    for event in index.created:
        story = index.story.get(event.conversion_id or "", [])
        if not any(other.type == COMPLETED for other in story):
            yield Violation("event-missing", str(event.conversion_id), "a customer, but no conversion.completed")


def told_once(index: Index) -> Iterator[Violation]:
    """Nobody is told the same twice; where the notifier ran, every requester is told."""
    once = (event for event in index.facts.notifications if event.type not in TOLD_AGAIN)
    told = Counter((e.type, e.conversion_id or e.customer_id, e.recipient) for e in once)
    for (kind, subject, recipient), times in told.items():
        if times > 1:
            yield Violation("notified-twice", str(subject), f"{kind} to {recipient}: {times} times")
    if not index.facts.notifier_ran:
        return
    heard = {(event.type, event.conversion_id) for event in index.facts.notifications}
    for conversion_id, end in index.outcome.items():
        readable = not index.requests[conversion_id].kind.startswith("bad-") if conversion_id in index.requests else False
        if readable and end.type in TOLD and (TOLD[end.type], conversion_id) not in heard:
            yield Violation("notification-missing", conversion_id, TOLD[end.type])


RULES = (each_event_once, completed_is_whole, reverted_is_whole, created_is_completed, told_once)
