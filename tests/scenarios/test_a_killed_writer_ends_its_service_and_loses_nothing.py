"""The process that writes a service's transactions: killed again and again, and what becomes of it without its service."""

from __future__ import annotations

import os
import signal

from tests.scenarios.harness.instance import Instance
from tests.scenarios.harness.load import assert_clean, load, wait_for_progress
from tests.scenarios.harness.processes import children, is_alive
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

KILLS = 3
SECONDS = 20.0
WRITER = "-m leadline.kafka"


def test_a_killed_writer_ends_its_service_and_nothing_is_lost_or_doubled(world: World) -> None:
    with load(world, seed=202):
        converter = world.start("converter")
        world.start("projector")
        for kill in range(KILLS):
            wait_for_progress(world)
            os.kill(writer_of(converter), signal.SIGKILL)
            wait_until(lambda kill=kill: len(converter.statuses) > kill, seconds=SECONDS, what="the service ends")  # type: ignore[misc]
        wait_for_progress(world)
    assert_clean(world, at_least=100)
    assert converter.statuses == [1] * KILLS


def test_a_writer_ends_with_its_service(world: World) -> None:
    converter = world.start("converter")
    wait_until(lambda: children(converter, WRITER), seconds=SECONDS, what="the service has a writer")
    writer = writer_of(converter)
    converter.leave_dead()
    converter.signal(signal.SIGKILL)
    wait_until(lambda: not is_alive(writer), seconds=SECONDS, what="the writer is gone")


def writer_of(instance: Instance) -> int:
    (writer,) = children(instance, WRITER)
    return writer
