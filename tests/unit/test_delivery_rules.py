"""The small pure parts: the ladder, the journal's blocks, failpoints, isolation, where to start, decoding."""

from __future__ import annotations

import math
import os
import pickle
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.delivery import journal
from leadline.delivery.assignment import Start, decide_start
from leadline.delivery.decode import Decoder
from leadline.delivery.failpoints import NAMES, FailpointError, Failpoints
from leadline.delivery.intake import Taken
from leadline.delivery.isolate import handle_isolated
from leadline.delivery.ladder import Ladder
from leadline.delivery.message import DeadLetter, Done, Failure, Message, Outcome, Retry, Rung
from leadline.delivery.ports import Claim, LogRange, Partition, Step
from leadline.delivery.record import Origin, Outgoing
from leadline.delivery.trail import Death, Trail, dead_letter_headers, retry_headers
from leadline.errors import LeadlineError, OffsetsMoved, SetupError, Unavailable
from tests.fake_service import FakeHandler, MomentError, a_message, a_record
from tests.fakes import FakeWork, Tables

LADDER = Ladder.from_delays("svc", {"5s": 5.0, "1m": 60.0})
P = Partition("in", 0)


def test_each_failure_leads_to_the_next_rung_and_the_last_to_none() -> None:
    assert [LADDER.after(attempt) for attempt in (1, 2, 3, 4)] == [Rung("5s", 5.0), Rung("1m", 60.0), None, None]
    assert LADDER.delays_by_topic == {"svc.retry.5s": 5.0, "svc.retry.1m": 60.0}


texts = st.text(st.characters(codec="utf-8"), max_size=10)
values = st.none() | st.binary(max_size=20)
outgoing = st.builds(Outgoing, texts, values, values, st.lists(st.tuples(texts, values), max_size=4))


@settings(deadline=None, max_examples=50)
@given(st.lists(outgoing, max_size=5))
def test_the_journal_gives_back_the_same_records(records: list[Outgoing]) -> None:
    assert journal.unpack(journal.pack(records)) == records


def test_a_journal_block_of_another_version_stops_the_start_with_a_sentence() -> None:
    with pytest.raises(LeadlineError, match="another version"):
        journal.unpack(b"\x02" + journal.pack([])[1:])


def test_a_journal_block_that_asks_for_code_is_refused() -> None:
    evil = zstandard.ZstdCompressor().compress(pickle.dumps([os.system]))
    with pytest.raises(pickle.UnpicklingError, match="asks for"):
        journal.unpack(journal.VERSION + evil)


@pytest.mark.parametrize("armed", ["", " ", "on-assign=1:kill", " after-poll=2:raise , before-kafka-commit=3:sleep,"])
def test_a_failpoint_can_be_armed_by_name_count_and_action(armed: str) -> None:
    Failpoints(armed).pass_by("on-revoke")


@pytest.mark.parametrize(
    "wrong",
    [
        "after-poll",
        "after-poll=1",
        "after-poll=0:kill",
        "after-poll=x:kill",
        "nowhere=1:kill",
        "after-poll=1:explode",
        "after-poll=-1:kill",
    ],
)
def test_a_failpoint_that_cannot_be_understood_stops_the_start(wrong: str) -> None:
    with pytest.raises(SetupError, match="LEADLINE_FAILPOINTS"):
        Failpoints(wrong)


def test_a_failpoint_acts_at_its_count_once_and_only_at_its_name() -> None:
    points = Failpoints("after-poll=2:raise")
    for name in NAMES:
        points.pass_by(name)
    with pytest.raises(FailpointError, match="after-poll"):
        points.pass_by("after-poll")
    points.pass_by("after-poll")


def isolated(values: Sequence[str], handler: FakeHandler, work: FakeWork, rung: Rung | None = None) -> list[Outcome]:
    messages = [a_message(value, offset=offset, next_rung=rung) for offset, value in enumerate(values)]
    return list(handle_isolated(handler, work, messages, lambda error: not isinstance(error, MomentError)))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(["ok", "boom", "dead"]), max_size=12))
def test_every_record_that_is_at_fault_is_found_and_no_other_and_the_order_is_kept(behaviours: list[str]) -> None:
    work = FakeWork(Tables())
    outcomes = isolated([f"k{n}|{b}" for n, b in enumerate(behaviours)], FakeHandler(), work)
    found = ["ok" if isinstance(o, Done) else "boom" if o.failure.code == "UNEXPECTED_ERROR" else "dead" for o in outcomes]
    assert found == behaviours
    assert work.tables.effects == [f"k{n}|{b}" for n, b in enumerate(behaviours) if b != "boom"], "each effect once"


@pytest.mark.parametrize("place", [0, 1, 511, 1023])
def test_one_bad_record_among_1024_costs_two_calls_a_halving(place: int) -> None:
    handler = FakeHandler()
    isolated([f"k{n}|{'boom' if n == place else 'ok'}" for n in range(1024)], handler, FakeWork(Tables()))
    again_alone = 1
    assert len(handler.calls) <= 1 + 2 * math.log2(1024) + again_alone


def test_a_good_batch_is_handled_in_one_call() -> None:
    handler = FakeHandler()
    isolated(["a|ok", "b|ok", "c|ok"], handler, FakeWork(Tables()))
    assert len(handler.calls) == 1


def test_a_bad_record_climbs_the_ladder_and_falls_to_the_dead_letters_behind_it() -> None:
    noted = [Outgoing("failed", b"a", b"a|boom", [])]
    (retried,) = isolated(["a|boom"], FakeHandler(), FakeWork(Tables()), Rung("5s", 5.0))
    (dead,) = isolated(["a|boom"], FakeHandler(), FakeWork(Tables()))
    assert isinstance(retried, Retry)
    assert isinstance(dead, DeadLetter)
    assert retried.emit == dead.emit == noted
    assert dead.failure.message == "unexpected ValueError", "no data of the record"
    assert "a|boom" not in dead.failure.stack


def test_a_record_whose_failure_cannot_even_be_noted_is_decided_without_a_note() -> None:
    handler = FakeHandler()
    handler.on_failure_raises = True
    assert [o.emit for o in isolated(["a|boom", "b|ok"], handler, FakeWork(Tables()))] == [
        [],
        [Outgoing("out", b"b", b"b|ok", [])],
    ]


@pytest.mark.parametrize("others", [[], ["b|ok"], ["b|boom"]])
def test_what_is_no_records_fault_is_raised(others: list[str]) -> None:
    with pytest.raises(MomentError):
        isolated([*others, "a|moment"], FakeHandler(), FakeWork(Tables()))


def test_an_unavailable_database_is_no_records_fault() -> None:
    class Away(FakeHandler):
        def _one(self, transaction: object, message: Message) -> Done:
            raise Unavailable

    with pytest.raises(Unavailable):
        isolated(["a|ok", "b|ok"], Away(), FakeWork(Tables()))


@pytest.mark.parametrize(
    ("stored", "committed", "log", "start"),
    [
        (None, None, LogRange(0, 9), Start(0, None, is_first=True)),
        (None, None, LogRange(4, 9), Start(4, None, is_first=True)),
        (None, 4, LogRange(4, 9), Start(4, None, is_first=True)),
        (None, 5, LogRange(4, 9), None),
        (7, 7, LogRange(0, 9), Start(7, None, is_first=False)),
        (9, 9, LogRange(0, 9), Start(9, None, is_first=False)),
        (7, 3, LogRange(0, 9), Start(7, 3, is_first=False)),
        (7, None, LogRange(0, 9), None),
        (3, 7, LogRange(0, 9), None),
        (3, 3, LogRange(4, 9), None),
        (10, 10, LogRange(0, 9), None),
        (10, 3, LogRange(0, 9), None),
    ],
)
def test_a_partition_starts_where_database_group_and_log_agree_and_nowhere_else(
    stored: int | None, committed: int | None, log: LogRange, start: Start | None
) -> None:
    if start is None:
        with pytest.raises(OffsetsMoved, match=r"leadline offsets move in/0 --to"):
            decide_start(P, Claim(1, stored), committed, log)
    else:
        assert decide_start(P, Claim(1, stored), committed, log) == start


def test_retry_topics_come_first_in_a_batch() -> None:
    taken = Taken({P: [a_record("a|ok")], Partition("svc.retry.1m", 0): [a_record("b|ok", topic="svc.retry.1m")]})
    places = dict.fromkeys(taken.records, 0)
    batch = Decoder(FakeHandler(), LADDER, "").batch(taken, places, dict.fromkeys(taken.records, 1), None)
    assert [portion.step.partition.topic for portion in batch.portions] == ["svc.retry.1m", "in"]
    assert batch.offsets == dict.fromkeys(taken.records, 1)


def test_a_step_reaches_behind_the_last_record_and_behind_a_marker() -> None:
    decoder = Decoder(FakeHandler(), LADDER, "")
    batch = decoder.batch(Taken({P: [a_record("a|ok", offset=4)]}, {P: 7}), {P: 4}, {P: 2}, None)
    assert batch.steps == [Step(P, epoch=2, before=4, after=7)]
    assert decoder.batch(Taken({}, {P: 9}), {P: 7}, {P: 2}, None).steps == [Step(P, epoch=2, before=7, after=9)]


@pytest.mark.parametrize("replayed", [False, True])
def test_a_service_sees_a_retried_or_replayed_record_as_it_stood_where_it_first_came_from(replayed: bool) -> None:
    origin = Origin("p.in", 4, 1_842, 500)
    first = a_message("a|ok")
    trail = Trail(first.record, origin, first.attempt)
    failure = Failure("AGAIN", "again")
    topic = "svc.replay" if replayed else "svc.retry.5s"
    death = Death("svc", failure, datetime(2026, 11, 22, tzinfo=UTC), None)
    block = dead_letter_headers(trail, death) if replayed else retry_headers(trail, failure, attempts=1)
    lies_at = Partition(topic, 0)
    taken = Taken({lies_at: [a_record("a|ok", topic=topic, offset=7, headers=block)]})
    handler = FakeHandler()
    decoder = Decoder(handler, LADDER, "p.")
    batch = decoder.batch(taken, {lies_at: 7}, {lies_at: 1}, None)
    decoder.decode(batch)
    assert [tuple(record[:4]) for record in handler.decoded] == [("in", 4, 1_842, 500)]
    (message,) = batch.shares[0].messages
    assert (message.record.topic, message.record.offset, message.record.headers) == (topic, 7, [])
    assert (message.next_rung, message.is_replay) == (LADDER.after(1 if replayed else 2), replayed)


def test_a_record_that_our_code_cannot_read_is_refused_like_one_that_the_contract_refuses() -> None:
    taken = Taken({P: [a_record("a|refuse", offset=0), a_record("no behaviour", offset=1), a_record("b|ok", offset=2)]})
    decoder = Decoder(FakeHandler(), LADDER, "")
    batch = decoder.batch(taken, {P: 0}, {P: 1}, None)
    decoder.decode(batch)
    (share,) = batch.shares
    assert [(r.trail.record.offset, r.failure.code) for r in share.rejections] == [(0, "SCHEMA_INVALID"), (1, "UNEXPECTED_ERROR")]
    assert [message.record.offset for message in share.messages] == [2]
