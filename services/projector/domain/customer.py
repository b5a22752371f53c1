"""A customer, from its events in whatever order they came."""

from __future__ import annotations

from dataclasses import dataclass, replace

from services.projector.domain.event import Event, Json, canonical_time
from services.projector.domain.fields import NOTHING_SAID, Fields


@dataclass(frozen=True, slots=True)
class Customer:
    """What is known of one customer; times are canonical texts. An erasure is final, whenever it comes."""

    customer_id: str
    fields: Fields = NOTHING_SAID
    created_at: str | None = None
    updated_at: str | None = None
    erased_at: str | None = None


def apply_event(customer: Customer, event: Event) -> Customer:
    """Merge one event of `customer.events`."""
    merged = replace(
        customer,
        created_at=min(customer.created_at or event.at, event.at),
        updated_at=max(customer.updated_at or event.at, event.at),
    )
    if event.name == "customer.erased":
        erased_at = canonical_time(event.data["erased_at"])
        return replace(merged, erased_at=min(customer.erased_at or erased_at, erased_at))
    return replace(merged, fields=customer.fields.merge(_changes(event), event.stamp))


def _changes(event: Event) -> Json:
    """The fields that an event sets; the other events of customer.events are history only."""
    match event.name:
        case "customer.created":
            return event.data
        case "customer.updated":
            return dict(event.data["changes"])
        case "customer.status-changed":
            return {"customer_status": event.data["status"]}
        case "customer.stage-changed":
            return {"prospect_stage": event.data["stage"]}
        case "customer.reverted":
            return {"reverted_at": event.data["reverted_at"]}
        case _:
            return {}
