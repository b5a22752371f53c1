"""Every case by the converter's rules alone."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from services.converter.domain.match_keys import match_keys
from services.converter.profiles import load_profiles
from tests.cases.case import Case, Writer, load_cases
from tests.cases.in_memory import FREE_MAIL, run_in_memory
from tests.cases.outcome import check

CASES = load_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_rules_alone_give_what_the_case_says(case: Case) -> None:
    check(case, run_in_memory(case))


def test_every_case_has_a_name_of_its_own() -> None:
    assert [name for name, count in Counter(case.name for case in CASES).items() if count > 1] == []


def test_a_case_about_warnings_shares_no_name_number_or_domain_with_any_other_case() -> None:
    # In one installation their leads would be alike, and a mark would make another name or no phone number of each.
    keys = {case.name: keys_in(case, number) for number, case in enumerate(CASES)}
    others = Counter(key for each in keys.values() for key in each)
    assert [case.name for case in CASES if "warnings" in case.then if any(others[key] > 1 for key in keys[case.name])] == []


def keys_in(case: Case, number: int) -> set[int | None]:
    writer = Writer(case, f".c{number}")
    bodies = [json.loads(writer.write(step).value or b"") for step in case.steps]
    said = [fields for body in bodies for fields in (body, body.get("lead") or {})]
    keys = {key for fields in said for key in match_keys(fields, FREE_MAIL)}
    return keys - {None}


@pytest.mark.parametrize("profile", sorted(load_profiles()))
def test_every_profile_has_twenty_cases(profile: str) -> None:
    assert sum(case.profile == profile for case in CASES) >= 20
