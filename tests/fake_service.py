"""A service in memory that does what its records say, and records and messages for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leadline.contracts.envelope import Envelope
from leadline.delivery.handler import Input
from leadline.delivery.message import Attempt, Content, DeadLetter, Done, Failure, Message, Outcome, Retry, Rung
from leadline.delivery.record import Headers, Origin, Outgoing, Record
from leadline.delivery.trail import Trail
from leadline.errors import Rejected

NOWHERE = Envelope("", "", "")


class MomentError(Exception):
    """What no record is to blame for: a deadlock, a time-out."""


def a_record(value: str, *, topic: str = "in", partition: int = 0, offset: int = 0, headers: Headers | None = None) -> Record:
    """A record for FakeHandler: `key|behaviour`, or `key|behaviour|anything`."""
    return Record(topic, partition, offset, 1_000, value.split("|", maxsplit=1)[0].encode(), value.encode(), headers or [])


def a_message(value: str, *, offset: int = 0, next_rung: Rung | None = None, first: bool = False, topic: str = "in") -> Message:
    """The message of a record."""
    record = a_record(value, offset=offset, topic=topic)
    content = Content(NOWHERE, value, value.split("|", maxsplit=1)[0] or None, goes_first=first)
    return Message(record, Origin(*record[:4]), Attempt(1, 0, None), next_rung, content)


class FakeHandler:
    """Does what each record says: `k|ok`, `k|boom` raises, `k|boom-once` at its first attempt only, `k|retry` while there
    is a rung, `k|dead`, `k|moment`, `k|refuse` cannot be decoded, `k|first` goes first. Effects and emissions are values.
    """

    service = "svc"

    def __init__(self, inputs: Sequence[Input] = (Input("in"),)) -> None:
        self.inputs = inputs
        self.calls: list[list[str]] = []
        self.decoded: list[Record] = []
        self.on_failure_raises = False

    def decode(self, record: Record) -> Content:
        self.decoded.append(record)
        value = (record.value or b"").decode()
        key, behaviour, *_ = value.split("|")
        if behaviour == "refuse":
            raise Rejected("SCHEMA_INVALID", "no")
        return Content(NOWHERE, value, key or None, goes_first=behaviour == "first", conversion_id=f"conversion of {key}")

    def handle(self, transaction: Any, messages: Sequence[Message]) -> list[Outcome]:
        self.calls.append([message.content.data for message in messages])
        return [self._one(transaction, message) for message in messages]

    def _one(self, transaction: Any, message: Message) -> Outcome:
        value: str = message.content.data
        behaviour = value.split("|")[1]
        transaction.execute(value)
        if behaviour == "boom" or (behaviour == "boom-once" and message.attempt.number == 1):
            raise ValueError(value)
        if behaviour == "moment":
            raise MomentError(value)
        out = [Outgoing("out", message.record.key, message.record.value, [])]
        if behaviour == "dead" or (behaviour == "retry" and message.next_rung is None):
            return DeadLetter(Failure("DEAD", "dead"), out)
        return Retry(Failure("AGAIN", "again"), out) if behaviour == "retry" else Done(out)

    def on_failure(self, transaction: Any, message: Message, failure: Failure) -> list[Outgoing]:
        if self.on_failure_raises:
            raise ValueError(failure.code)
        return [Outgoing("failed", message.record.key, message.record.value, [])]

    def on_rejected(self, transaction: Any, trail: Trail, failure: Failure) -> list[Outgoing]:
        return [Outgoing("rejected", trail.record.key, trail.record.value, [])]

    def announce(self, messages: Sequence[Message]) -> list[Outgoing]:
        return [Outgoing("progress", message.record.key, message.record.value, []) for message in messages]
