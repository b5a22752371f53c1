"""Each container of docker-compose.yml is killed under load, broker and database among them; a converter is cut off for 30 s."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.scenarios.harness.compose import Compose, composed
from tests.scenarios.harness.load import assert_clean, customers, load, wait_for_progress

pytestmark = pytest.mark.faults
DOWN_SECONDS = 3.0
CUT_OFF_SECONDS = 30.0


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    with composed(tmp_path_factory.mktemp("compose")) as running:
        yield running


@pytest.mark.parametrize("victim", ["kafka", "postgres", "converter-1", "converter-2", "notifier", "deliver", "projector"])
def test_a_killed_container_loses_and_doubles_nothing(compose: Compose, victim: str) -> None:
    before = customers(compose)
    with load(compose, seed=len(victim) * 1000 + before):
        wait_for_progress(compose)
        compose.kill(victim)
        threading.Event().wait(DOWN_SECONDS)
        compose.start(victim)
        wait_for_progress(compose, more=100, seconds=90)
    assert_clean(compose, at_least=before + 100, notifier_ran=True)


def test_a_converter_cut_off_for_half_a_minute_loses_and_doubles_nothing(compose: Compose) -> None:
    before = customers(compose)
    with load(compose, seed=30_000 + before):
        wait_for_progress(compose)
        compose.disconnect("converter-1")
        threading.Event().wait(CUT_OFF_SECONDS)
        compose.connect("converter-1")
        wait_for_progress(compose, more=100, seconds=90)
    assert_clean(compose, at_least=before + 100, notifier_ran=True)
