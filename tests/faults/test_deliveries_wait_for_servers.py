"""The database is away for longer than a delivering process may stand still, the broker restarts: everybody is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.notifier.domain.delivery import delivery_id
from tests.scenarios.harness.delivery import SECRET, SETTINGS, Way, letters, over, register
from tests.scenarios.harness.notices import Teller, notice
from tests.scenarios.harness.receiver import Receiver, receiving
from tests.scenarios.harness.waiting import assert_stays, wait_until
from tests.scenarios.harness.world import World, fresh_world
from tests.stack import OwnStack, start_stack

pytestmark = pytest.mark.faults
AWAY_SECONDS = 25.0
PATIENCE_SECONDS = 60.0


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[OwnStack]:
    with start_stack(tmp_path / "stack") as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def own_world(own_stack: OwnStack, receiver: Receiver, tmp_path: Path) -> Iterator[World]:
    with fresh_world(own_stack, tmp_path) as world:
        register(world, [Way("rep-1", "webhook", receiver.url("well", "rep-1"), (SECRET,))])
        yield world


def assert_told(receiver: Receiver, notices: int) -> None:
    url = receiver.url("well", "rep-1")
    assert receiver.taken["rep-1"].keys() == {delivery_id(f"N-{number}", "webhook", url) for number in range(notices)}


def test_while_the_database_is_away_the_process_waits_and_goes_on_afterwards(
    own_world: World, own_stack: OwnStack, receiver: Receiver
) -> None:
    instance = own_world.start("notifier.deliver", **SETTINGS)
    teller = Teller(own_world.bootstrap, own_world.prefix)
    teller.tell([notice(0)])
    wait_until(lambda: over(own_world) == 1, seconds=PATIENCE_SECONDS, what="the first is delivered")
    own_stack.postgres.stop()
    teller.tell([notice(number) for number in range(1, 50)])
    assert_stays(lambda: not instance.statuses, seconds=AWAY_SECONDS, what="the process waits")
    own_stack.postgres.start()
    wait_until(lambda: over(own_world) == 50, seconds=PATIENCE_SECONDS, what="all are delivered")
    assert_told(receiver, 50)


def test_a_broker_that_restarts_loses_nothing(own_world: World, own_stack: OwnStack, receiver: Receiver) -> None:
    own_world.start("notifier.deliver", **SETTINGS)
    Teller(own_world.bootstrap, own_world.prefix).tell([notice(number) for number in range(50)])
    wait_until(lambda: letters(own_world) > 0, seconds=PATIENCE_SECONDS, what="something is taken")
    own_stack.kafka.kill()
    own_stack.kafka.start()
    Teller(own_world.bootstrap, own_world.prefix).tell([notice(number) for number in range(50, 100)])
    wait_until(lambda: over(own_world) == 100, seconds=PATIENCE_SECONDS, what="all are delivered")
    assert_told(receiver, 100)
