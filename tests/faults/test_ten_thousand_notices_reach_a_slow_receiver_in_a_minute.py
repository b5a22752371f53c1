"""The long form: 10,000 notices to a receiver that takes 200 ms for each, by one process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.harness.slow_receiver import seconds_to_tell
from tests.scenarios.harness.world import fresh_world
from tests.stack import Stack

pytestmark = pytest.mark.faults


def test_ten_thousand_notices_are_delivered_in_under_a_minute(stack: Stack, tmp_path: Path) -> None:
    with fresh_world(stack, tmp_path) as world:
        assert seconds_to_tell(world, 10_000, at_most=60.0) < 60
