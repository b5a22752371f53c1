"""Who waits for whom: waves within a batch, and the queue of records of one key that wait in retry."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.delivery.message import Message
from leadline.delivery.order import NEW, Queue, waves
from leadline.delivery.ports import Waiting
from tests.fake_service import a_message


@st.composite
def batches(draw: st.DrawFn) -> list[Message]:
    kinds = draw(st.lists(st.tuples(st.sampled_from("ab-"), st.booleans(), st.sampled_from(["r", "s", None])), max_size=25))
    messages = []
    for offset, (key, first, repeat_key) in enumerate(kinds):
        message = a_message(f"{key}|ok|{offset}", offset=offset, first=first)
        order_key = None if key == "-" else key
        messages.append(message._replace(content=message.content._replace(order_key=order_key, repeat_key=repeat_key)))
    return messages


@settings(deadline=None, max_examples=50)
@given(batches())
def test_waves_hold_every_record_once(batch: list[Message]) -> None:
    assert sorted(m.record.offset for wave in waves(batch) for m in wave) == [m.record.offset for m in batch]


@settings(deadline=None, max_examples=50)
@given(batches())
def test_no_two_of_a_key_are_in_one_wave_unless_they_are_repeats_or_go_first(batch: list[Message]) -> None:
    for wave in waves(batch):
        by_key: defaultdict[str, set[str | None]] = defaultdict(set)
        for content in (m.content for m in wave if not m.content.goes_first):
            if content.order_key is not None:
                assert content.repeat_key is not None or content.order_key not in by_key
                by_key[content.order_key].add(content.repeat_key)
        assert all(len(repeat_keys) == 1 for repeat_keys in by_key.values())


@settings(deadline=None, max_examples=50)
@given(batches())
def test_the_order_of_a_key_is_kept_over_the_waves(batch: list[Message]) -> None:
    handled = [m for wave in waves(batch) for m in wave]
    for first in (True, False):
        for key in "ab":
            offsets = [m.record.offset for m in handled if m.content.order_key == key and m.content.goes_first is first]
            assert offsets == sorted(offsets)


@settings(deadline=None, max_examples=50)
@given(batches())
def test_what_goes_first_is_in_the_first_wave_and_alone_there(batch: list[Message]) -> None:
    for number, wave in enumerate(waves(batch)):
        kinds = {m.content.goes_first for m in wave}
        assert kinds in ({True}, {False})
        assert kinds == {False} or number == 0


@dataclass
class Table:
    """What the database does with a queue's changes."""

    rows: dict[str, Waiting] = field(default_factory=dict)
    sequence: int = 0

    def queue(self, *keys: str) -> Queue:
        return Queue(row for row in self.rows.values() if row.order_key in keys)

    def save(self, queue: Queue) -> None:
        for origin in queue.cleared:
            self.rows.pop(origin, None)
        for row in queue.changed:
            self.sequence += 1
            before = self.rows.get(row.origin)
            self.rows[row.origin] = row._replace(sequence=before.sequence if before else self.sequence)

    def head(self, key: str) -> str | None:
        rows = [row for row in self.rows.values() if row.order_key == key]
        return min(rows, key=lambda row: row.sequence).origin if rows else None


steps = st.lists(st.lists(st.tuples(st.integers(0, 6), st.sampled_from(["fail", "end"])), min_size=1, max_size=5), max_size=12)


@settings(deadline=None, max_examples=50)
@given(steps)
def test_the_one_that_has_waited_longest_is_the_only_one_whose_turn_it_is(story: list[list[tuple[int, str]]]) -> None:
    """Records 0-6 of one key come in any order, again and again, in batches; who is not blocked fails or ends."""
    table, arrived = Table(), list[str]()
    for batch in story:
        queue = table.queue("k")
        for number, outcome in batch:
            message = a_message("k|ok", offset=number)
            origin = str(message.origin)
            blocker = queue.blocker(message)
            assert (blocker is None) == (not arrived or arrived[0] == origin)
            if blocker is not None:
                assert blocker.origin == arrived[0]
            if blocker is not None or outcome == "fail":
                queue.put(message, "5s" if blocker is None else blocker.rung)
                arrived = arrived if origin in arrived else [*arrived, origin]
            else:
                queue.clear(message)
                arrived = [each for each in arrived if each != origin]
        table.save(queue)
        assert table.head("k") == (arrived[0] if arrived else None)
        assert {row.origin for row in table.rows.values()} == set(arrived)


def test_a_blocked_record_follows_its_blocker_to_the_rung_where_that_is_now() -> None:
    table = Table()
    one, two = a_message("k|ok", offset=1), a_message("k|ok", offset=2)
    queue = table.queue("k")
    queue.put(one, "5s")
    queue.put(two, "5s")
    queue.put(one, "1m")
    table.save(queue)
    blocker = table.queue("k").blocker(two)
    assert blocker is not None
    assert (blocker.origin, blocker.rung) == (str(one.origin), "1m")


def test_what_goes_first_waits_only_for_what_goes_first() -> None:
    queue = Table().queue("k")
    request, event = a_message("k|ok", offset=1), a_message("k|ok", offset=2, first=True)
    queue.put(request, "5s")
    assert queue.blocker(event) is None
    queue.put(event, "5s")
    assert queue.blocker(a_message("k|ok", offset=3, first=True)) is not None
    assert queue.blocker(request) is None, "it waited before the event did"


def test_keys_do_not_wait_for_each_other() -> None:
    queue = Table().queue("k", "l")
    queue.put(a_message("k|ok", offset=1), "5s")
    assert queue.blocker(a_message("l|ok", offset=2)) is None


def test_a_record_without_a_key_never_waits() -> None:
    queue = Queue([Waiting("in/0/9", "", goes_first=False, sequence=1, rung="5s")])
    assert queue.blocker(a_message("|ok")) is None
    queue.put(a_message("|ok"), "5s")
    assert queue.changed == []


def test_a_row_that_was_never_stored_is_not_deleted() -> None:
    queue = Table().queue("k")
    message = a_message("k|ok")
    queue.put(message, "5s")
    assert queue.changed == [Waiting("in/0/0", "k", goes_first=False, sequence=NEW, rung="5s")]
    queue.clear(message)
    assert (queue.changed, queue.cleared) == ([], [])
