"""Three brokers, replication 3, two must confirm: any one of them is killed under load while two converters run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scenarios.harness.compose import CLUSTER, Compose, composed
from tests.scenarios.harness.load import assert_clean, customers, load, wait_for_progress

pytestmark = pytest.mark.faults
RATE = 15.0  # three brokers, two converters, a database: enough for a machine of two cores


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    with composed(tmp_path_factory.mktemp("cluster"), CLUSTER) as running:
        yield running


@pytest.mark.parametrize("victim", ["kafka", "kafka-2", "kafka-3"])
def test_work_goes_on_without_any_one_broker_and_nothing_is_lost_or_doubled(compose: Compose, victim: str) -> None:
    before = customers(compose)
    with load(compose, seed=len(victim) * 100 + before, rate=RATE):
        wait_for_progress(compose)
        compose.kill(victim)
        wait_for_progress(compose, more=40, seconds=90)
        compose.start(victim)
        wait_for_progress(compose, more=40, seconds=90)
    assert_clean(compose, at_least=before + 80, notifier_ran=True)
