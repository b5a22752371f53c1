"""A service in two workers: both work, one's end is the end of both, and neither outlives the process that started them."""

from __future__ import annotations

import os
import signal

from leadline.local.ports import free_port
from tests.scenarios.harness.health import health, metric
from tests.scenarios.harness.instance import Instance
from tests.scenarios.harness.load import assert_clean, load, wait_for_progress
from tests.scenarios.harness.processes import children, is_alive
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

SECONDS = 40.0
TOPICS = 8  # leads, requests, requests about customers, orders, three rungs, replays: six partitions each


def test_two_workers_share_the_work_and_end_together_and_nothing_is_lost_or_doubled(world: World) -> None:
    port = free_port()
    with load(world, seed=707):
        converter = world.start("converter", LEADLINE_WORKERS="2", LEADLINE_HEALTH_PORT=str(port))
        world.start("projector")
        wait_until(lambda: health(port, "/readyz") == 200, seconds=SECONDS, what="both take part")
        wait_until(lambda: metric(port, "leadline_assigned_partitions") == 6 * TOPICS, seconds=SECONDS, what="all is shared out")
        wait_for_progress(world)
        other, victim = workers_of(converter)
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: converter.statuses == [1], seconds=SECONDS, what="the service ends")
        assert not is_alive(other)
        wait_for_progress(world)
        orphans = workers_of(converter)
        converter.signal(signal.SIGKILL)
        wait_until(lambda: not any(map(is_alive, orphans)), seconds=SECONDS, what="the workers are gone")
        wait_for_progress(world)
    assert_clean(world, at_least=60)
    # A batch that is in flight at a rebalance may end the service once more; what that does to the records is checked above.
    assert converter.statuses[:2] == [1, -signal.SIGKILL]
    assert workers_seen(world) == {"one.1", "one.2"}


def workers_of(instance: Instance) -> list[int]:
    wait_until(lambda: len(children(instance, "spawn_main")) == 2, seconds=SECONDS, what="two workers run")
    return children(instance, "spawn_main")


def workers_seen(world: World) -> set[str]:
    """Who has said that it works on conversions."""
    with world.topics() as topics:
        return {seen.data["instance"] for seen in topics.read("conversion.progress")}
