"""Replay, discard, restore: what an operator decides goes to the topics, with a note of who did it and why."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from leadline.contracts.envelope import Envelope, write_headers
from leadline.contracts.times import time_now_text
from leadline.contracts.topics import replay_topic
from leadline.delivery.record import Headers, Outgoing
from leadline.delivery.trail import replay_headers
from leadline.operations.dead_letters import DeadLetter

OPERATIONS: Final = "operations.events"
SOURCE: Final = "/leadline/cli"


@dataclass(frozen=True, slots=True)
class Operator:
    """Who decides, and when."""

    name: str
    at: datetime


def operator(name: str) -> Operator:
    """This person, now."""
    return Operator(name, datetime.now(UTC))


def replays(letters: Sequence[DeadLetter], by: Operator, *, is_told: bool = False) -> list[Outgoing]:
    """A note for each, then each record as it died, to its service's replay topic, in the order in which they first came.

    The note is first: a record may die again at once, and a note behind that would say that it is still on its way.
    The `dlq-*` headers go along: they tell the service where the record first came from, in which run it is replayed,
    and whether people are told of what comes of it.
    """
    run = str(uuid.uuid4())
    ordered = sorted(letters, key=lambda letter: (letter.service, letter.place))
    records = [
        Outgoing(
            replay_topic(each.service),
            each.record.key,
            each.record.value,
            replay_headers(each.record.headers, run, is_told=is_told),
        )
        for each in ordered
    ]
    more = {"requested_at": time_now_text(by.at), "replay_id": run, "notify": is_told}
    return [_note("replay-requested", each, by, more) for each in ordered] + records


def discards(letters: Sequence[DeadLetter], by: Operator, reason: str) -> list[Outgoing]:
    """A note for each that it will not be replayed; the record itself stays where it is."""
    more = {"reason": reason, "discarded_at": time_now_text(by.at)}
    return [_note("discarded", each, by, more) for each in letters]


def reopens(letters: Sequence[DeadLetter], by: Operator, reason: str) -> list[Outgoing]:
    """A note for each that was discarded or quarantined: it may be replayed again."""
    more = {"reason": reason, "reopened_at": time_now_text(by.at)}
    return [_note("reopened", each, by, more) for each in letters]


def _note(kind: str, letter: DeadLetter, by: Operator, more: dict[str, Any]) -> Outgoing:
    body = {"dlq_id": letter.dlq_id, "service": letter.service, "requested_by": {"id": by.name}, **more}
    data = orjson.dumps(body)
    envelope = Envelope(
        str(uuid.uuid4()), SOURCE, f"leadline.dead-letter.{kind}.v1", time_now_text(by.at), letter.dlq_id, data=data
    )
    headers: Headers = [*write_headers(envelope)]
    return Outgoing(OPERATIONS, letter.dlq_id.encode(), data, headers)
