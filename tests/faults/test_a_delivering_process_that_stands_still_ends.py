"""A delivering process whose loop is blocked for good is noticed from outside the loop."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from leadline.local.process import Command, kill_group, spawn_logged
from tests.scenarios.harness.delivery import SECRET, SETTINGS, Way, register
from tests.scenarios.harness.notices import Teller, notice
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World, fresh_world
from tests.stack import Stack

pytestmark = pytest.mark.faults


def test_it_ends_within_30_seconds_with_a_status_that_is_restarted(stack: Stack, tmp_path: Path) -> None:
    blocked = (
        "import time\n"
        "from services.notifier.deliver import __main__ as process\n"
        "from services.notifier.deliver.channels import webhook\n"
        "webhook.sign = lambda *_: time.sleep(3600)\n"
        "process.main()\n"
    )
    with fresh_world(stack, tmp_path) as world:
        register(world, [Way("rep-1", "webhook", "http://127.0.0.1:9/", (SECRET,))])
        Teller(world.bootstrap, world.prefix).tell([notice(1)])
        env = {**world.environment, **SETTINGS, "LEADLINE_INSTANCE": "stuck"}
        process = spawn_logged(Command([sys.executable, "-c", blocked], env=env), world.folder / "stuck.log")
        try:
            wait_until(lambda: claimed(world) == 1, seconds=30, what="it is at the delivery")
            began = time.monotonic()
            wait_until(lambda: process.poll() is not None, seconds=30, what="it has ended")
        finally:
            kill_group(process)
        print(f"ended {time.monotonic() - began:.1f} s after it stood still")
        assert process.returncode == 1


def claimed(world: World) -> int:
    return int(world.rows("SELECT count(*) FROM notifier.delivery WHERE state = 'claimed'")[0][0])
