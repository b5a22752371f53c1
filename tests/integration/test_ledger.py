"""The ledger on a real PostgreSQL keeps what `tests/fakes.py` promises in its place."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import errors

from leadline.delivery import journal
from leadline.delivery.isolate import handle_isolated
from leadline.delivery.message import Done, Message, Outcome
from leadline.delivery.ports import Claim, JournalRow, Partition, ReplayOutcome, Step, Waiting
from leadline.delivery.record import Outgoing
from leadline.errors import Unavailable
from leadline.postgres.ledger import PostgresLedger, PostgresWork, is_record_fault
from leadline.postgres.migrate import migrate
from leadline.postgres.pool import connect
from tests.fake_service import FakeHandler, a_message
from tests.waiting import until_blocked

P, Q, RETRY = Partition("in", 0), Partition("in", 1), Partition("a.retry.5s", 0)
SECONDS = 10.0
Fault = Callable[[PostgresWork], object]


@pytest.fixture
def ledger(database_url: str) -> Iterator[PostgresLedger]:
    migrate(database_url, "converter")
    with opened(database_url) as ledger:
        yield ledger


@contextmanager
def opened(url: str, *, group: str = "group", prefix: str = "p.") -> Iterator[PostgresLedger]:
    """A ledger for one thread."""
    ledger = PostgresLedger(url, "converter", group, prefix)
    try:
        yield ledger
    finally:
        ledger.close()


def and_then(*statements: str) -> Fault:
    """Several statements; the last one fails."""
    return lambda work: [work.execute(statement) for statement in statements]


def owned(ledger: PostgresLedger, *partitions: Partition) -> None:
    ledger.claim(partitions)
    ledger.begin_at(dict.fromkeys(partitions, 0))


def test_a_claim_raises_the_epoch_and_tells_where_the_partition_stands(ledger: PostgresLedger) -> None:
    assert ledger.claim([P, Q]) == {P: Claim(1, None), Q: Claim(1, None)}
    ledger.begin_at({P: 7})
    assert ledger.claim([P]) == {P: Claim(2, 7)}
    ledger.begin_at({P: 99})
    assert ledger.progress([P, Q, RETRY]) == {P: (2, 7), Q: (1, 0)}


def test_groups_and_prefixes_do_not_see_each_other(ledger: PostgresLedger, database_url: str) -> None:
    owned(ledger, P)
    with opened(database_url, prefix="other.") as elsewhere, opened(database_url, group="other") as other:
        assert elsewhere.progress([P]) == other.progress([P]) == {}


@pytest.mark.parametrize("wrong", [Step(P, 2, 0, 5), Step(P, 1, 1, 5), Step(Partition("in", 9), 1, 0, 5)])
def test_a_step_of_another_epoch_or_from_another_place_moves_nothing(ledger: PostgresLedger, wrong: Step) -> None:
    owned(ledger, P, Q)
    with ledger.work() as work:
        assert work.advance([wrong, Step(Q, 1, 0, 3)]) == 1
    assert ledger.progress([P, Q]) == {P: (1, 0), Q: (1, 3)}


def test_a_claim_waits_for_whoever_writes_and_fences_whoever_writes_later(ledger: PostgresLedger, database_url: str) -> None:
    owned(ledger, P)
    claims: list[Claim] = []

    def claim() -> None:
        with opened(database_url) as other:
            claims.append(other.claim([P])[P])

    with ledger.work() as work:
        assert work.advance([Step(P, 1, 0, 5)]) == 1
        thread = threading.Thread(target=claim)
        thread.start()
        until_blocked(database_url)
        assert claims == []
    thread.join(SECONDS)
    assert claims == [Claim(2, 5)], "the new owner sees what the old one has done"
    with ledger.work() as work:
        assert work.advance([Step(P, 1, 5, 6)]) == 0


def test_the_journal_comes_back_in_the_order_in_which_it_was_written(ledger: PostgresLedger) -> None:
    """A retried record is decided before a new one of its key, though its topic's name sorts behind."""
    emitted = [Outgoing("out", b"\x00\xff", None, [("a", None), ("a", b"\x01")])]
    rows = [JournalRow(place, offset, journal.pack(emitted)) for place, offset in [(Q, 9), (P, 5), (RETRY, 2)]]
    with ledger.work() as work:
        work.write_journal(rows[:2])
        work.write_journal([])
    with ledger.work() as work:
        work.write_journal([*rows[2:], JournalRow(P, 7, b"")])
    found = ledger.journal([RETRY, P, Q])
    assert [(row.partition, row.next_offset) for row in found] == [(Q, 9), (P, 5), (RETRY, 2), (P, 7)]
    assert journal.unpack(found[0].records) == emitted
    assert [row.partition for row in ledger.journal([RETRY])] == [RETRY]


def test_what_kafka_has_is_trimmed_and_nothing_else(ledger: PostgresLedger) -> None:
    with ledger.work() as work:
        work.write_journal([JournalRow(P, 5, b"a"), JournalRow(P, 7, b"b"), JournalRow(Q, 5, b"c")])
    with ledger.work() as work:
        work.trim_journal({P: 5})
        work.trim_journal({})
    assert [(row.partition, row.next_offset) for row in ledger.journal([P, Q])] == [(P, 7), (Q, 5)]


def test_waiting_records_keep_their_place_in_the_queue_on_whatever_rung(ledger: PostgresLedger) -> None:
    one, two = (Waiting(f"in/0/{n}", "k", goes_first=False, sequence=0, rung="5s") for n in (1, 2))
    other = Waiting("in/0/3", "l", goes_first=True, sequence=0, rung="5s")
    with ledger.work() as work:
        work.save_waiting([two, other, one])
        work.save_waiting([two._replace(rung="1m")])
        found = work.waiting(["k"])
        assert [(row.origin, row.rung) for row in found] == [(two.origin, "1m"), (one.origin, "5s")]
        assert [row.goes_first for row in work.waiting(["l", "m"])] == [True]
        work.clear_waiting([two.origin, "in/0/99"])
        assert [row.origin for row in work.waiting(["k", "l"])] == [one.origin, other.origin]


def test_a_transaction_that_raises_leaves_nothing(ledger: PostgresLedger) -> None:
    owned(ledger, P)
    with pytest.raises(RuntimeError), ledger.work() as work:
        work.advance([Step(P, 1, 0, 5)])
        raise RuntimeError
    assert ledger.progress([P]) == {P: (1, 0)}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (lambda work: work.execute("SELECT %s::text", ["\x00"]), psycopg.DataError),
        (lambda work: work.copy("COPY thing FROM STDIN", [["\x00"]]), psycopg.DataError),
        (lambda work: work.execute("SELECT %s::text", ["\ud800"]), UnicodeEncodeError),
        (lambda work: work.execute("INSERT INTO thing VALUES ('a'), ('a')"), errors.UniqueViolation),
        (lambda work: work.copy("COPY thing FROM STDIN", [["a"], ["a"]]), errors.UniqueViolation),
        (lambda work: work.execute("INSERT INTO thing VALUES (NULL)"), errors.NotNullViolation),
        (lambda work: work.execute("SELECT 1 / 0"), errors.DivisionByZero),
        (lambda _: dict[str, str]()["missing"], KeyError),
    ],
)
def test_a_record_is_at_fault_for_its_data_and_its_savepoint_undoes_it(
    ledger: PostgresLedger, fault: Fault, error: type[Exception]
) -> None:
    with ledger.work() as work:
        work.execute("CREATE TEMPORARY TABLE thing (id text PRIMARY KEY)")
        with pytest.raises(error) as raised, work.savepoint():
            fault(work)
        assert ledger.is_record_fault(raised.value)
        work.execute("INSERT INTO thing VALUES ('a')")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (and_then("SET LOCAL statement_timeout = 10", "SELECT pg_sleep(10)"), errors.QueryCanceled),
        (lambda work: work.execute("SELECT pg_terminate_backend(pg_backend_pid())"), psycopg.OperationalError),
        (and_then("SET TRANSACTION READ ONLY", "CREATE TABLE thing ()"), errors.ReadOnlySqlTransaction),
    ],
)
def test_the_moment_is_at_fault_for_what_any_record_would_meet(
    ledger: PostgresLedger, fault: Fault, error: type[Exception]
) -> None:
    with pytest.raises(Unavailable) as raised, ledger.work() as work:
        fault(work)
    assert isinstance(raised.value.__cause__, error)
    assert not is_record_fault(raised.value.__cause__)
    assert ledger.progress([P]) == {}, "the next use has a fresh connection"


def test_a_deadlock_is_the_moments_fault(ledger: PostgresLedger, database_url: str) -> None:
    owned(ledger, P, Q)
    met, raised = threading.Barrier(2, timeout=SECONDS), list[Exception]()

    def lock(first: Partition, second: Partition) -> None:
        try:
            with opened(database_url) as other, other.work() as work:
                work.advance([Step(first, 1, 0, 1)])
                met.wait()
                work.advance([Step(second, 1, 0, 1)])
        except Unavailable as error:
            raised.append(error)

    threads = [threading.Thread(target=lock, args=pair) for pair in ((P, Q), (Q, P))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert [type(error.__cause__) for error in raised] == [errors.DeadlockDetected]


def test_a_connection_that_was_lost_while_idle_is_replaced(ledger: PostgresLedger, database_url: str) -> None:
    ledger.progress([P])
    with connect(database_url, "converter") as killer:
        others = "pid <> pg_backend_pid() AND datname = current_database()"
        killer.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}".encode())
    with pytest.raises(Unavailable):
        ledger.progress([P])
    assert ledger.progress([P]) == {}


def test_no_server_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        PostgresLedger("postgresql://nobody@127.0.0.1:1/x", "converter", "g", "").claim([P])


def test_isolation_finds_the_record_that_the_database_refuses(ledger: PostgresLedger) -> None:
    class Inserts(FakeHandler):
        def _one(self, transaction: Any, message: Message) -> Outcome:
            transaction.copy("COPY thing FROM STDIN", [[message.content.data]])
            return Done([])

    with ledger.work() as work:
        work.execute("CREATE TEMPORARY TABLE thing (id text PRIMARY KEY)")
        messages = [a_message(value, offset=n) for n, value in enumerate(["a", "b\x00", "c", "a", "d"])]
        outcomes = handle_isolated(Inserts(), work, messages, ledger.is_record_fault)
        assert [isinstance(outcome, Done) for outcome in outcomes] == [True, False, True, False, True]
        assert [row["id"] for row in work.execute("SELECT id FROM thing ORDER BY id")] == ["a", "c", "d"]


def test_what_became_of_a_replay_is_kept_and_one_that_is_done_stays_done(ledger: PostgresLedger) -> None:
    first = ReplayOutcome("t/0/1", 1, "job-1", "retrying", "LEAD_UNKNOWN", None)
    other = ReplayOutcome("t/0/2", 1, "", "dead", "SCHEMA_INVALID", "K-2")
    for rows in ([first, other], [first._replace(outcome="done", code=None, conversion_id="K-1")], [first]):
        with ledger.work() as work:
            work.save_replay_outcomes(rows)
    with ledger.work() as work:
        found = work.execute("SELECT dlq_id, replays, replay_id, outcome, code, conversion_id FROM replay_outcome ORDER BY 1")
        assert [tuple(row.values()) for row in found] == [("t/0/1", 1, "job-1", "done", None, "K-1"), tuple(other)]
