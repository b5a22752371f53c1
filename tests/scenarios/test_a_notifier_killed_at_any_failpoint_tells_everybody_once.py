"""SIGKILL at every step of the delivery protocol in the notifier, under load: each requester is told once what came of it."""

from __future__ import annotations

from functools import partial

from leadline.delivery.failpoints import NAMES
from tests.scenarios.harness.load import assert_clean, load, wait_for_progress
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

BY_ITSELF = [name for name in NAMES if name != "on-revoke"]
KILLS = [f"{name}={1 if name == 'on-assign' else 3}:kill" for name in BY_ITSELF]
TAKE_OVER_SECONDS = 20.0


def test_a_notifier_killed_at_any_failpoint_tells_everybody_once(world: World) -> None:
    world.start("converter")
    world.start("projector")
    with load(world, seed=707):
        notifier = world.start("notifier", failpoints=KILLS)
        for name in BY_ITSELF:
            wait_until(partial(notifier.fired, name), seconds=TAKE_OVER_SECONDS, what=f"the notifier is killed {name}")
        wait_for_progress(world)
    facts = assert_clean(world, at_least=100, notifier_ran=True)
    assert len(facts.notifications) > 100
    assert notifier.statuses == [-9] * len(KILLS)
