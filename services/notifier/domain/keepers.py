"""Who looks after a customer: its salesperson and its branch, each by the newest word, whatever order they come in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple


class Keepers(NamedTuple):
    """Each with the time of the event that said it; None as a time: nothing was said yet."""

    salesperson_id: str | None = None
    salesperson_at: str | None = None
    branch_id: str | None = None
    branch_at: str | None = None


NOBODY: Final = Keepers()


def keep(keepers: Keepers, said: Mapping[str, Any], at: str) -> Keepers:
    """What one event says at its time; a field that is absent stays, None clears it."""
    newer = [name for name in ("salesperson", "branch") if f"{name}_id" in said and at >= (getattr(keepers, f"{name}_at") or "")]
    changed = {f"{name}_id": said[f"{name}_id"] for name in newer} | {f"{name}_at": at for name in newer}
    return keepers._replace(**changed)
