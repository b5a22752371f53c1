"""How likely an opportunity of each stage usually is to be won. Another percentage is a hint to look at, no fault. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

USUAL_PERCENT: Final[Mapping[str, tuple[int, int]]] = {
    "prospecting": (10, 20),
    "qualification": (20, 30),
    "needs_analysis": (30, 40),
    "proposal": (50, 60),
    "negotiation": (60, 80),
    "verbal_commitment": (80, 90),
    "closed_won": (100, 100),
    "closed_lost": (0, 0),
}
OUTSIDE: Final = "PROBABILITY_OUTSIDE_GUIDELINE"


def hints(stage: str, probability: int | None) -> list[dict[str, str]]:
    """What is unusual about an opportunity, as `opportunity.created` says it.

    >>> hints("proposal", 60)
    []
    """
    low, high = USUAL_PERCENT[stage]
    if probability is None or low <= probability <= high:
        return []
    usual = f"{low}" if low == high else f"{low} to {high}"
    return [{"code": OUTSIDE, "message": f"Stage {stage} usually has {usual} percent."}]
