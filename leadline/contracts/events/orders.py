"""`order.events`: what customers buy and what is done with them, as shops, ERPs and other systems tell it."""

from __future__ import annotations

from pydantic import Field

from leadline.contracts.events.types import (
    Currency,
    Event,
    Id,
    Line,
    Money,
    Percent,
    Stage,
    Text,
    Time,
    Word,
)


class OrderPlaced(Event):
    """A customer ordered."""

    order_id: Id
    customer_id: Id
    amount: Money
    currency: Currency
    placed_at: Time


class OrderCancelled(Event):
    """An order was taken back."""

    order_id: Id
    customer_id: Id
    cancelled_at: Time | None = None
    reason: Line | None = None


class ActivityLogged(Event):
    """Somebody did something with a customer, such as a visit or a call."""

    customer_id: Id
    activity_id: Id | None = None
    kind: Word
    occurred_at: Time
    by: Id | None = None
    text: Text | None = None


class OpportunityStageChanged(Event):
    """An opportunity moved in its pipeline."""

    opportunity_id: Id
    customer_id: Id
    previous_stage: Stage | None = None
    stage: Stage
    probability: Percent | None = Field(default=None, description="Chance of winning in percent.")
    reason: Line | None = None
    changed_at: Time | None = None
    by: Id | None = None
