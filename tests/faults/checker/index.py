"""Facts looked up by what the rules ask for, each built once."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from tests.faults.checker.facts import DeadLetter, Event, Facts, LedgerLine

NAMESPACE = uuid.UUID("6f1c2a52-6f0e-5d57-9c62-3f6c2b0c7a11")
ACCEPTED = "leadline.conversion.accepted.v1"
RETRY = "leadline.conversion.retry-scheduled.v1"
COMPLETED = "leadline.conversion.completed.v1"
FAILED = "leadline.conversion.failed.v1"
CANCELLED = "leadline.conversion.cancelled.v1"
REVERTED = "leadline.conversion.reverted.v1"
REFUSED = "leadline.conversion.revert-refused.v1"
ENDS = frozenset({COMPLETED, FAILED, CANCELLED})
CUSTOMER_CREATED = "leadline.customer.created.v1"
LEAD_LINKED = "leadline.customer.lead-linked.v1"
CONTACT_CREATED = "leadline.contact.created.v1"
CUSTOMER_REVERTED = "leadline.customer.reverted.v1"
LEAD_UNLINKED = "leadline.customer.lead-unlinked.v1"
TAKEN_BACK = frozenset({CUSTOMER_REVERTED, LEAD_UNLINKED, "leadline.assignment.reopened.v1"})
KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
KEY_REUSED_KIND = "key-reused"


@dataclass(frozen=True)
class Request:
    """All deliveries of one idempotency key with its own body."""

    key: str
    conversion_id: str
    lead_id: str
    kind: str
    email: str | None
    lines: tuple[LedgerLine, ...]

    @property
    def acked(self) -> bool:
        """The broker confirmed at least one delivery."""
        return any(line.outcome == "acked" for line in self.lines)

    @property
    def possible(self) -> bool:
        """At least one delivery may have reached the broker."""
        return any(line.outcome != "failed" for line in self.lines)

    @property
    def first_seq(self) -> int:
        """The earliest place that the request may have among its lead's requests."""
        return min(line.seq for line in self.lines if line.outcome != "failed")

    @property
    def last_seq(self) -> int:
        """The latest such place: that of its first confirmed delivery."""
        acked = [line.seq for line in self.lines if line.outcome == "acked"]
        return min(acked) if acked else max(line.seq for line in self.lines)


class Index:
    """Lookups over the facts of one run."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    @cached_property
    def requests(self) -> dict[str, Request]:
        """By conversion id, without the deliveries that reuse a key for another body."""
        lines: dict[str, list[LedgerLine]] = defaultdict(list)
        for line in self.facts.ledger:
            if line.kind != KEY_REUSED_KIND:
                lines[line.idempotency_key].append(line)
        return {found[0].conversion_id: _request(found) for found in lines.values()}

    @cached_property
    def by_lead(self) -> dict[str, list[Request]]:
        """The requests of each lead."""
        found: dict[str, list[Request]] = defaultdict(list)
        for request in self.requests.values():
            found[request.lead_id].append(request)
        return found

    @cached_property
    def by_email(self) -> dict[str, list[Request]]:
        """The requests whose leads share an e-mail, by the e-mail in lower case."""
        found: dict[str, list[Request]] = defaultdict(list)
        for request in self.requests.values():
            if request.email:
                found[request.email.strip().casefold()].append(request)
        return found

    @cached_property
    def story(self) -> dict[str, list[Event]]:
        """Each conversion's events of conversion.events, in the order of the log."""
        return _by_conversion(self.facts.conversion_events)

    @cached_property
    def outcome(self) -> dict[str, Event]:
        """The last end of each conversion that has one."""
        ends = ((key, [e for e in events if e.type in ENDS]) for key, events in self.story.items())
        return {key: found[-1] for key, found in ends if found}

    @cached_property
    def reverted(self) -> dict[str, Event]:
        """The revert of each conversion that was taken back after its completion."""
        return {key: event for key, events in self.story.items() for event in events if event.type == REVERTED}

    @cached_property
    def gone(self) -> set[str | None]:
        """The customers that were taken back with the conversions that made them."""
        return {event.customer_id for event in self.facts.customer_events if event.type == CUSTOMER_REVERTED}

    @cached_property
    def produced(self) -> dict[str, list[Event]]:
        """What each conversion left in customer.events."""
        return _by_conversion(self.facts.customer_events)

    @cached_property
    def created(self) -> list[Event]:
        """Every customer.created."""
        return [event for event in self.facts.customer_events if event.type == CUSTOMER_CREATED]

    @cached_property
    def dead(self) -> dict[str, dict[str, DeadLetter]]:
        """The converter's dead letters of each conversion by dead letter id, without reused keys."""
        found: dict[str, dict[str, DeadLetter]] = defaultdict(dict)
        for letter in self.facts.dead_letters:
            conversion_id = conversion_of(letter)
            if letter.service == "converter" and conversion_id and letter.header("dlq-error-code") != KEY_REUSED:
                found[conversion_id][letter.header("dlq-id") or str(letter.at)] = letter
        return found


def conversion_of(letter: DeadLetter) -> str | None:
    """The conversion that a dead letter names, or that follows from its idempotency key."""
    named = letter.header("dlq-conversion-id")
    key = letter.header("idempotency-key")
    if named or key is None:
        return named or None
    return str(uuid.uuid5(NAMESPACE, key))


def _request(lines: list[LedgerLine]) -> Request:
    first = lines[0]
    return Request(first.idempotency_key, first.conversion_id, first.lead_id, first.kind, first.email, tuple(lines))


def _by_conversion(events: Iterable[Event]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event.conversion_id:
            found[event.conversion_id].append(event)
    for story in found.values():
        story.sort(key=lambda event: (event.partition, event.offset))
    return found
