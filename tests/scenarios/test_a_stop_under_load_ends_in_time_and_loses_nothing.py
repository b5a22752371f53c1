"""A deployment: each service is asked to stop while work is in flight, ends with 0 within 10 s, and its successor goes on."""

from __future__ import annotations

import signal
import time
from functools import partial

from tests.scenarios.harness.instance import Instance
from tests.scenarios.harness.load import assert_clean, load, wait_for_progress
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

ROUNDS = 3
PROMISED_SECONDS = 10.0


def test_a_stop_under_load_ends_in_time_and_loses_nothing(world: World) -> None:
    with load(world, seed=606):
        services = [world.start(service) for service in ("converter", "projector")]
        for turn in range(1, ROUNDS + 1):
            wait_for_progress(world)
            asked = time.monotonic()
            for service in services:
                service.signal(signal.SIGTERM)
            wait_until(partial(have_ended, services, turn), seconds=PROMISED_SECONDS, what="both have ended")
            assert time.monotonic() - asked < PROMISED_SECONDS
        wait_for_progress(world)
    assert_clean(world, at_least=60)
    assert [service.statuses for service in services] == [[0] * ROUNDS] * 2


def have_ended(services: list[Instance], times: int) -> bool:
    return all(len(service.statuses) == times for service in services)
