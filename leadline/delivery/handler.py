"""What a service is to the engine: a batch and a transaction in, an outcome for each record out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from leadline.delivery.message import Content, Failure, Message, Outcome
from leadline.delivery.record import Outgoing, Record
from leadline.delivery.trail import Trail


@dataclass(frozen=True, slots=True)
class Input:
    """A topic that a service reads.

    `after`: records of a partition wait until this service has applied that topic's partition of the same number as
    far as the broker had it when they were read.
    """

    topic: str
    after: str | None = None


class Transaction(Protocol):
    """The database transaction of a batch. Only the engine commits it; a service's store writes through it."""

    def execute(self, query: str, parameters: Any = None) -> Any:
        """Run one statement and return its cursor."""

    def copy(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Write rows by COPY ... FROM STDIN."""


class Handler(Protocol):
    """One service. Every method may be called again for the same record: nothing is kept in the object."""

    @property
    def service(self) -> str:
        """The service's name: of its group, its schema, its own topics."""

    @property
    def inputs(self) -> Sequence[Input]:
        """The business topics that it reads."""

    def decode(self, record: Record) -> Content:
        """Turn bytes into content. Pure; raises Rejected for what can never be read."""

    def handle(self, transaction: Transaction, messages: Sequence[Message]) -> Sequence[Outcome]:
        """Handle messages (no two with one order key, unless they go first) and return an outcome for each, in order.

        Anything it raises but Unavailable is taken for the fault of a single record, which is then looked for by
        halves, each half in a savepoint of its own.
        """

    def on_failure(self, transaction: Transaction, message: Message, failure: Failure) -> list[Outgoing]:
        """A record made `handle` raise, and goes to `message.next_rung` or, if that is None, to the dead letters.

        Returns what is to be emitted beside it.
        """

    def on_rejected(self, transaction: Transaction, trail: Trail, failure: Failure) -> list[Outgoing]:
        """A record was refused by `decode` and goes to the dead letters: what is to be emitted beside it."""

    def announce(self, messages: Sequence[Message]) -> list[Outgoing]:
        """What may be told before the work, outside the transaction and without any promise; often nothing."""
