"""One delivering process and one receiver that takes 200 ms for each message."""

from __future__ import annotations

import time

from tests.scenarios.harness.delivery import SECRET, SETTINGS, Way, letters, over, register
from tests.scenarios.harness.notices import Teller, notice
from tests.scenarios.harness.receiver import receiving
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

COUNT = 3_000
PEOPLE = 50
SECONDS = 0.006 * COUNT  # 10,000 in a minute


def test_notices_reach_a_receiver_that_takes_200_milliseconds_at_a_rate_of_ten_thousand_a_minute(world: World) -> None:
    with receiving() as receiver:
        url = receiver.url("slow", "all")
        register(world, [Way(f"rep-{person}", "webhook", url, (SECRET,)) for person in range(PEOPLE)])
        Teller(world.bootstrap, world.prefix).tell([notice(number, f"rep-{number % PEOPLE}") for number in range(COUNT)])
        world.start("notifier.deliver", **SETTINGS)
        wait_until(lambda: letters(world) > 0, seconds=30, what="the first is taken")
        began = time.monotonic()
        wait_until(lambda: over(world) == COUNT, seconds=SECONDS, what="all are delivered")
        seconds = time.monotonic() - began
    print(f"{COUNT} in {seconds:.1f} s: {COUNT / seconds:.0f} a second")
    assert len(receiver.taken["all"]) == COUNT
