"""The only broker is killed, then restarted in good order, under load: the services come back by themselves."""

from __future__ import annotations

from tests.scenarios.harness.load import assert_clean, load, wait_for_progress
from tests.scenarios.harness.world import World
from tests.stack import OwnStack


def test_a_killed_and_a_restarted_broker_lose_and_double_nothing(own_stack: OwnStack, own_world: World) -> None:
    for service in ("converter", "projector"):
        own_world.start(service)
    with load(own_world, seed=404):
        wait_for_progress(own_world)
        own_stack.kafka.kill()
        own_stack.kafka.start()
        wait_for_progress(own_world)
        own_stack.kafka.restart()
        wait_for_progress(own_world)
    assert_clean(own_world, at_least=100)
