"""The projector as the engine sees it: every record changes the status store, and nothing is ever emitted."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import structlog

from leadline.contracts.events.leads import LOST_REASONS
from leadline.delivery.handler import Input, Transaction
from leadline.delivery.message import Content, Done, Failure, Message, Outcome
from leadline.delivery.record import Outgoing, Record
from leadline.delivery.trail import Trail
from services.projector.domain.changes import Changes
from services.projector.domain.dead_letter import DeadLetter, located
from services.projector.domain.event import Place
from services.projector.domain.projection import project, project_dead_letter
from services.projector.reading import INPUT_TOPICS, read, to_event
from services.projector.store import StatusStore

_log = structlog.get_logger(__name__)


class ProjectorHandler:
    """Folds a batch in memory and writes each table once."""

    service: str = "projector"
    inputs: Sequence[Input] = tuple(Input(topic) for topic in INPUT_TOPICS)

    def __init__(self, store: StatusStore, lost_reasons: Collection[str] = ()) -> None:
        """`lost_reasons` are those that a tenant adds to the known ones."""
        self._store = store
        self._lost_reasons = LOST_REASONS.union(lost_reasons)

    def decode(self, record: Record) -> Content:
        """Never refuses a dead letter, nor what another service has to refuse."""
        return read(record, self._lost_reasons)

    def handle(self, transaction: Transaction, messages: Sequence[Message]) -> Sequence[Outcome]:
        """All messages in one go."""
        changes = gather(messages)
        skipped = sum(message.content.data is None for message in messages)
        if skipped:
            _log.info("unreadable_records_skipped", records=skipped)
        self._store.apply(transaction, changes)
        return [Done([]) for _ in messages]

    def on_failure(self, transaction: Transaction, message: Message, failure: Failure) -> list[Outgoing]:
        """Nobody waits for an answer of the projector."""
        return []

    def on_rejected(self, transaction: Transaction, trail: Trail, failure: Failure) -> list[Outgoing]:
        """Nobody waits for an answer of the projector."""
        return []

    def announce(self, messages: Sequence[Message]) -> list[Outgoing]:
        """Nothing to tell."""
        return []


def gather(messages: Sequence[Message]) -> Changes:
    """What the messages change together."""
    changes = Changes()
    for message in messages:
        data = message.content.data
        if isinstance(data, DeadLetter):
            project_dead_letter(changes, located(data, Place(*message.origin[:3])))
        elif data is not None:
            project(changes, to_event(message))
    return changes
