"""A thing whose every field knows when it was last said, so that the order of arrival does not matter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fields:
    """Values by field, and by field the stamp of the event that said it."""

    values: Mapping[str, Any]
    times: Mapping[str, str]

    def merge(self, changes: Mapping[str, Any], stamp: str) -> Fields:
        """Take each change unless the field has been said at the same stamp or later.

        Commutative and idempotent: any order of the same events ends in the same fields.
        """
        newer = {name: value for name, value in changes.items() if stamp > self.times.get(name, "")}
        if not newer:
            return self
        return Fields({**self.values, **newer}, {**self.times, **dict.fromkeys(newer, stamp)})


NOTHING_SAID = Fields({}, {})
