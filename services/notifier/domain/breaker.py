"""The circuit breaker of a route: after some failures in a row nothing is sent for a while, then one at a time. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple

from services.notifier.domain.delivery import Outcome

FAILURES: Final = 5
REST_SECONDS: Final = 5.0
MOST_REST_SECONDS: Final = 60.0


class Breaker(NamedTuple):
    """How often the route has failed in a row, and until when it rests (seconds of a clock that only goes forward)."""

    failures: int = 0
    rests_until: float = 0.0


WELL: Final = Breaker()


def after(breaker: Breaker, outcome: Outcome, now: float) -> Breaker:
    """The breaker after an attempt. A receiver that names a time to wait is left alone at once."""
    if not outcome.blames_route:
        return WELL
    if now < breaker.rests_until:
        return breaker  # it was under way before the rest began
    failures = breaker.failures + 1
    rest = REST_SECONDS if failures >= FAILURES else 0.0
    wanted = max(rest, outcome.retry_after_seconds or 0.0)
    return Breaker(failures, now + min(wanted, MOST_REST_SECONDS))


def room(breaker: Breaker, now: float, most: int) -> int:
    """How many may be under way on the route: none while it rests, one until it works again."""
    if now < breaker.rests_until:
        return 0
    return 1 if breaker.failures >= FAILURES else most
