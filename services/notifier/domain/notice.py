"""What people are told, and that one notice is one for ever; what requesters hear of their conversions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID, uuid5

# Fixed for ever: with another one, everybody would be told everything again.
NOTIFICATION_NAMESPACE = UUID("0b1f1f6e-4a51-5c0b-9a35-6d7c6d1d2a90")
ERROR_CHARS = 500
ERASED_TEXT = "The customer that this was about has been erased."


class Notice(NamedTuple):
    """Something to tell one person. `about` are the ids that go along; `created_at` is the time of what caused it.

    `not_before` is when it may disturb, None for at once. `round` is how many earlier ones of it were withdrawn.
    """

    kind: str
    subject: str
    recipient: str
    title: str
    text: str
    created_at: str
    about: Mapping[str, Any]
    not_before: str | None = None
    is_digest: bool = False
    round: int = 0

    @property
    def notification_id(self) -> str:
        """One for each kind, subject, recipient and round; lengths keep ids that hold a slash apart."""
        kind = f"{self.kind}#{self.round}" if self.round else self.kind
        name = f"{kind}/{len(self.subject)}:{self.subject}/{self.recipient}"
        return str(uuid5(NOTIFICATION_NAMESPACE, name))


def conversion_completed(data: Mapping[str, Any], at: str) -> Notice | None:
    """To the requester, from `conversion.completed`; without the name of a customer that is erased meanwhile."""
    recipient, customer = _requester(data), data["customer"]
    if recipient is None:
        return None
    return Notice(
        kind="conversion-completed",
        subject=data["conversion_id"],
        recipient=recipient,
        title="Conversion completed",
        text=f"{customer['name'] or 'A lead'} is now a customer ({customer['customer_number']}).",
        created_at=at,
        about=_ids(data) | {"customer_id": customer["customer_id"]},
    )


def conversion_failed(data: Mapping[str, Any], at: str) -> Notice | None:
    """To the requester, from `conversion.failed`; the customers that it may clash with are left out."""
    recipient, error = _requester(data), data["error"]
    if recipient is None:
        return None
    hint = " You can try again." if error["retryable"] else ""
    return Notice(
        kind="conversion-failed",
        subject=data["conversion_id"],
        recipient=recipient,
        title="Conversion failed",
        text=f"Lead {data['lead_id']} was not converted: {error['message'][:ERROR_CHARS].rstrip('.')}.{hint}",
        created_at=at,
        about=_ids(data) | {"error": {**error, "candidates": []}},
    )


def _requester(data: Mapping[str, Any]) -> str | None:
    found: str | None = (data.get("requested_by") or {}).get("id")
    return found


def _ids(data: Mapping[str, Any]) -> dict[str, Any]:
    return {"conversion_id": data["conversion_id"], "lead_id": data["lead_id"]}
