"""What is kept of erased persons, and whom a batch of changes is about. Pure.

A field that is not named here is forgotten: whatever events say one day, nothing personal stays by mistake.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from services.projector.domain.changes import Changes
from services.projector.domain.conversion import Facts

KEPT: Final = (
    # ids and links
    "id", "lead_id", "customer_id", "conversion_id", "batch_id", "contact_id", "lead_contact_id", "opportunity_id",
    "lead_opportunity_id", "message_id", "message_ids", "document_id", "copied_from", "task_id", "note_id", "item_id",
    "activity_id", "order_id", "assignment_id", "rep_id", "branch_id", "external_id", "dlq_id", "discovered_by",
    "salesperson_id", "assigned_to", "added_by", "logged_by", "changed_by", "requested_by", "reverted_by",
    "revert_requested_by", "contact_ids", "opportunity_ids", "blocking",
    # times
    "at", "stamp", "stage_at", "requested_at", "next_retry_at", "created_at", "updated_at", "linked_at", "copied_at",
    "carried_over_at", "changed_at", "closed_at", "logged_at", "added_at", "occurred_at", "placed_at", "cancelled_at",
    "erased_at", "reverted_at", "refused_at", "unlinked_at", "reopened_at", "due_date",
    "expected_close_date",
    # numbers
    "attempt", "replays", "blocking_count", "amount", "value", "currency", "probability", "snapshot", "last_payment",
    "ytd_sales", "ar_balance",
    "lifetime_sales",
    # codes and states
    "customer_number", "code", "type", "kind", "status", "previous_status", "customer_status", "stage", "previous_stage",
    "prospect_stage", "billing_cycle", "worker_comp_codes", "multiplier_codes", "action_code", "is_primary", "origin", "profile",
    "implied", "error", "retryable", "removed",
)  # fmt: skip
"""The names of fields that say nothing of a person; of documents in documents, too."""


class Touched(NamedTuple):
    """The leads, customers, conversions and dead letters that a batch has said something of."""

    leads: set[str]
    customers: set[str]
    conversions: set[str]
    dead_letters: set[str]


def touched(changes: Changes, facts: Mapping[str, Facts]) -> Touched:
    """Everybody whom the changes may be about, by the ids that they say themselves."""
    return Touched(
        leads={*changes.leads, *_leads_of(facts), *_subjects(changes, "lead"), *_said_of_leads(changes)},
        customers={*changes.customers, *_subjects(changes, "customer"), *_said_of_customers(changes)},
        conversions={*facts, *(entry.subject_id for entry in changes.conversion_timeline)},
        dead_letters={*changes.dead_letters, *changes.decisions},
    )


def _leads_of(facts: Mapping[str, Facts]) -> Iterator[str]:
    return (fact["lead_id"] for known in facts.values() for fact in known.values() if fact.get("lead_id"))


def _said_of_leads(changes: Changes) -> Iterator[str]:
    yield from (part.subject_id for part in changes.lead_parts)
    yield from (event.data["lead_id"] for event in changes.notifications.values() if event.data.get("lead_id"))


def _said_of_customers(changes: Changes) -> Iterator[str]:
    yield from (entry.subject_id for entry in changes.customer_timeline)
    yield from (event.data["customer_id"] for event in changes.notifications.values() if event.data.get("customer_id"))


def _subjects(changes: Changes, kind: str) -> Iterator[str]:
    """The leads or customers whose dead letters they are."""
    named = (subject.partition("/") for letter in changes.dead_letters.values() for subject in letter.subjects)
    return (id for each, _, id in named if each == kind)
