"""500 customers, 6,000 orders in a random order with repeats, 5 SIGKILLs: everybody who is to hear of a first sale hears once.

`tests/faults` has ten times as much of it.
"""

from __future__ import annotations

from tests.scenarios.harness.chaos import new_seed
from tests.scenarios.harness.first_sales import Sales, assert_each_is_told_once, tell_while_killing
from tests.scenarios.harness.world import World


def test_first_sales_are_told_once_each_whatever_kills_the_notifier(world: World) -> None:
    sales = Sales(customers=500, orders=6_000, kills=5, seed=new_seed())
    tell_while_killing(world, sales, ["one"])
    assert_each_is_told_once(world, sales)
