"""A receiver that takes 200 ms for each message. The long form is in tests/faults."""

from __future__ import annotations

from tests.scenarios.harness.slow_receiver import seconds_to_tell
from tests.scenarios.harness.world import World


def test_a_thousand_notices_do_not_wait_for_each_other(world: World) -> None:
    """One after the other would take 200 s."""
    assert seconds_to_tell(world, 1_000, at_most=40.0) < 40
