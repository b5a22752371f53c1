"""5,000 customers, 60,000 orders in a random order with repeats, 20 SIGKILLs over two notifiers: exactly 5,000 first sales."""

from __future__ import annotations

import pytest

from tests.scenarios.harness.chaos import new_seed
from tests.scenarios.harness.first_sales import Sales, assert_each_is_told_once, tell_while_killing
from tests.scenarios.harness.world import fresh_world
from tests.stack import Stack

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("instances", [["one"], ["one", "two"]], ids=["one instance", "two instances"])
def test_five_thousand_first_sales_under_twenty_kills(
    stack: Stack, tmp_path_factory: pytest.TempPathFactory, instances: list[str]
) -> None:
    sales = Sales(customers=5_000, orders=60_000, kills=20, seed=new_seed())
    with fresh_world(stack, tmp_path_factory.mktemp("world")) as world:
        tell_while_killing(world, sales, instances)
        assert_each_is_told_once(world, sales)
