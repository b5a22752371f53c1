"""What became of a replayed record is written with its handling, and follows from nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from leadline.delivery.batch import Batch
from leadline.delivery.ports import Partition
from leadline.delivery.record import Record
from leadline.delivery.replayed import QUIET
from leadline.delivery.trail import replay_headers
from tests.fake_service import a_record
from tests.unit.applier_bench import Bench, dead_letter, outgoing

JOB = "job-1"


def replayed(bench: Bench, value: str, *, is_told: bool = False) -> Record:
    """A record that died at its first attempt as a job sends it, mended: it does now what `value` says."""
    died = dead_letter(bench, f"{value[0]}|dead")
    return a_record(value, topic="svc.replay", headers=replay_headers(died.headers, JOB, is_told=is_told))


def rows(bench: Bench) -> list[tuple[object, ...]]:
    return [tuple(row) for row in bench.ledger.tables.replayed.values()]


def retried(batch: Batch, bench: Bench) -> Record:
    """The record that the batch has put on a rung, as it comes back."""
    (record,) = (each for each in outgoing(batch) if each.topic.startswith("svc.retry."))
    bench.ledger.tables.progress.setdefault(Partition(record.topic, 0), (1, 0))
    return a_record((record.value or b"").decode(), topic=record.topic, headers=record.headers)


def quiet(batch: Batch) -> Sequence[bool]:
    return [QUIET in record.headers for record in outgoing(batch) if not record.topic.startswith("svc.")]


def test_a_replay_that_is_done_is_proved_in_the_transaction_of_its_effects() -> None:
    bench = Bench()
    record = replayed(bench, "a|ok")
    bench.ledger.faults = ["commit:lost"]
    bench.apply(bench.batch(record))
    assert rows(bench) == [("in/0/0", 1, JOB, "done", None, "conversion of a")]
    assert [work.calls.count("save_replay_outcomes") for work in bench.ledger.works] == [0, 1, 1]


def test_a_replay_on_a_rung_is_retrying_until_it_is_done() -> None:
    bench = Bench()
    record = retried(bench.apply(bench.batch(replayed(bench, "a|boom-once"))), bench)
    assert rows(bench) == [("in/0/0", 1, JOB, "retrying", "UNEXPECTED_ERROR", "conversion of a")]
    bench.apply(bench.batch(record))
    assert rows(bench) == [("in/0/0", 1, JOB, "done", None, "conversion of a")]


def test_a_replay_that_dies_again_is_dead_with_its_code_and_remembers_its_job() -> None:
    bench = Bench()
    batch = bench.apply(bench.batch(replayed(bench, "a|retry")))
    for _ in range(2):
        batch = bench.apply(bench.batch(retried(batch, bench)))
    assert rows(bench) == [("in/0/0", 1, JOB, "dead", "DEAD", "conversion of a")]
    (dead,) = (dict(record.headers) for record in outgoing(batch) if record.topic == "svc.dlq")
    assert (dead["dlq-replay-id"], dead["dlq-replays"]) == (JOB.encode(), b"1")


def test_a_replay_that_still_cannot_be_read_is_dead_with_the_code_of_today() -> None:
    bench = Bench()
    bench.apply(bench.batch(replayed(bench, "a|refuse")))
    assert rows(bench) == [("in/0/0", 1, JOB, "dead", "SCHEMA_INVALID", None)]


def test_a_replay_that_waits_behind_an_earlier_record_of_its_key_is_retrying() -> None:
    bench = Bench()
    record = replayed(bench, "a|ok")
    bench.run("a|retry|first")
    bench.apply(bench.batch(record))
    assert rows(bench) == [("in/0/0", 1, JOB, "retrying", None, "conversion of a")]


def test_a_replay_that_comes_twice_is_done_if_one_of_the_two_is() -> None:
    bench = Bench()
    record = replayed(bench, "a|ok")
    bench.apply(bench.batch(record, record._replace(value=b"a|dead")))
    bench.apply(bench.batch(record._replace(value=b"a|dead")))
    assert rows(bench) == [("in/0/0", 1, JOB, "done", None, "conversion of a")]


def test_a_record_that_was_put_there_by_hand_is_proved_without_a_job() -> None:
    bench = Bench()
    bench.apply(bench.batch(dead_letter(bench, "a|dead")))
    assert rows(bench) == [("in/0/0", 1, "", "dead", "DEAD", "conversion of a")]


def test_records_that_nobody_has_replayed_cost_no_statement_and_leave_no_row() -> None:
    bench = Bench()
    batch = bench.run("a|retry", "b|dead", "c|refuse", "d|ok")
    bench.apply(bench.batch(retried(batch, bench)))
    assert all("save_replay_outcomes" not in work.calls for work in bench.ledger.works)
    assert rows(bench) == []


def test_what_follows_from_a_replay_is_marked_quiet_unless_people_are_to_be_told() -> None:
    bench = Bench()
    assert quiet(bench.apply(bench.batch(replayed(bench, "a|ok"), replayed(bench, "b|dead"), replayed(bench, "c|refuse")))) == [
        True,
        True,
        True,
    ]
    assert quiet(bench.apply(bench.batch(replayed(bench, "d|ok", is_told=True)))) == [False]
    assert quiet(bench.run("e|ok")) == [False]


def test_a_replay_stays_quiet_or_not_on_its_way_through_retry() -> None:
    for is_told in (False, True):
        bench = Bench()
        record = retried(bench.apply(bench.batch(replayed(bench, "a|boom-once", is_told=is_told))), bench)
        assert quiet(bench.apply(bench.batch(record))) == [not is_told]
