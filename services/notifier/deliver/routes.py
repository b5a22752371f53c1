"""What is under way on each route, and how the route has fared: how many more may go there now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from services.notifier.domain.breaker import WELL, Breaker, after, room
from services.notifier.domain.delivery import Outcome


@dataclass(slots=True)
class _Route:
    most: int
    under_way: int = 0
    breaker: Breaker = WELL


class Routes:
    """Routes that are idle and well are not kept. `clock` gives seconds that only go forward."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._routes: dict[str, _Route] = {}

    def begin(self, route: str, most: int) -> None:
        """Something sets out on a route that takes at most so many at once."""
        self._routes.setdefault(route, _Route(most)).under_way += 1

    def end(self, route: str, outcome: Outcome) -> None:
        """It has come to an end."""
        known = self._routes[route]
        known.under_way -= 1
        known.breaker = after(known.breaker, outcome, self._clock())
        if known.under_way == 0 and known.breaker == WELL:
            del self._routes[route]

    def rooms(self) -> dict[str, int]:
        """How many more may set out on each route that is kept; the others have all their room."""
        now = self._clock()
        return {name: max(0, room(each.breaker, now, each.most) - each.under_way) for name, each in self._routes.items()}
