"""A container is a process like any other: killed, frozen and cut off under load, nothing is lost and nothing doubled.

Each container in its turn, and the cluster: tests/faults.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scenarios.harness.compose import Compose, composed, engine
from tests.scenarios.harness.load import assert_clean, load, wait_for_progress
from tests.scenarios.harness.waiting import wait_until

CONVERTERS = ("converter-1", "converter-2")


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    with composed(tmp_path_factory.mktemp("compose")) as running:
        yield running


def test_no_process_of_the_installation_is_root(compose: Compose) -> None:
    users = {each: _users(each) for each in compose.run("ps", "--quiet").split()}

    assert len(users) == 7, "kafka, postgres, two converters, notifier, deliver, projector"
    assert all(users.values())
    assert [each for each, found in users.items() if "0" in found] == []


def test_two_converters_in_containers_lose_and_double_nothing_whatever_is_done_to_them(compose: Compose) -> None:
    with load(compose, seed=71):
        wait_for_progress(compose)
        compose.kill("converter-1")
        wait_for_progress(compose)
        compose.start("converter-1")
        compose.pause("converter-2")
        wait_for_progress(compose, seconds=60)
        compose.unpause("converter-2")
        compose.disconnect("converter-1")
        wait_for_progress(compose, seconds=60)
        compose.connect("converter-1")
        wait_for_progress(compose)
    assert_clean(compose, at_least=100, notifier_ran=True)
    wait_until(
        lambda: {compose.health(each) for each in CONVERTERS} == {"healthy"}, seconds=60, what="both converters are healthy"
    )


def _users(container: str) -> list[str]:
    return [line.split()[1] for line in engine("top", container, "-eo", "pid,uid").splitlines()[1:]]
