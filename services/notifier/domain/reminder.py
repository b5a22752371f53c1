"""Reminders that a conversion has carried over: whose they are, and what is said when they are due. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from services.notifier.domain.notice import Notice
from services.notifier.domain.sale import Sale

REMINDER: Final = "reminder"
TEXT_CHARS: Final = 500


class Reminder(NamedTuple):
    """One reminder; `user_id` is whose it is, None: the customer's salesperson's."""

    lead_id: str
    item_id: str
    customer_id: str
    conversion_id: str
    partition: int
    remind_at: str
    user_id: str | None
    text: str | None


def remind(reminder: Reminder, sale: Sale, at: str, subscribers: Iterable[str] = ()) -> list[Notice]:
    """To whose reminder it is, where somebody is, and to the subscribers; to nobody where the customer was taken back."""
    if sale.is_reverted:
        return []
    owner = reminder.user_id or sale.keepers.salesperson_id
    name = (sale.customer and sale.customer.name) or "A customer"
    text = (None if sale.is_erased else reminder.text) or "a reminder is due"
    about = {
        "customer_id": reminder.customer_id,
        "lead_id": reminder.lead_id,
        "item_id": reminder.item_id,
        "remind_at": reminder.remind_at,
    }
    return [
        Notice(
            kind=REMINDER,
            subject=f"{len(reminder.lead_id)}:{reminder.lead_id}/{reminder.item_id}",
            recipient=recipient,
            title="Reminder",
            text=f"{name}: {text[:TEXT_CHARS]}",
            created_at=at,
            about=about,
        )
        for recipient in dict.fromkeys([*([owner] if owner else []), *subscribers])
    ]
