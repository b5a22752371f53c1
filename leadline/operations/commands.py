"""Commands about conversions, as records: try again, cancel, take back. Each is written under its lead's key."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

import orjson

from leadline.contracts.envelope import Envelope, write_headers
from leadline.contracts.times import time_now_text
from leadline.delivery.record import Headers, Outgoing

TOPIC: Final = "conversion.requests"
SOURCE: Final = "/leadline/cli"
Verb = Literal["retry", "cancel", "revert"]


class Command(NamedTuple):
    """What is asked about which conversion, by whom and why; `more` is what only this kind of command says."""

    verb: Verb
    conversion_id: str
    lead_id: str
    by: str
    reason: str | None = None
    more: Mapping[str, Any] = MappingProxyType({})


def command_record(command: Command, at: datetime) -> Outgoing:
    """The record; a new wish each time, so its key is its own."""
    body: dict[str, Any] = {
        "conversion_id": command.conversion_id,
        "lead_id": command.lead_id,
        "requested_by": {"id": command.by},
        **({"reason": command.reason} if command.reason else {}),
        **command.more,
    }
    data = orjson.dumps(body)
    kind = f"leadline.conversion.{command.verb}-requested.v1"
    envelope = Envelope(str(uuid.uuid4()), SOURCE, kind, time_now_text(at), command.lead_id, data=data)
    headers: Headers = [*write_headers(envelope)]
    return Outgoing(TOPIC, command.lead_id.encode(), data, headers)
