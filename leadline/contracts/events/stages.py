"""`stage.ticks`: time as an input like any other, for what happens when nothing happens."""

from __future__ import annotations

from pydantic import Field

from leadline.contracts.events.types import Event, Time


class StageTicked(Event):
    """It is at least this late now, for all customers of this partition."""

    at: Time = Field(description="The latest tick counts; an earlier one changes nothing.")
