"""Two converters, killed and frozen at random under load: nothing lost, nothing doubled. The long runs are in tests/faults."""

from __future__ import annotations

from pathlib import Path

from tests.scenarios.harness.chaos import Chaos, new_seed
from tests.scenarios.harness.load import assert_clean, load, wait_for_progress
from tests.scenarios.harness.world import fresh_world
from tests.stack import Stack

CHAOS_SECONDS = 12.0


def test_random_kills_and_freezes_lose_and_double_nothing(stack: Stack, tmp_path: Path) -> None:
    """The protocol `classic`, where a restarted instance has its partitions back at once: many faults in little time."""
    seed = new_seed()
    with fresh_world(stack, tmp_path, protocol="classic") as world:
        world.start("projector")
        victims = [world.start("converter", name) for name in ("one", "two")]
        with load(world, seed):
            wait_for_progress(world)
            chaos = Chaos(seed, victims)
            chaos.run(CHAOS_SECONDS)
            print(chaos.story)
            wait_for_progress(world)
        assert_clean(world, at_least=100)
    assert chaos.counts["SIGKILL"] >= 2, chaos.story
