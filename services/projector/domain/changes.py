"""What a batch of records changes in the status store, gathered so that each table is written once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from services.projector.domain.conversion import Fact, Facts, add_fact
from services.projector.domain.dead_letter import DeadLetter
from services.projector.domain.event import Event, Place
from services.projector.domain.lead import Lead
from services.projector.domain.parts import PartChange

LeadChange = Callable[[Lead], Lead]


class EmbeddedLead(NamedTuple):
    """The lead that came with a request; only the request that a conversion stands for may bring one."""

    conversion_id: str
    request_stamp: str
    lead_id: str
    change: LeadChange
    parts: Sequence[PartChange]


class TimelineEntry(NamedTuple):
    """One line of a timeline; `subject_id` is a conversion, lead or customer."""

    subject_id: str
    source: str
    event_id: str
    type: str
    at: str
    place: Place
    attempt: int | None
    detail: Mapping[str, Any]


class Order(NamedTuple):
    """What one event says of an order: that it was placed, or that it was cancelled."""

    customer_id: str
    order_id: str
    placed_at: str | None
    cancelled_at: str | None
    amount: str | None = None
    currency: str | None = None


class Decision(NamedTuple):
    """What an operator decided about a dead letter, and when."""

    dlq_id: str
    state: str
    decided_at: str
    decided_by: str
    reason: str | None


@dataclass(slots=True)
class Changes:
    """Collected in the order of the records, which only matters where a rule says so."""

    facts: dict[str, Facts] = field(default_factory=dict)
    results: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    leads: dict[str, list[LeadChange]] = field(default_factory=dict)
    embedded: list[EmbeddedLead] = field(default_factory=list)
    customers: dict[str, list[Event]] = field(default_factory=dict)
    orders: list[Order] = field(default_factory=list)
    notifications: dict[str, Event] = field(default_factory=dict)
    dead_letters: dict[str, DeadLetter] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    lead_parts: list[PartChange] = field(default_factory=list)
    customer_parts: list[PartChange] = field(default_factory=list)
    conversion_timeline: list[TimelineEntry] = field(default_factory=list)
    lead_timeline: list[TimelineEntry] = field(default_factory=list)
    customer_timeline: list[TimelineEntry] = field(default_factory=list)
    erases: bool = False

    def add_fact(self, conversion_id: str, kind: str, fact: Fact) -> None:
        """Note what is known of a conversion."""
        self.facts[conversion_id] = add_fact(self.facts.get(conversion_id, {}), kind, fact)

    def add_lead(self, lead_id: str, change: LeadChange) -> None:
        """Note what is to be done to a lead."""
        self.leads.setdefault(lead_id, []).append(change)

    def accept_embedded(self, facts: Mapping[str, Facts]) -> None:
        """Turn embedded leads into lead changes, given what is known of their conversions by now.

        A repeat of a request brings nothing, or it would take back what has been said of the lead since.
        """
        for embedded in self.embedded:
            if facts[embedded.conversion_id]["requested"]["stamp"] == embedded.request_stamp:
                self.add_lead(embedded.lead_id, embedded.change)
                self.lead_parts.extend(embedded.parts)

    def add_dead_letter(self, letter: DeadLetter) -> None:
        """Note a dead letter; of two with one id the later death stays."""
        known = self.dead_letters.get(letter.dlq_id)
        if known is None or letter.recency > known.recency:
            self.dead_letters[letter.dlq_id] = letter

    def add_decision(self, decision: Decision) -> None:
        """Note a decision; of two about one dead letter the later stays."""
        known = self.decisions.get(decision.dlq_id)
        if known is None or decision.decided_at >= known.decided_at:
            self.decisions[decision.dlq_id] = decision
