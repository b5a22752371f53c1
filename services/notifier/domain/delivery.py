"""What becomes of one attempt to deliver a notification, and the name that it keeps through all of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple
from uuid import UUID, uuid5

# Fixed for ever: with another one, receivers that know an id would take a repeat for something new.
DELIVERY_NAMESPACE: Final = UUID("5b2c1c0a-8d57-5a0c-9a3d-0a6d1f0c7e42")
MOST_DELAY_SECONDS: Final = 86_400.0
ERROR_CHARS: Final = 500

Result = Literal["sent", "confirmed", "failed", "unknown", "refused"]
"""sent: taken over, nobody says more. confirmed: the receiver says that it has it. failed: it has it not. unknown: no answer,
it may have it. refused: it has it not and will not take it later."""


class Outcome(NamedTuple):
    """What one attempt came to; `retry_after_seconds` is what the receiver asked for."""

    result: Result
    error: str | None = None
    retry_after_seconds: float | None = None

    @property
    def blames_route(self) -> bool:
        """Whether the next one on the same route can be expected to go the same way."""
        return self.result in {"failed", "unknown"}


class Verdict(NamedTuple):
    """The delivery's next state in the ledger; with a delay, when it is tried again."""

    state: Literal["sent", "confirmed", "scheduled", "unknown", "dead"]
    delay_seconds: float | None
    error: str | None


def delivery_id(notification_id: str, channel: str, address: str) -> str:
    """One for each notification, channel and address: the message id of every attempt."""
    return str(uuid5(DELIVERY_NAMESPACE, f"{notification_id}/{channel}/{address}"))


def judge(outcome: Outcome, attempts: int, delays: Sequence[float]) -> Verdict:
    """The state after so many attempts; `delays` are the seconds before the second attempt, the third, and so on."""
    error = outcome.error[:ERROR_CHARS] if outcome.error else None
    if outcome.result in {"sent", "confirmed"}:
        return Verdict("confirmed" if outcome.result == "confirmed" else "sent", None, None)
    if outcome.result == "refused" or attempts > len(delays):
        return Verdict("dead", None, error)
    wanted = max(delays[attempts - 1], outcome.retry_after_seconds or 0.0)
    state: Literal["scheduled", "unknown"] = "unknown" if outcome.result == "unknown" else "scheduled"
    return Verdict(state, min(wanted, MOST_DELAY_SECONDS), error)
