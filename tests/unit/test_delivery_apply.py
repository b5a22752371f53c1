"""The database step: the fence first, effects and journal in one commit, whatever the connection does."""

from __future__ import annotations

import pytest

from leadline.delivery import journal
from leadline.delivery.apply import RETRY_SECONDS
from leadline.delivery.failpoints import FailpointError, Failpoints
from leadline.delivery.intake import Taken
from leadline.delivery.ports import JournalRow, Partition
from leadline.errors import Fenced
from tests.fake_service import FakeHandler, MomentError, a_record
from tests.unit.applier_bench import RETRY, Bench, P, dead_letter, outgoing, said


def test_effects_position_and_journal_are_one_commit() -> None:
    bench = Bench()
    batch = bench.run("a|ok", "b|ok")
    assert bench.effects == ["a|ok", "b|ok"]
    assert bench.at(P) == 2
    (row,) = bench.ledger.tables.journal
    assert (row.partition, row.next_offset, journal.unpack(row.records)) == (P, 2, outgoing(batch))
    assert said(outgoing(batch)) == [("out", "a|ok"), ("out", "b|ok")]


def test_a_process_that_lost_a_partition_asks_for_the_fence_and_nothing_else() -> None:
    bench = Bench()
    batch = bench.batch(a_record("a|ok"))
    bench.ledger.claim([P])
    with pytest.raises(Fenced):
        bench.apply(batch)
    assert [work.calls for work in bench.ledger.works] == [["advance"]]
    assert (bench.handler.calls, bench.effects, bench.ledger.tables.journal) == ([], [], [])


def test_the_fence_is_asked_before_anything_else() -> None:
    bench = Bench(emitted={P: 0})
    bench.run("a|ok", "b|boom")
    assert bench.ledger.works[0].calls[:2] == ["advance", "trim_journal"]


def test_the_same_batch_again_is_fenced_off() -> None:
    bench = Bench()
    batch = bench.run("a|ok")
    with pytest.raises(Fenced):
        bench.apply(batch)
    assert bench.effects == ["a|ok"]


def test_an_unknown_commit_that_happened_is_not_done_again() -> None:
    bench = Bench()
    bench.ledger.faults = ["commit:lost-applied"]
    batch = bench.run("a|ok")
    assert (bench.effects, len(bench.ledger.works)) == (["a|ok"], 1)
    assert said(outgoing(batch)) == [("out", "a|ok")]
    assert bench.status.database_available


def test_an_unknown_commit_that_did_not_happen_is_done_again() -> None:
    bench = Bench()
    bench.ledger.faults = ["commit:lost"]
    bench.run("a|ok")
    assert (bench.effects, len(bench.ledger.works)) == (["a|ok"], 2)


def test_an_unknown_commit_is_asked_for_until_the_database_answers() -> None:
    bench = Bench()
    bench.ledger.faults = ["commit:lost-applied", "progress", "progress"]
    bench.run("a|ok")
    assert (bench.effects, len(bench.ledger.works)) == (["a|ok"], 1)


def test_somebody_else_may_have_taken_over_while_the_database_was_away() -> None:
    bench = Bench()
    batch = bench.batch(a_record("a|ok"))
    bench.ledger.faults = ["commit:lost"]
    bench.paused_seconds = type("Claims", (list,), {"append": lambda _, __: bench.ledger.claim([P])})()
    with pytest.raises(Fenced, match="took a partition over"):
        bench.apply(batch)
    assert bench.effects == []


def test_a_database_that_is_away_is_waited_for_with_longer_and_longer_pauses() -> None:
    bench = Bench()
    bench.ledger.faults = ["begin", *["progress"] * 6]
    bench.run("a|ok")
    assert bench.paused_seconds == [*RETRY_SECONDS, RETRY_SECONDS[-1], RETRY_SECONDS[-1]]
    assert bench.effects == ["a|ok"]


def test_what_is_nobodys_fault_leaves_nothing_behind() -> None:
    bench = Bench()
    with pytest.raises(MomentError):
        bench.run("a|ok", "b|moment")
    assert (bench.effects, bench.at(P), bench.ledger.tables.journal) == ([], 0, [])


def test_a_crash_before_the_commit_leaves_nothing_behind() -> None:
    bench = Bench(failpoints=Failpoints("before-database-commit=1:raise"))
    with pytest.raises(FailpointError):
        bench.run("a|ok")
    assert (bench.effects, bench.at(P), bench.ledger.tables.journal) == ([], 0, [])


def test_what_kafka_has_is_trimmed_and_what_it_may_lack_is_kept() -> None:
    bench = Bench()
    bench.run("a|ok")
    bench.run("b|ok")
    bench.emitted[P] = 1
    bench.run("c|ok")
    assert [row.next_offset for row in bench.ledger.tables.journal] == [2, 3]


def test_a_batch_that_emits_nothing_has_no_journal_row() -> None:
    bench = Bench()
    bench.apply(bench.decoded(Taken({}, {P: 3}), {P: 0}))
    assert (bench.at(P), bench.ledger.tables.journal) == (3, list[JournalRow]())


def test_dead_letters_leave_beside_their_emissions_in_the_order_of_the_input() -> None:
    batch = Bench().run("a|ok", "b|dead", "c|refuse", "d|ok")
    assert said(outgoing(batch)) == [
        ("out", "a|ok"),
        ("out", "b|dead"),
        ("svc.dlq", "b|dead"),
        ("rejected", "c|refuse"),
        ("svc.dlq", "c|refuse"),
        ("out", "d|ok"),
    ]
    dead = [dict(record.headers) for record in outgoing(batch) if record.topic == "svc.dlq"]
    assert [(head["dlq-id"], head["dlq-error-code"]) for head in dead] == [(b"in/0/1", b"DEAD"), (b"in/0/2", b"SCHEMA_INVALID")]
    assert dead[0]["dlq-conversion-id"] == b"conversion of b"
    assert batch.outcomes == {("done", ""): 2, ("dead-letter", "DEAD"): 1, ("dead-letter", "SCHEMA_INVALID"): 1}


def test_later_records_of_a_key_follow_the_first_into_retry_and_other_keys_do_not() -> None:
    bench = Bench()
    batch = bench.run("a|retry|1", "b|ok|1", "a|ok|2", "a|ok|3")
    assert bench.effects == ["a|retry|1", "b|ok|1"]
    retried = [record for record in outgoing(batch) if record.topic == "svc.retry.5s"]
    assert [record.value for record in retried] == [b"a|retry|1", b"a|ok|2", b"a|ok|3"]
    assert [dict(record.headers)["retry-attempts"] for record in retried] == [b"1", b"0", b"0"]
    assert bench.waiting == dict.fromkeys(("in/0/0", "in/0/2", "in/0/3"), "5s")
    assert batch.outcomes[("held-back", "")] == 2


def test_a_record_of_a_later_batch_follows_too() -> None:
    bench = Bench()
    bench.run("a|retry|1")
    batch = bench.run("a|ok|2")
    assert said(outgoing(batch)) == [("svc.retry.5s", "a|ok|2")]


def test_records_that_come_back_from_retry_are_handled_in_their_order_and_wait_no_longer() -> None:
    bench = Bench()
    out = outgoing(bench.run("a|boom-once", "a|ok|2"))
    records = [a_record((r.value or b"").decode(), topic=r.topic, headers=r.headers) for r in out if r.topic == RETRY.topic]
    batch = bench.apply(bench.batch(*records))
    assert said(outgoing(batch)) == [("out", "a|boom-once"), ("out", "a|ok|2")]
    assert bench.effects == ["a|boom-once", "a|ok|2"]
    assert bench.waiting == {}


def test_a_record_that_fails_on_every_rung_dies_with_the_number_of_its_attempts() -> None:
    bench = Bench()
    record = outgoing(bench.run("a|retry"))[-1]
    bench.ledger.tables.progress[Partition("svc.retry.1m", 0)] = (1, 0)
    for rung in ("svc.retry.5s", "svc.retry.1m"):
        assert record.topic == rung
        record = outgoing(bench.run("a|retry", topic=rung, headers=record.headers))[-1]
    assert record.topic == "svc.dlq"
    assert dict(record.headers)["dlq-attempts"] == b"3"
    assert bench.waiting == {}


def test_a_record_that_is_replayed_twice_waits_as_long_as_one_of_the_two_does() -> None:
    bench = Bench()
    replay = dead_letter(bench, "a|dead")
    handler = bench.handler
    first_only = iter(["a|retry", "a|ok"])
    handler.decode = lambda record: FakeHandler.decode(handler, record)._replace(data=next(first_only), repeat_key="a")  # type: ignore[method-assign]
    bench.apply(bench.batch(replay, replay))
    assert handler.calls[-1] == ["a|retry", "a|ok"]
    assert bench.waiting == {"in/0/0": "5s"}


def test_a_record_that_can_no_longer_be_read_does_not_hold_up_its_key_for_ever() -> None:
    """A newer version of the service refuses what an older one put into retry."""
    bench = Bench()
    waits = outgoing(bench.run("a|retry"))[-1]
    bench.apply(bench.batch(a_record("a|refuse", topic=RETRY.topic, headers=waits.headers)))
    assert bench.waiting == {}
    assert said(outgoing(bench.run("a|ok"))) == [("out", "a|ok")]
