"""A lead's score: two halves from 0 to 50, their total, a grade for it and a temperature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

Thresholds = tuple[tuple[str, int], ...]  # name and the least total that earns it, highest first


class Scales(NamedTuple):
    """From which total which word holds; below the last threshold `lowest` does."""

    grades: Thresholds = (("A", 80), ("B", 60), ("C", 40), ("D", 20))
    temperatures: Thresholds = (("hot", 70), ("warm", 40))


DEFAULT_SCALES = Scales()
_LOWEST_GRADE = "F"
_LOWEST_TEMPERATURE = "cold"


def score_of(halves: Mapping[str, Any], scales: Scales = DEFAULT_SCALES) -> dict[str, Any]:
    """The whole score of `behavioral` and `demographic`.

    >>> score_of({"behavioral": 48, "demographic": 42})
    {'behavioral': 48, 'demographic': 42, 'total': 90, 'grade': 'A', 'temperature': 'hot'}
    """
    behavioral, demographic = halves["behavioral"], halves["demographic"]
    total = behavioral + demographic
    return {
        "behavioral": behavioral,
        "demographic": demographic,
        "total": total,
        "grade": _word(total, scales.grades, _LOWEST_GRADE),
        "temperature": _word(total, scales.temperatures, _LOWEST_TEMPERATURE),
    }


def _word(total: int, thresholds: Thresholds, lowest: str) -> str:
    return next((word for word, least in thresholds if total >= least), lowest)
