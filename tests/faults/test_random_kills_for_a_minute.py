"""SIGKILL and SIGSTOP at random for a minute: two and three converters and a projector, both group protocols, 40 leads a second.

A failing run prints its seed and what it did when; LEADLINE_CHAOS_SEED runs the same plan again.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.scenarios.harness.chaos import Chaos, new_seed
from tests.scenarios.harness.load import assert_clean, load, wait_for_progress
from tests.scenarios.harness.world import fresh_world
from tests.stack import Stack

pytestmark = pytest.mark.faults
CHAOS_SECONDS = 60.0
NAMES = ("one", "two", "three")


@pytest.mark.parametrize("protocol", ["consumer", "classic"])
@pytest.mark.parametrize("converters", [2, 3])
def test_a_minute_of_random_faults_loses_and_doubles_nothing(
    stack: Stack, tmp_path: Path, converters: int, protocol: str
) -> None:
    seed = int(os.environ.get("LEADLINE_CHAOS_SEED") or new_seed())
    with fresh_world(stack, tmp_path, protocol=protocol) as world:
        victims = [world.start("converter", name) for name in NAMES[:converters]]
        victims.append(world.start("projector"))
        with load(world, seed):
            wait_for_progress(world)
            chaos = Chaos(seed, victims)
            chaos.run(CHAOS_SECONDS)
            print(*chaos.story, sep="\n")
            wait_for_progress(world, seconds=90)
        assert_clean(world, at_least=500)
    assert chaos.counts["SIGKILL"] >= 5
    assert chaos.counts["SIGSTOP"] >= 2
