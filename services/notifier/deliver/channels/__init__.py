"""The ways out. A channel is one class; to add one, write it and name it in `make_channels` of `deliver/__main__.py`."""

from __future__ import annotations

from typing import Protocol

from services.notifier.domain.delivery import Outcome
from services.notifier.domain.letter import Delivery


class Channel(Protocol):
    """Sends one delivery at a time, many side by side."""

    name: str
    most_at_once: int
    """How many may be under way on one route."""

    def route(self, address: str) -> str:
        """What fails together with this address; not empty."""

    async def send(self, delivery: Delivery) -> Outcome:
        """Try once and say what came of it; never raises for what the other side does. Ends within 30 s."""

    async def close(self) -> None:
        """Let go of connections."""
