"""Two converters that share the work."""

from __future__ import annotations

from tests.scenarios.harness.partitions import PARTITIONS
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World


def start_two(world: World) -> None:
    """Two instances, each with half of the partitions: `range` gives one the lower, the other the upper half."""
    for name in ("one", "two"):
        world.start("converter", name)
        wait_until(lambda: world.owns() == PARTITIONS, seconds=30, what="every partition has an owner")
    wait_until(lambda: world.owns(epochs_above=1) >= PARTITIONS // 2, seconds=30, what="the second has taken its half")
