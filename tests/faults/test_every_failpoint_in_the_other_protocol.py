"""SIGKILL at every failpoint, three times over, with the group protocol `classic`: `make test` does it with `consumer`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from leadline.delivery.failpoints import NAMES
from tests.scenarios.harness.instance import Instance
from tests.scenarios.harness.load import assert_clean, load, wait_for_progress
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import fresh_world
from tests.stack import Stack

pytestmark = pytest.mark.faults
ROUNDS = 3
BY_ITSELF = [name for name in NAMES if name != "on-revoke"]
KILLS = [f"{name}={1 if name == 'on-assign' else 3}:kill" for name in BY_ITSELF]


def test_three_kills_at_each_failpoint_lose_and_double_nothing(stack: Stack, tmp_path: Path) -> None:
    with fresh_world(stack, tmp_path, protocol="classic") as world:
        with load(world, seed=505):
            services = [world.start(service, failpoints=KILLS * ROUNDS) for service in ("converter", "projector")]
            for service in services:
                wait_until(partial(has_been_killed, service), seconds=200, what="killed everywhere, three times")
            wait_for_progress(world)
        assert_clean(world, at_least=500)


def has_been_killed(instance: Instance) -> bool:
    return all(instance.fired(name) == ROUNDS for name in BY_ITSELF)
