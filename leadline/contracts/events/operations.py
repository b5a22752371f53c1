"""`operations.events`: what operators decide about dead letters."""

from __future__ import annotations

from pydantic import Field

from leadline.contracts.events.requests import Requester
from leadline.contracts.events.types import Event, Line, OurId, Text, Time, Word


class DeadLetterEvent(Event):
    """What all decisions about a dead letter carry."""

    dlq_id: str = Field(
        min_length=5, max_length=400, pattern=r"^[A-Za-z0-9._-]{1,249}/[0-9]{1,10}/[0-9]{1,19}$",
        description="topic/partition/offset of the original record, such as conversion.requests/3/1842.",
    )  # fmt: skip
    service: Word
    requested_by: Requester


class DeadLetterReplayRequested(DeadLetterEvent):
    """The record was sent to the service's replay topic."""

    requested_at: Time
    replay_id: OurId | None = Field(default=None, description="The run that this replay belongs to.")
    notify: bool = Field(default=False, description="Whether people are notified again.")


class DeadLetterDiscarded(DeadLetterEvent):
    """The record will never be replayed."""

    reason: Text = Field(min_length=1)
    discarded_at: Time


class DeadLetterReopened(DeadLetterEvent):
    """A record that was discarded or quarantined may be replayed again."""

    reason: Line | None = None
    reopened_at: Time
