"""Every case by the converter's rules alone."""

from __future__ import annotations

from collections import Counter

import pytest

from services.converter.profiles import load_profiles
from tests.cases.case import Case, load_cases
from tests.cases.in_memory import run_in_memory
from tests.cases.outcome import check

CASES = load_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_rules_alone_give_what_the_case_says(case: Case) -> None:
    check(case, run_in_memory(case))


def test_every_case_has_a_name_of_its_own() -> None:
    assert [name for name, count in Counter(case.name for case in CASES).items() if count > 1] == []


@pytest.mark.parametrize("profile", sorted(load_profiles()))
def test_every_profile_has_twenty_cases(profile: str) -> None:
    assert sum(case.profile == profile for case in CASES) >= 20
