"""The long form: 2,000 notices, two delivering processes, 20 SIGKILLs at any step, the steps of a start among them.

LEADLINE_CHAOS_SEED runs the same plan again.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.scenarios.harness.chaos import new_seed
from tests.scenarios.harness.killed_deliveries import Run, assert_everybody_was_told, deliver_under_kills
from tests.scenarios.harness.world import fresh_world
from tests.stack import Stack

pytestmark = pytest.mark.faults


def test_twenty_kills_lose_nothing_and_repeat_only_under_the_same_id(stack: Stack, tmp_path: Path) -> None:
    seed = int(os.environ.get("LEADLINE_CHAOS_SEED") or new_seed())
    with fresh_world(stack, tmp_path) as world:
        run = Run(world, notices=2000, kills=20, seed=seed, lets_them_start=False)
        assert_everybody_was_told(run, deliver_under_kills(run))
