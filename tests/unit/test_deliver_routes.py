"""How many more may set out on a route."""

from __future__ import annotations

from services.notifier.deliver.routes import Routes
from services.notifier.domain.breaker import FAILURES, REST_SECONDS
from services.notifier.domain.delivery import Outcome

FAILED, CONFIRMED = Outcome("failed", "500"), Outcome("confirmed")


class Clock:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_is_under_way_takes_room_until_it_ends() -> None:
    routes = Routes(Clock())
    for _ in range(3):
        routes.begin("a", 3)
    assert routes.rooms() == {"a": 0}
    routes.end("a", CONFIRMED)
    assert routes.rooms() == {"a": 1}


def test_a_route_that_is_idle_and_well_is_forgotten() -> None:
    routes = Routes(Clock())
    routes.begin("a", 3)
    routes.end("a", CONFIRMED)
    assert routes.rooms() == {}


def test_a_route_that_fails_rests_and_the_others_do_not() -> None:
    clock = Clock()
    routes = Routes(clock)
    routes.begin("b", 3)
    for _ in range(FAILURES):
        routes.begin("a", 3)
        routes.end("a", FAILED)
    assert routes.rooms() == {"a": 0, "b": 2}
    clock.now = REST_SECONDS
    assert routes.rooms() == {"a": 1, "b": 2}
    routes.begin("a", 3)
    assert routes.rooms()["a"] == 0, "one at a time, until one has gone well"
    routes.end("a", CONFIRMED)
    assert routes.rooms() == {"b": 2}
