"""From records of `conversion.requests` to requests to take a conversion back. Pure."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from leadline.contracts.envelope import Envelope
from leadline.delivery.message import Content
from leadline.delivery.record import Record
from services.converter.domain.names import name_id
from services.converter.domain.revert import Revert

# Fixed for ever: with another one, every request that comes again would be answered again.
_NAMESPACE: Final = uuid.UUID("2f6c1b7a-9d3e-5b48-8a61-4e0f7c25d913").bytes


def read_revert(record: Record, envelope: Envelope, data: Any, lead_id: str) -> Content:
    """It keeps its place among the requests of its lead, so that it comes after the conversion that it is about.

    What counts as its time is when the broker got it: the sender cannot say an earlier one.
    """
    key = envelope.idempotency_key or f"{envelope.source}#{envelope.id}"
    revert = Revert(
        revert_id=name_id(_NAMESPACE, key),
        idempotency_key=key,
        conversion_id=data.conversion_id,
        lead_id=lead_id,
        digest=sha256(envelope.data).digest(),
        requested_by=data.requested_by.model_dump(mode="json"),
        reason=data.reason,
        asked_at=datetime.fromtimestamp(max(record.timestamp_ms, 0) / 1000, UTC),
    )
    repeat_key = f"{revert.revert_id}{revert.digest.hex()}"
    return Content(envelope, revert, order_key=lead_id, repeat_key=repeat_key, conversion_id=data.conversion_id)
