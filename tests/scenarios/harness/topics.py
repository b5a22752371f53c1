"""Topics read as a consumer downstream reads them: `read_committed`, to the end, in the order of each partition."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from tests.faults.checker.facts import Coordinates, Record
from tests.faults.checker.kafka import Log
from tests.scenarios.harness.waiting import wait_until

ENDS = ("conversion.completed", "conversion.failed")


@dataclass(frozen=True, slots=True)
class Seen:
    """A record and where it lies."""

    at: Coordinates
    record: Record

    def header(self, name: str) -> str | None:
        """The last header of this name as text; None where it is absent."""
        found = dict(self.record.headers).get(name)
        return None if found is None else found.decode()

    @property
    def kind(self) -> str:
        """The event's type without prefix and version, such as `conversion.failed`."""
        return (self.header("ce_type") or "").removeprefix("leadline.").removesuffix(".v1")

    @property
    def data(self) -> dict[str, Any]:
        """The body."""
        body: dict[str, Any] = json.loads(self.record.value or b"{}")
        return body


class Topics:
    """The topics of one prefix; what was read is kept, each look reads on from the last one."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self._log = Log(bootstrap, prefix)
        self._counts: dict[str, int] = {}
        self._seen: defaultdict[str, list[Seen]] = defaultdict(list)

    def close(self) -> None:
        """Leave the broker."""
        self._log.close()

    def read(self, topic: str) -> list[Seen]:
        """Everything that is in this topic now."""
        return self.read_all(topic)[topic]

    def read_all(self, *topics: str) -> dict[str, list[Seen]]:
        """Everything that is in these topics now, each in the order of its partitions."""
        wait_until(lambda: self._knows(topics), seconds=10, what=f"the broker knows {topics}")
        for at, record in self._log.new_records({topic: self._counts[topic] for topic in topics}):
            self._seen[at[0]].append(Seen(at, record))
        return {topic: sorted(self._seen[topic], key=lambda seen: seen.at) for topic in topics}

    def _knows(self, topics: tuple[str, ...]) -> bool:
        """A broker tells of a new topic a moment after it has confirmed it."""
        if not self._counts.keys() >= set(topics):
            self._counts = self._log.topics()
        return self._counts.keys() >= set(topics)

    def stories(self) -> dict[str, list[Seen]]:
        """Each conversion's events in conversion.events, oldest first."""
        return _by_conversion(self.read("conversion.events"))

    def products(self) -> dict[str, list[Seen]]:
        """What each conversion has left in customer.events, oldest first."""
        return _by_conversion(self.read("customer.events"))

    def ended(self, *conversion_ids: str) -> bool:
        """Whether each of these conversions has come to an end."""
        over = {each for each, story in self.stories().items() if any(seen.kind in ENDS for seen in story)}
        return over.issuperset(conversion_ids)

    def last_offsets(self, *topics: str) -> dict[tuple[str, int], int]:
        """The offset of the last record of each partition that has one."""
        return {seen.at[:2]: seen.at[2] for found in self.read_all(*topics).values() for seen in found}

    def dead_letters(self, service: str = "converter") -> list[Seen]:
        """The service's dead letters."""
        return self.read(f"{service}.dlq")


def _by_conversion(events: list[Seen]) -> dict[str, list[Seen]]:
    found: defaultdict[str, list[Seen]] = defaultdict(list)
    for seen in events:
        found[seen.header("ce_correlationid") or ""].append(seen)
    return found
