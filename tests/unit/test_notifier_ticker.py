"""The process tells its own partitions the time, now and then, whatever happens to single ticks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from leadline.errors import Unavailable
from services.notifier.ticker import FIRST_SECONDS, INTERVAL_SECONDS, keep_ticking


def waiting(turns: int, waited: list[float]) -> Callable[[float], bool]:
    """No time passes: notes how long was to be waited, and ends after so many turns."""

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return len(waited) > turns

    return wait


def test_every_owned_partition_is_told_and_those_of_others_are_not() -> None:
    told: list[Sequence[int]] = []
    waited: list[float] = []
    owned = iter([[0, 1], [], [1]])
    keep_ticking(lambda: next(owned), told.append, waiting(3, waited))
    assert told == [[0, 1], [1]]
    assert waited == [FIRST_SECONDS, *[INTERVAL_SECONDS] * 3]


def test_a_tick_that_could_not_be_written_is_made_up_for_soon() -> None:
    waited: list[float] = []

    def tell(_: Sequence[int]) -> None:
        raise Unavailable("no broker")

    keep_ticking(lambda: [0], tell, waiting(2, waited))
    assert waited == [FIRST_SECONDS] * 3
