"""A score's total, grade and temperature follow from its halves and the thresholds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.projector.domain.scoring import Scales, score_of


@pytest.mark.parametrize(
    ("behavioral", "demographic", "grade", "temperature"),
    [
        (48, 42, "A", "hot"),
        (50, 30, "A", "hot"),
        (50, 29, "B", "hot"),
        (35, 35, "B", "hot"),
        (35, 34, "B", "warm"),
        (30, 30, "B", "warm"),
        (30, 29, "C", "warm"),
        (20, 20, "C", "warm"),
        (20, 19, "D", "cold"),
        (10, 10, "D", "cold"),
        (10, 9, "F", "cold"),
        (0, 0, "F", "cold"),
    ],
)
def test_the_default_thresholds_begin_at_80_60_40_20_and_at_70_40(
    behavioral: int, demographic: int, grade: str, temperature: str
) -> None:
    score = score_of({"behavioral": behavioral, "demographic": demographic})
    assert (score["total"], score["grade"], score["temperature"]) == (behavioral + demographic, grade, temperature)


def test_other_thresholds_give_other_grades() -> None:
    score = score_of({"behavioral": 25, "demographic": 20}, Scales((("A", 45),), (("boiling", 46), ("mild", 1))))
    assert (score["grade"], score["temperature"]) == ("A", "mild")


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_a_better_half_never_gives_a_worse_grade(behavioral: int, demographic: int, better: int) -> None:
    before = score_of({"behavioral": behavioral, "demographic": demographic})
    after = score_of({"behavioral": max(behavioral, better), "demographic": demographic})
    assert after["grade"] <= before["grade"]
    assert ["cold", "warm", "hot"].index(after["temperature"]) >= ["cold", "warm", "hot"].index(before["temperature"])
