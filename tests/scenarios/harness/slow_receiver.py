"""One delivering process and one receiver that takes 200 ms for each message."""

from __future__ import annotations

import time
from typing import Final

from tests.scenarios.harness.delivery import SECRET, SETTINGS, Way, letters, over, register
from tests.scenarios.harness.notices import Teller, notice
from tests.scenarios.harness.receiver import receiving
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

PEOPLE: Final = 50


def seconds_to_tell(world: World, notices: int, *, at_most: float) -> float:
    """How long it takes to deliver so many, from the first that is in the ledger on; each arrives once."""
    with receiving() as receiver:
        url = receiver.url("slow", "all")
        register(world, [Way(f"rep-{person}", "webhook", url, (SECRET,)) for person in range(PEOPLE)])
        Teller(world.bootstrap, world.prefix).tell([notice(number, f"rep-{number % PEOPLE}") for number in range(notices)])
        world.start("notifier.deliver", **SETTINGS)
        wait_until(lambda: letters(world) > 0, seconds=30, what="the first is taken")
        began = time.monotonic()
        wait_until(lambda: over(world) == notices, seconds=at_most, what="all are delivered")
        seconds = time.monotonic() - began
    print(f"{notices} in {seconds:.1f} s: {notices / seconds:.0f} a second")
    assert len(receiver.taken["all"]) == notices
    return seconds
