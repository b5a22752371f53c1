"""The day's records: envelopes, ids and times, all from one seed; sorted by when they are published."""

from __future__ import annotations

import json
import random
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

LEADS, REQUESTS, ORDERS = "lead.events", "conversion.requests", "order.events"
NAMESPACE = uuid.UUID("6f1c2a52-6f0e-5d57-9c62-3f6c2b0c7a11")
MORNING = datetime(2026, 3, 12, 6, 0, tzinfo=UTC)
SOURCES = ("/crm/web", "/app/map", "/app/snap", "/forms", "/fair/hannover")

Body = dict[str, Any]
Line = dict[str, Any]


@dataclass(frozen=True)
class Sent:
    """A record of the day and the second of the day at which it is published."""

    at: float
    line: Line


class Day:
    """Collects the records of one day; every id and choice comes from the seed."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self._sent: list[Sent] = []

    def uuid(self) -> str:
        """A UUID that the seed decides."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def event(self, at: float, topic: str, key: str, name: str, body: Body, *, late: float = 0.0) -> Line:
        """Publish an event at a second of the day; `late` says how many seconds before that it happened."""
        headers = {
            "ce_specversion": "1.0",
            "ce_id": self.uuid(),
            "ce_source": self.rng.choice(SOURCES),
            "ce_type": f"leadline.{name}.v1",
            "ce_time": time_of(at - late),
            "ce_subject": key,
            "content-type": "application/json",
        }
        return self.put(at, {"topic": topic, "key": key, "headers": headers, "value": body})

    def put(self, at: float, line: Line) -> Line:
        """Publish a record as it is."""
        self._sent.append(Sent(at, line))
        return line

    def repeat(self, at: float, line: Line, *, new_id: bool = False) -> None:
        """Publish a record again, as the same event or as the same content under a new ce_id."""
        again: Line = json.loads(json.dumps(line))
        if new_id:
            again["headers"]["ce_id"] = self.uuid()
        self.put(at, again)

    def lines(self) -> list[Line]:
        """All records in the order of publishing."""
        return [sent.line for sent in sorted(self._sent, key=lambda sent: sent.at)]


def time_of(second: float) -> str:
    """RFC 3339 in UTC of a second of the day."""
    return (MORNING + timedelta(seconds=second)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def conversion_id(key: str) -> str:
    """The conversion of an idempotency key."""
    return str(uuid.uuid5(NAMESPACE, key))


def customer_id(key: str) -> str:
    """The customer that the conversion of this key makes, if it makes one."""
    return str(uuid.uuid5(uuid.UUID(conversion_id(key)), "customer"))
