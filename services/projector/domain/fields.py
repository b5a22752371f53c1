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


def split_parts(changes: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """Each part of the fields `names` as a field of its own, `custom_fields.size`; null stays, as a word about all parts.

    A part that a later event does not say stays as it is.
    """
    split: dict[str, Any] = {}
    for name, value in changes.items():
        if name in names and isinstance(value, Mapping):
            split |= {f"{name}.{part}": each for part, each in value.items()}
        else:
            split[name] = value
    return split


def join_parts(fields: Fields, names: frozenset[str]) -> dict[str, Any]:
    """The values with the fields `names` put together again, without the parts that were cleared since they were said."""
    joined: dict[str, Any] = {}
    for path, value in fields.values.items():
        name, dot, part = path.partition(".")
        if not dot:
            joined.setdefault(path, value)
        elif fields.times[path] > fields.times.get(name, ""):
            joined[name] = {**(joined.get(name) or {}), part: value}
    return {name: joined[name] for name in sorted(joined)}
