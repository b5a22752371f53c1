"""Records as services write them, and messages as the engine hands them on, for tests of services."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

import orjson

from leadline.contracts.envelope import Envelope, write_headers
from leadline.delivery.message import Attempt, Content, Message
from leadline.delivery.record import Origin, Record

_EPOCH_MS = 1_790_000_000_000
_offsets = count(1)


def at(second: int) -> str:
    """A canonical time on the tests' day."""
    return f"2026-11-22T08:{second // 60:02}:{second % 60:02}.000000Z"


def record(topic: str, name: str, data: Mapping[str, Any], *, second: int = 0, key: str | None = None, **envelope: Any) -> Record:
    """An event as a record; each one has the next offset of its own, and stands in partition 0."""
    offset = next(_offsets)
    id = envelope.pop("id", f"e-{offset}")
    body = orjson.dumps(data)
    event = Envelope(id, "/tests", f"leadline.{name}.v1", time=at(second), data=body, **envelope)
    keys = (key, data.get("lead_id"), data.get("customer_id"), data.get("recipient"), "k")
    chosen = next(each for each in keys if each is not None)
    return Record(topic, 0, offset, _EPOCH_MS + offset, chosen.encode(), body, list(write_headers(event)))


def message(read: Callable[[Record], Content], taken: Record, *, replays: int = 0) -> Message:
    """The message that the engine makes of a record."""
    origin = Origin(taken.topic, taken.partition, taken.offset, taken.timestamp_ms)
    return Message(taken, origin, Attempt(1, replays, None), None, read(taken))


def messages(read: Callable[[Record], Content], records: Sequence[Record]) -> list[Message]:
    """A message for each record."""
    return [message(read, each) for each in records]


def requested(conversion: str, lead_id: str = "L-1", *, second: int = 0, **data: Any) -> Record:
    """A request with the idempotency key `conversion`."""
    body = {"lead_id": lead_id, "requested_by": {"id": "rep-7"}, "origin": "dialog", **data}
    return record("conversion.requests", "conversion.requested", body, second=second, idempotency_key=conversion)


def conversion_event(
    happening: str, conversion_id: str, *, attempt: int = 1, second: int = 0, lead_id: str = "L-1", **data: Any
) -> Record:
    """An event of conversion.events."""
    moment = {"accepted": "accepted_at", "retry-scheduled": "scheduled_at"}.get(happening, f"{happening}_at")
    body = {
        "conversion_id": conversion_id,
        "lead_id": lead_id,
        "requested_by": {"id": "rep-7"},
        "attempt": attempt,
        "requested_at": at(0),
        moment: at(second),
        **data,
    }
    return record("conversion.events", f"conversion.{happening}", body, second=second)


def error(code: str, *, retryable: bool) -> dict[str, Any]:
    """The error of an event."""
    return {"code": code, "message": code.lower(), "retryable": retryable, "fields": [], "candidates": []}


def customer(customer_id: str = "C-1", lead_id: str = "L-1", **data: Any) -> dict[str, Any]:
    """A whole customer."""
    return {
        "customer_id": customer_id,
        "customer_number": f"CUST-{customer_id}",
        "code": customer_id,
        "name": "Byron Ltd",
        "type": "company",
        "role": "customer",
        "customer_status": "active",
        "discovered_by": "rep-2",
        "lead_id": lead_id,
        "conversion_id": "K-1",
        "created_at": at(30),
        "contacts": [],
        **data,
    }


def completed(conversion_id: str, *, attempt: int = 1, second: int = 30, lead_id: str = "L-1", **more: Any) -> Record:
    """The end of a conversion that made customer C-1."""
    result: dict[str, Any] = {
        "customer": customer(lead_id=lead_id),
        "contacts": [],
        "lead": {"lead_id": lead_id, "status": "converted", "converted_at": at(second)},
        "manifest": {},
        **more,
    }
    return conversion_event("completed", conversion_id, attempt=attempt, second=second, lead_id=lead_id, **result)


def order(happening: str, order_id: str = "O-1", customer_id: str = "C-1", *, second: int = 40, **envelope: Any) -> Record:
    """An order that was placed or cancelled."""
    body: dict[str, Any] = {"order_id": order_id, "customer_id": customer_id}
    if happening == "placed":
        body |= {"amount": "99.90", "currency": "EUR", "placed_at": at(second)}
    return record("order.events", f"order.{happening}", body, second=second, **envelope)


def customer_reverted(customer_id: str = "C-1", lead_id: str = "L-1", *, second: int = 50) -> Record:
    """The conversion that made a customer was taken back."""
    ids = {"customer_id": customer_id, "customer_number": f"CUST-{customer_id}", "lead_id": lead_id, "conversion_id": "K-1"}
    return record("customer.events", "customer.reverted", {**ids, "reverted_at": at(second)}, second=second, key=customer_id)


def customer_request(kind: str, customer_id: str = "C-1", *, idempotency_key: str | None = None, **data: Any) -> Record:
    """A request about a customer, such as `customer.note-added`."""
    body = {"customer_id": customer_id, **data}
    return record("customer.requests", kind, body, key=customer_id, idempotency_key=idempotency_key)


def activity(occurred_at: str, customer_id: str = "C-1") -> Record:
    """A visit."""
    return record("order.events", "activity.logged", {"customer_id": customer_id, "kind": "visit", "occurred_at": occurred_at})


def tick(at: str) -> Record:
    """It is this late."""
    return record("stage.ticks", "stage.ticked", {"at": at})


def preferences(user_id: str = "rep-3", *, second: int = 0, **data: Any) -> Record:
    """How a user is reached, and when not."""
    body = {"user_id": user_id, **data}
    return record("notification.requests", "notification.preferences-set", body, second=second, key=user_id)


def subscription(
    happening: str, id: str = "rep-3", kind: str = "first-sale", scope: str = "own", *, second: int = 0, type: str = "user"
) -> Record:
    """A user or team has subscribed or unsubscribed."""
    body = {"subscriber": {"type": type, "id": id}, "kind": kind, "scope": scope}
    return record("notification.requests", f"notification.{happening}", body, second=second, key=id)


def members(team_id: str, *ids: str, second: int = 0) -> Record:
    """Who is in a team."""
    body = {"team_id": team_id, "member_ids": ids}
    return record("notification.requests", "team.members-set", body, second=second, key=team_id)
