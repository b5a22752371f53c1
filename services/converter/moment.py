"""When something was said, as what it is ordered by. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from leadline.contracts.envelope import Envelope
from leadline.contracts.times import time_now_text
from leadline.delivery.record import Record
from services.converter.domain.lead import stamp


class Moment(NamedTuple):
    """When something was said: its time as text, its stamp, and the id of the event that said it."""

    at: str
    stamp: str
    event_id: str


def event_time(record: Record, envelope: Envelope) -> str:
    """When it happened: `ce_time`, else the broker's time of the record."""
    return envelope.time or time_now_text(datetime.fromtimestamp(record.timestamp_ms / 1000, UTC))


def moment_of(record: Record, envelope: Envelope) -> Moment:
    """The moment of an event by its record."""
    at = event_time(record, envelope)
    return Moment(at, stamp(at, record.offset), envelope.id)
