"""Every case through real servers and a real converter: the same outcome as by the rules alone, to the last field."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.cases.case import Case, load_cases
from tests.cases.in_memory import run_in_memory
from tests.cases.outcome import Outcome, check
from tests.cases.through_kafka import run_through_kafka
from tests.scenarios.harness.world import fresh_world
from tests.stack import Stack

CASES = load_cases()


@pytest.fixture(scope="module")
def outcomes(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Outcome]:
    """What became of each case, by its name."""
    with fresh_world(stack, tmp_path_factory.mktemp("cases"), delays="3s") as world:
        found = run_through_kafka(world, CASES)
    return {case.name: outcome for case, outcome in zip(CASES, found, strict=True)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_real_converter_does_what_the_case_says_and_what_the_rules_alone_do(
    case: Case, outcomes: Mapping[str, Outcome]
) -> None:
    check(case, outcomes[case.name])
    assert outcomes[case.name] == run_in_memory(case)
