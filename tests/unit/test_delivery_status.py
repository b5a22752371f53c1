"""What several engines of one service are together."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from leadline.delivery.status import STILL_SECONDS, Status, merge

DONE = ("done", "")


def good(**more: Any) -> Status:
    return Status(has_joined=True, assigned_partitions=3, records_in=10, records_out=60, batches=2, **more)


def test_what_engines_have_done_is_added_up() -> None:
    whole = merge([good(outcomes=Counter({DONE: 4})), good(outcomes=Counter({DONE: 5, ("retry", "X"): 1}))])
    assert (whole.assigned_partitions, whole.records_in, whole.records_out, whole.batches) == (6, 20, 120, 4)
    assert whole.outcomes == Counter({DONE: 9, ("retry", "X"): 1})


def test_engines_are_ready_when_each_of_them_is() -> None:
    assert merge([good(), good()]).is_ready
    assert not merge([good(), Status(has_joined=False)]).is_ready
    assert not merge([good(), good(database_available=False)]).is_ready


def test_engines_are_alive_while_each_of_them_turns() -> None:
    assert merge([Status(), Status()]).is_alive
    assert not merge([Status(), Status(last_turn_seconds=time.monotonic() - STILL_SECONDS)]).is_alive
