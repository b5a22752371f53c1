"""The retry ladder: which rung follows which attempt. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from leadline.contracts.topics import retry_topic
from leadline.delivery.message import Rung


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs of one service, shortest delay first.

    >>> Ladder("converter", (Rung("5s", 5.0), Rung("1m", 60.0))).after(2)
    Rung(name='1m', delay_seconds=60.0)
    """

    service: str
    rungs: tuple[Rung, ...]

    @classmethod
    def from_delays(cls, service: str, delay_seconds: Mapping[str, float]) -> Ladder:
        """Build it from each rung's name and delay in seconds."""
        return cls(service, tuple(Rung(name, seconds) for name, seconds in delay_seconds.items()))

    def after(self, attempt: int) -> Rung | None:
        """The rung that follows the failure of this attempt (counted from 1); None when there is none left."""
        return self.rungs[attempt - 1] if attempt <= len(self.rungs) else None

    def topic(self, rung: Rung) -> str:
        """The topic in which a record waits on this rung."""
        return retry_topic(self.service, rung.name)

    @property
    def delays_by_topic(self) -> dict[str, float]:
        """For each retry topic, how long a record waits in it, in seconds from the broker's timestamp."""
        return {self.topic(rung): rung.delay_seconds for rung in self.rungs}
