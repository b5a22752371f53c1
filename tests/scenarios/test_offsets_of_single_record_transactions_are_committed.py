"""The corrections of Faust's driver, on a real broker: what is read, and what is committed behind it."""

from __future__ import annotations

import time

from leadline.kafka.admin import Cluster, committed_offsets, log_ends
from tests.scenarios.harness.notices import TOPIC, Teller, notice
from tests.scenarios.harness.partitions import PARTITIONS
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

COUNT = 1000
SECONDS = 10.0


def test_a_thousand_transactions_of_one_record_are_committed_within_ten_seconds(world: World) -> None:
    """Faust 0.15.3 as it is had committed 71 of them after 36 s."""
    Teller(world.bootstrap, world.prefix).tell_each([notice(number, f"rep-{number % 50}") for number in range(COUNT)])
    world.start("notifier.deliver", "warm")
    wait_until(lambda: letters(world) == COUNT, seconds=30, what="every notice is in the ledger")
    began = time.monotonic()
    wait_until(lambda: left(world) == 0, seconds=SECONDS, what="every record is behind the committed offsets")
    print(f"committed {time.monotonic() - began:.1f} s after the last was taken")


def left(world: World) -> int:
    """How many offsets are not committed, but for the marker at the end of each partition."""
    cluster = Cluster({"bootstrap.servers": world.bootstrap}, world.prefix)
    places = [(TOPIC, number) for number in range(PARTITIONS)]
    committed = committed_offsets(cluster, f"{world.prefix}notifier.deliver")
    ends = log_ends(cluster, places)
    return sum(max(0, ends[place] - 1 - committed.get(place, 0)) for place in places)


def letters(world: World) -> int:
    return int(world.rows("SELECT count(*) FROM notifier.letter")[0][0])
