"""The whole protocol on a broker and a database in memory: crashes at each step, rebalances, what a successor does."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pytest

from leadline.delivery.engine import Engine, Parts
from leadline.delivery.failpoints import FailpointError, Failpoints
from leadline.delivery.handler import Input
from leadline.delivery.ladder import Ladder
from leadline.delivery.ports import Partition, Polled
from leadline.errors import Fenced, OffsetsMoved
from tests.fake_service import FakeHandler
from tests.fakes import CrashError, FakeKafka, FakeLedger, FakeSink, FakeSource

OWN = ("svc.retry.0s", "svc.replay")
P = Partition("in", 0)


@dataclass
class World:
    """What outlives a process: a broker and a database. Retries are due at once."""

    kafka: FakeKafka = field(default_factory=lambda: FakeKafka(["in", *OWN]))
    ledger: FakeLedger = field(default_factory=FakeLedger)

    def engine(self, failpoints: str = "", crashes: tuple[str, ...] = (), handler: FakeHandler | None = None) -> Engine:
        """A fresh process that stops when everything is handled."""
        source, sink = FakeSource(self.kafka), FakeSink(self.kafka)
        sink.crashes += crashes
        ladder = Ladder.from_delays("svc", {"0s": 0.0})
        engine = Engine(handler or FakeHandler(), Parts(source, sink, self.ledger, ladder, Failpoints(failpoints)))
        source.on_idle = lambda: engine.stop() if self.kafka.is_done else None
        return engine

    @property
    def out(self) -> list[str]:
        return [(record.value or b"").decode() for record in self.kafka.emitted if record.topic == "out"]


def source_of(engine: Engine) -> FakeSource:
    source = engine._parts.source
    assert isinstance(source, FakeSource)
    return source


def test_everything_that_is_there_is_handled_emitted_and_committed() -> None:
    world = World()
    for number in range(20):
        world.kafka.append("in", f"k{number % 3}|ok|{number}")
    world.engine().run()
    assert world.ledger.tables.effects == world.out == [f"k{n % 3}|ok|{n}" for n in range(20)]
    assert world.kafka.committed[P] == 20


def test_an_engine_says_which_partitions_of_a_topic_it_owns() -> None:
    world = World(kafka=FakeKafka(["in", *OWN], partitions=3))
    engine = world.engine()
    assert engine.owned("in") == []
    engine.run()
    assert engine.owned("in") == [0, 1, 2]
    assert engine.owned("elsewhere") == []


CRASHES: list[tuple[str, tuple[str, ...]]]
CRASHES = [("after-poll=1:raise", ()), ("before-database-commit=1:raise", ()), ("after-database-commit=1:raise", ())]
CRASHES += [("on-assign=1:raise", ()), ("", ("before",)), ("", ("after",))]


@pytest.mark.parametrize(("failpoints", "crashes"), CRASHES)
def test_a_successor_finishes_what_a_crash_left_and_doubles_nothing(failpoints: str, crashes: tuple[str, ...]) -> None:
    world = World()
    stories = ["a|ok|1", "b|retry|1", "a|ok|2", "b|ok|2", "c|boom-once|1", "c|ok|2", "d|dead|1", "e|refuse|1"]
    for story in stories:
        world.kafka.append("in", story)
    with pytest.raises((FailpointError, CrashError)):
        world.engine(failpoints, crashes).run()
    world.engine().run()
    effects = world.ledger.tables.effects
    assert Counter(effects) == Counter(stories[:-1]) + Counter(["b|retry|1"]), "the failed attempt of c was undone"
    for key in "abcd":
        of_key = [each for each in effects if each.startswith(key)]
        assert of_key == sorted(of_key, key=lambda each: each[-1]), "the order of a key is kept"
    assert Counter(world.out) == Counter(effects), "each effect is told once"
    assert [r.value for r in world.kafka.emitted if r.topic == "svc.dlq"].count(b"e|refuse|1") == 1
    assert world.ledger.tables.waiting == {}


@pytest.mark.parametrize("crash", ["before", "after"])
def test_emissions_of_a_key_from_two_partitions_keep_their_order_over_a_crash(crash: str) -> None:
    """What comes from retry is handled first, though its topic's name sorts last."""
    world = World()
    world.kafka.append("in", "k|ok|2")
    world.kafka.append("svc.retry.0s", "k|ok|1")
    with pytest.raises(CrashError):
        world.engine(crashes=(crash,)).run()
    world.engine().run()
    assert world.out == world.ledger.tables.effects == ["k|ok|1", "k|ok|2"]


def test_a_zombie_that_wakes_up_writes_nothing() -> None:
    world = World()
    world.kafka.append("in", "a|ok|1")
    zombie = world.engine()
    source = source_of(zombie)
    source.script = [lambda: world.engine().run()]  # while it slept, another took everything over
    with pytest.raises(Fenced):
        zombie.run()
    assert world.ledger.tables.effects == world.out == ["a|ok|1"]


def test_offsets_that_contradict_each_other_stop_the_start() -> None:
    world = World()
    world.kafka.append("in", "a|ok|1")
    world.engine().run()
    world.kafka.committed[P] = 99
    with pytest.raises(OffsetsMoved, match="leadline offsets move in/0"):
        world.engine().run()


def test_a_group_that_was_deleted_does_not_emit_the_last_batch_again() -> None:
    world = World()
    world.kafka.append("in", "a|ok|1")
    world.engine().run()
    world.kafka.committed.clear()  # after offsets.retention.minutes without members, or by kafka-consumer-groups --delete
    with pytest.raises(OffsetsMoved, match="offset is gone"):
        world.engine().run()
    assert world.out == ["a|ok|1"]


def test_what_was_polled_early_does_not_jump_over_what_was_given_up_in_a_rebalance() -> None:
    """A batch that waits for room loses its partition; what was polled behind it is not handled in its place."""
    world = World()
    for number in range(4):
        world.kafka.append("in", f"a|ok|{number}")
    engine, log = world.engine(), world.kafka.logs[P]
    source = source_of(engine)

    def go_and_come_back() -> Polled:
        source.revoke([P])
        source.assign([P])
        return Polled([], {})

    source.script = [lambda: Polled(log[:2], {}), lambda: Polled(log[2:], {}), go_and_come_back]
    submit, is_full = engine._pipeline.submit, iter([True, True])
    engine._pipeline.submit = lambda batch, timeout: not next(is_full, False) and submit(batch, timeout)  # type: ignore[method-assign]
    engine.run()
    assert world.ledger.tables.effects == [f"a|ok|{number}" for number in range(4)]


def test_requests_wait_in_the_engine_for_the_events_that_they_rely_on() -> None:
    handler = FakeHandler([Input("events"), Input("in", after="events")])
    world = World(FakeKafka(["events", "in", *OWN]))
    world.kafka.append("in", "a|ok|request")
    world.kafka.append("events", "a|first|event")
    engine = world.engine(handler=handler)
    source_of(engine).script = [lambda: Polled(world.kafka.logs[P][:], {})]  # the request is polled before the event
    engine.run()
    assert world.ledger.tables.effects == ["a|first|event", "a|ok|request"]


def test_an_error_is_told_before_the_group_is_left() -> None:
    world = World()
    world.kafka.append("in", "a|ok|1")
    engine = world.engine("after-poll=1:raise")
    source = source_of(engine)
    heard: list[bool] = []
    engine._parts = Parts(
        source, FakeSink(world.kafka), world.ledger, engine._parts.ladder, engine._parts.failpoints,
        on_error=lambda _: heard.append(source.closed),
    )  # fmt: skip
    with pytest.raises(FailpointError):
        engine.run()
    assert (heard, source.closed) == ([False], True)
