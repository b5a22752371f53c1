"""Load under which things break, and the verdict of the independent checker afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.checker import Facts, judge
from tests.faults.checker.judge import count
from tests.faults.checker.source import Source, Target
from tests.faults.load import Load
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

RATE = 40.0
PATIENCE_SECONDS = 60.0


@contextmanager
def load(world: World, seed: int, rate: float = RATE) -> Iterator[Load]:
    """Send leads while the block runs; at its end everything is sent and its outcome known."""
    generator = Load(world.bootstrap, world.prefix, ledger_of(world), seed)
    generator.start(rate)
    try:
        yield generator
    finally:
        generator.stop()


def ledger_of(world: World) -> Path:
    """Where this world's load writes down what it asked for."""
    return world.folder / "ledger.jsonl"


def customers(world: World) -> int:
    """How many there are."""
    return int(world.rows("SELECT count(*) FROM customer")[0][0])


def wait_for_progress(world: World, more: int = 20, seconds: float = 40.0) -> None:
    """Wait until so many customers more have been made."""
    goal = customers(world) + more
    wait_until(lambda: customers(world) >= goal, seconds=seconds, what=f"{more} more customers")


def assert_clean(world: World, at_least: int, *, notifier_ran: bool = False) -> Facts:
    """Wait for the pipeline to rest, then ask the checker: nothing lost, doubled, torn, out of order."""
    target = Target(world.bootstrap, world.database_url, world.prefix, ledger_of(world), notifier_ran)
    with Source(target) as source:
        facts = source.wait_until_quiet(PATIENCE_SECONDS)
    violations = judge(facts)
    counts = count(facts)
    print(counts)
    assert not violations, f"{len(violations)} violations, the first: {violations[:20]}; {counts}"
    assert counts["customers"] >= at_least, f"a clean verdict over too little: {counts}"
    return facts
