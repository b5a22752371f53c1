"""Load under which things break, and the verdict of the independent checker afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from tests.faults.checker import Facts, judge
from tests.faults.checker.judge import count
from tests.faults.checker.source import Source, Target
from tests.faults.load import Load
from tests.scenarios.harness.waiting import wait_until

RATE = 40.0
PATIENCE_SECONDS = 60.0


class Place(Protocol):
    """An installation, whoever runs its processes."""

    @property
    def bootstrap(self) -> str:
        """The broker's address."""

    @property
    def prefix(self) -> str:
        """Of its topics."""

    @property
    def database_url(self) -> str:
        """With the password."""

    @property
    def folder(self) -> Path:
        """For what tests write down."""

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Ask the converter's tables."""


@contextmanager
def load(place: Place, seed: int, rate: float = RATE) -> Iterator[Load]:
    """Send leads while the block runs; at its end everything is sent and its outcome known."""
    generator = Load(place.bootstrap, place.prefix, ledger_of(place), seed)
    generator.start(rate)
    try:
        yield generator
    finally:
        generator.stop()


def ledger_of(place: Place) -> Path:
    """Where this place's load writes down what it asked for."""
    return place.folder / "ledger.jsonl"


def customers(place: Place) -> int:
    """How many there are."""
    return int(place.rows("SELECT count(*) FROM customer")[0][0])


def wait_for_progress(place: Place, more: int = 20, seconds: float = 40.0) -> None:
    """Wait until so many customers more have been made."""
    goal = customers(place) + more
    wait_until(lambda: customers(place) >= goal, seconds=seconds, what=f"{more} more customers")


def assert_clean(place: Place, at_least: int, *, notifier_ran: bool = False) -> Facts:
    """Wait for the pipeline to rest, then ask the checker: nothing lost, doubled, torn, out of order."""
    target = Target(place.bootstrap, place.database_url, place.prefix, ledger_of(place), notifier_ran)
    with Source(target) as source:
        facts = source.wait_until_quiet(PATIENCE_SECONDS)
    violations = judge(facts)
    counts = count(facts)
    print(counts)
    assert not violations, f"{len(violations)} violations, the first: {violations[:20]}; {counts}"
    assert counts["customers"] >= at_least, f"a clean verdict over too little: {counts}"
    return facts
