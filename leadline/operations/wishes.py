"""Records on `notification.requests`: what users and teams wish, as operators write it down for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import orjson

from leadline.contracts.envelope import Envelope, write_headers
from leadline.contracts.events import decode
from leadline.contracts.time_zones import check_time_zone
from leadline.contracts.times import time_now_text
from leadline.delivery.record import Outgoing
from leadline.kafka.publish import publish_records
from leadline.runtime.settings import Settings, kafka_properties

TOPIC: Final = "notification.requests"
SOURCE: Final = "/leadline/cli"


def wish_record(name: str, key: str, body: Mapping[str, Any]) -> Outgoing:
    """A wish, such as `notification.subscribed`, of now; `key` is its user or team.

    Raises Rejected for a body that the notifier would refuse.
    """
    type, data, now = f"leadline.{name}.v1", orjson.dumps(body), time_now_text(datetime.now(UTC))
    decode(type, data)
    check_time_zone(body.get("time_zone"))
    event = Envelope(str(uuid4()), SOURCE, type, time=now, subject=key, data=data)
    return Outgoing(TOPIC, key.encode(), data, [*write_headers(event)])


def publish_wish(settings: Settings, record: Outgoing) -> None:
    """Write it; raises Unavailable if that could not be done."""
    publish_records(kafka_properties(settings), settings.topic_prefix, [record])
