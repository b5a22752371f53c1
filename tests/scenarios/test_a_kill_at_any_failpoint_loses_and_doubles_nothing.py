"""SIGKILL at every named step of the delivery protocol, in the converter and in the projector, under load.

One run: each service is killed at one point after the other, since each start arms the next one. Every kill is counted.
"""

from __future__ import annotations

from leadline.delivery.failpoints import NAMES
from tests.scenarios.harness.instance import Instance
from tests.scenarios.harness.load import assert_clean, load, wait_for_progress
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

SERVICES = ("converter", "projector")
BY_ITSELF = [name for name in NAMES if name != "on-revoke"]
KILLS = [f"{name}={1 if name == 'on-assign' else 3}:kill" for name in BY_ITSELF]
TAKE_OVER_SECONDS = 20.0


def test_a_kill_at_each_failpoint_loses_and_doubles_nothing(world: World) -> None:
    with load(world, seed=101):
        instances = [world.start(service, failpoints=[*KILLS, "on-revoke=1:kill"]) for service in SERVICES]
        for name in BY_ITSELF:
            wait_until_fired(instances, name)
        wait_for_progress(world)
        for service in SERVICES:
            world.start(service, "two")
        wait_until_fired(instances, "on-revoke")
        wait_for_progress(world)
    assert_clean(world, at_least=200)
    for instance in instances:
        assert {name: instance.fired(name) for name in NAMES} == dict.fromkeys(NAMES, 1)
        assert instance.statuses == [-9] * len(NAMES), "killed once at each point, and ended by nothing else"


def wait_until_fired(instances: list[Instance], failpoint: str) -> None:
    wait_until(
        lambda: all(instance.fired(failpoint) for instance in instances),
        seconds=TAKE_OVER_SECONDS,
        what=f"both services are killed {failpoint}",
    )
