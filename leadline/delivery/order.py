"""Order per key under retry: who has to wait for whom. Pure.

While a record waits in a retry topic, later records of its key follow it there. Of the records of one key the one
with the smallest sequence is handled first, so the order stays even when they sit on different rungs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from leadline.delivery.message import Message
from leadline.delivery.ports import Waiting

NEW = 0  # the sequence of a row that the database has not numbered yet


def waves(messages: Sequence[Message]) -> list[list[Message]]:
    """Split a batch so that no two records with one order key are handled together, those that go first apart.

    The order of each key's records is kept; repeats of one request stay together.
    """
    first = [message for message in messages if message.content.goes_first]
    later: list[list[Message]] = []
    last: dict[str, tuple[int, str | None]] = {}
    for message in messages:
        content = message.content
        if content.goes_first:
            continue
        number = 0
        if content.order_key is not None:
            before, repeat_key = last.get(content.order_key, (-1, None))
            is_repeat = repeat_key is not None and repeat_key == content.repeat_key
            number = before if is_repeat else before + 1
            last[content.order_key] = (number, content.repeat_key)
        if number == len(later):
            later.append([])
        later[number].append(message)
    return [first, *later] if first else later


class Queue:
    """The records of a batch's keys that wait in retry, as the database has them and as the batch changes them."""

    def __init__(self, rows: Iterable[Waiting]) -> None:
        self._by_key: defaultdict[str, list[Waiting]] = defaultdict(list)
        self._changed: dict[str, Waiting] = {}
        self._cleared: set[str] = set()
        self._stored: set[str] = set()
        for row in sorted(rows, key=lambda row: row.sequence):
            self._by_key[row.order_key].append(row)
            self._stored.add(row.origin)

    def blocker(self, message: Message) -> Waiting | None:
        """The record that this one has to wait for; None if it is its turn."""
        content = message.content
        if content.order_key is None or content.order_key not in self._by_key:
            return None
        origin = str(message.origin)
        for row in self._by_key[content.order_key]:
            if row.origin == origin:
                return None
            if row.goes_first or not content.goes_first:
                return row
        return None

    def put(self, message: Message, rung: str) -> None:
        """The record waits on this rung now, behind those of its key that waited before."""
        key = message.content.order_key
        if key is None:
            return
        origin = str(message.origin)
        rows = self._by_key[key]
        for place, row in enumerate(rows):
            if row.origin == origin:
                rows[place] = row._replace(rung=rung)
                break
        else:
            rows.append(Waiting(origin, key, message.content.goes_first, NEW, rung))
            place = len(rows) - 1
        self._changed[origin] = rows[place]

    def clear(self, message: Message) -> None:
        """The record has its end."""
        key = message.content.order_key
        if key is None or key not in self._by_key:
            return
        origin = str(message.origin)
        self._by_key[key] = [row for row in self._by_key[key] if row.origin != origin]
        if not self._by_key[key]:
            del self._by_key[key]
        self._changed.pop(origin, None)
        if origin in self._stored:
            self._cleared.add(origin)

    @property
    def changed(self) -> list[Waiting]:
        """Rows to save, in the order in which they are to be numbered."""
        return list(self._changed.values())

    @property
    def cleared(self) -> list[str]:
        """Origins of rows to delete."""
        return sorted(self._cleared)
