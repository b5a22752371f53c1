"""Where operators decide about dead letters: one at a time, each decision in the audit before anything is sent.

Who waits reads the topics after the one before has written them. So of two who replay the same dead letters at once, the second
finds them on their way.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from leadline.delivery.record import Outgoing
from leadline.errors import LeadlineError
from leadline.kafka.publish import publish_records
from leadline.operations import audit
from leadline.operations.chain import Act, Entry
from leadline.operations.dead_letters import DeadLetter
from leadline.operations.replay import Operator
from leadline.postgres.locks import take_lock
from leadline.postgres.pool import Connection

LOCK: Final = 725340883


class DeskTakenError(LeadlineError):
    """Another operator has been deciding for longer than we wait."""


class Decision(NamedTuple):
    """What is done to these dead letters, and the records that bring it about. `state` is what they come to."""

    verb: str
    state: str
    letters: Sequence[DeadLetter]
    records: Sequence[Outgoing]
    by: Operator
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """Holds the lock as long as its connection stands."""

    connection: Connection

    def carry_out(self, decision: Decision, user: Mapping[str, Any], topic_prefix: str) -> None:
        """Record the decision, then write its records; raises Unavailable where Kafka takes one of them not.

        What is recorded and could not be written is in the audit all the same: somebody has decided it.
        """
        entries = [
            Entry(str(uuid.uuid4()), (each.service, each.dlq_id), {"state": each.state}, {"state": decision.state})
            for each in decision.letters
        ]
        act = Act(str(uuid.uuid4()), decision.verb, decision.by.name, decision.by.at, entries, decision.reason)
        with self.connection.transaction():
            audit.record(self.connection, act)
        publish_records(user, topic_prefix, decision.records)


@contextmanager
def desk(url: str) -> Iterator[Desk]:
    """Wait for the others, then decide; `url` is the database of the operators' tools.

    Raises SetupError where it is not migrated, DeskTakenError where another one holds it for longer than 20 s.
    """
    with audit.open_schema(url) as connection:
        if not take_lock(connection, LOCK):
            message = "another operator has been deciding about dead letters for 20 s: try again when that is through"
            raise DeskTakenError(message)
        yield Desk(connection)
