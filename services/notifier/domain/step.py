"""What is said to those who want to hear that a customer became active or dormant. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from services.notifier.domain.notice import Notice
from services.notifier.domain.sale import Sale
from services.notifier.domain.stage import ACTIVE, DORMANT, StageChange

STAGE_CHANGED: Final = "stage-changed"
TOLD: Final = frozenset({ACTIVE, DORMANT})
"""The stages that people hear of; back to qualified is what a cancelled order does."""


def stage_changed(change: StageChange, sale: Sale, at: str, subscribers: Iterable[str]) -> list[Notice]:
    """To the subscribers; the number of the change keeps one step of a customer's way from another."""
    name = (sale.customer and sale.customer.name) or "A customer"
    about = {
        "customer_id": change.customer_id,
        "lead_id": sale.customer and sale.customer.lead_id,
        "previous_stage": change.previous,
        "stage": change.stage,
        "reason": change.reason,
        "changed_at": change.at,
    }
    subject = f"{change.customer_id}:{change.number}"
    text = f"{name} has become {change.stage}."
    return [
        Notice(STAGE_CHANGED, subject, recipient, f"Customer {change.stage}", text, at, about)
        for recipient in subscribers
        if change.stage in TOLD
    ]
