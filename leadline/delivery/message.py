"""A decoded record, and the three things that can become of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from leadline.contracts.envelope import Envelope
from leadline.delivery.record import Origin, Outgoing, Record


class Attempt(NamedTuple):
    """How often a record has been tried; `number` counts from 1, `replays` counts operators' replays from 0.

    Of the last replay, `replay_id` names its job (None: it was sent by hand), `is_told` says whether people are to hear
    of what comes of it.
    """

    number: int
    replays: int
    first_failed_at: str | None
    replay_id: str | None = None
    is_told: bool = False


class Rung(NamedTuple):
    """One step of the retry ladder: its name (`5s`) and its delay in seconds."""

    name: str
    delay_seconds: float


class Content(NamedTuple):
    """What a service's `decode` makes of a record.

    `order_key`: records with the same key are handled one after the other and follow each other into retry; None for
    records without an order. `goes_first`: all such records of a batch are handled together, before the others, and
    never wait for the others' retries (lead events before the requests that rely on them). `repeat_key`: records that
    follow each other with the same one are repeats of one request and may be handled together. `conversion_id` is said
    in a dead letter.
    """

    envelope: Envelope
    data: Any
    order_key: str | None
    goes_first: bool = False
    repeat_key: str | None = None
    conversion_id: str | None = None


class Message(NamedTuple):
    """A record with its content and its retry state.

    `record` has the original key, value and headers, without what retry topics add to them. `next_rung` is where it
    would go if it had to be tried again, None after the last rung.
    """

    record: Record
    origin: Origin
    attempt: Attempt
    next_rung: Rung | None
    content: Content

    @property
    def is_replay(self) -> bool:
        """Whether an operator sent it again."""
        return self.attempt.replays > 0

    @property
    def is_quiet(self) -> bool:
        """Whether it is a replay that people are not to hear of."""
        return self.attempt.replays > 0 and not self.attempt.is_told


class Failure(NamedTuple):
    """Why a record could not be handled; no personal data in it."""

    code: str
    message: str
    stack: str = ""


class Done(NamedTuple):
    """Handled: `emit` leaves with the offset."""

    emit: list[Outgoing]


class Retry(NamedTuple):
    """Not now: the record goes to its `next_rung` (which must not be None) with `emit` beside it."""

    failure: Failure
    emit: list[Outgoing]


class DeadLetter(NamedTuple):
    """Not as it is: the record goes to the dead letters with `emit` beside it."""

    failure: Failure
    emit: list[Outgoing]


Outcome = Done | Retry | DeadLetter
