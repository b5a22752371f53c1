"""A converter frozen at the worst places for longer than its session: another takes over, the zombie wakes, fails and ends.

It stops itself by a failpoint: inside its open database transaction, between the two commits, inside its open Kafka transaction.
"""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.scenarios.harness.load import assert_clean, load, wait_for_progress
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World, fresh_world
from tests.stack import Stack

PLACES = ("before-database-commit", "after-database-commit", "before-kafka-commit")


def test_the_zombie_ends_and_nothing_is_lost_or_doubled(stack: Stack, tmp_path: Path) -> None:
    """The three places at the same time, each in an installation of its own, since they wait most of the time."""
    with ThreadPoolExecutor(len(PLACES)) as pool:
        for done in [pool.submit(outlive, stack, tmp_path / place, place) for place in PLACES]:
            done.result()


def outlive(stack: Stack, folder: Path, place: str) -> None:
    folder.mkdir()
    with fresh_world(stack, folder) as world:
        world.start("projector")
        with load(world, seed=202, rate=20):
            freeze_and_wake(world, place)
        assert_clean(world, at_least=60)


def freeze_and_wake(world: World, place: str) -> None:
    zombie = world.start("converter", "one", failpoints=[f"{place}=5:stop"])
    zombie.leave_dead()
    wait_until(lambda: zombie.fired(place), seconds=30, what=f"the first converter is frozen {place}")
    world.start("converter", "two")
    wait_until(lambda: owned_again(world), seconds=30, what="the second converter has taken all partitions over")
    wait_for_progress(world)
    zombie.signal(signal.SIGCONT)
    wait_until(lambda: zombie.statuses, seconds=20, what="the zombie has ended")
    assert zombie.statuses[0] not in (0, -9), "it ends by itself, asking for a restart"
    wait_for_progress(world)


def owned_again(world: World) -> bool:
    return world.owns(epochs_above=1) == 6
