"""Two delivering processes, killed at random, and receivers that behave badly: everybody is told, and can tell repeats."""

from __future__ import annotations

from tests.scenarios.harness.chaos import new_seed
from tests.scenarios.harness.killed_deliveries import Run, assert_everybody_was_told, deliver_under_kills
from tests.scenarios.harness.world import World


def test_four_kills_of_two_processes_lose_nothing_and_repeat_only_under_the_same_id(world: World) -> None:
    run = Run(world, notices=320, kills=4, seed=new_seed())
    assert_everybody_was_told(run, deliver_under_kills(run))
