"""Gathers the facts of a run, and waits for the pipeline to rest."""

from __future__ import annotations

import json
import time
import uuid
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.faults.checker.database import read_positions, read_tables
from tests.faults.checker.decode import event_of, headers_of
from tests.faults.checker.facts import Coordinates, DeadLetter, Event, Facts, Place, Record, Tables
from tests.faults.checker.index import NAMESPACE
from tests.faults.checker.judge import unfinished
from tests.faults.checker.kafka import Log
from tests.faults.checker.ledger import read_ledger
from tests.faults.checker.rules_dead_letters import original_of

EVENTS = ("conversion.events", "customer.events", "notification.events")
INPUTS = ("conversion.requests", "converter.replay")
RETRY_REQUESTED = "leadline.conversion.retry-requested.v1"


@dataclass(frozen=True)
class Target:
    """Where a run took place."""

    bootstrap: str
    database_url: str
    prefix: str
    ledger: Path
    notifier_ran: bool = False


class Source:
    """Reads one run; each call of `facts` reads on from the one before, so that a run may be watched while it lasts."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._log = Log(target.bootstrap, target.prefix)
        self._events: dict[str, list[Event]] = {topic: [] for topic in EVENTS}
        self._dead_letters: list[DeadLetter] = []
        self._originals: dict[Coordinates, Record] = {}
        self._reopened: Counter[str] = Counter()
        self._last: dict[Place, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._log.close()

    def facts(self) -> Facts:
        """Read everything up to now: effects before their causes, so that a running pipeline looks late, not wrong."""
        committed = self._committed(self._bare(read_positions(self._target.database_url)))
        tables = self._bare(read_tables(self._target.database_url))
        self._read_topics()
        ledger = read_ledger(self._target.ledger)
        places = {(row.topic, row.partition) for row in tables.progress}
        known = self._log.topics()
        return Facts(
            ledger=ledger,
            conversion_events=list(self._events["conversion.events"]),
            customer_events=list(self._events["customer.events"]),
            notifications=list(self._events["notification.events"]),
            dead_letters=list(self._dead_letters),
            originals=dict(self._originals),
            reopened=dict(self._reopened),
            tables=tables,
            ends=self._log.ends(place for place in places if place[1] < known.get(place[0], 0)),
            last_offsets=dict(self._last),
            committed=committed,
            notifier_ran=self._target.notifier_ran,
        )

    def wait_until_quiet(self, deadline_seconds: float, pause_seconds: float = 1.0) -> Facts:
        """Wait until every acked request has an end, all input is read and every store has caught up, and return that.

        At the deadline the facts come back as they are: `unfinished` then names what is still open.
        """
        deadline = time.monotonic() + deadline_seconds
        while True:
            facts = self.facts()
            left = deadline - time.monotonic()
            if left <= 0 or not unfinished(facts):
                return facts
            time.sleep(min(pause_seconds, left))

    def _read_topics(self) -> None:
        wanted = {topic: count for topic, count in self._log.topics().items() if _is_read(topic)}
        new: list[Coordinates] = []
        for at, record in self._log.new_records(wanted):
            topic = at[0]
            if topic in self._events:
                self._events[topic].append(event_of(at, record))
            elif topic.endswith(".dlq"):
                letter = DeadLetter(at, record)
                self._dead_letters.append(letter)
                new.append(original_of(letter) or ("", 0, 0))
            else:
                self._last[at[:2]] = at[2]
                self._note_reopening(topic, record)
        self._originals |= self._log.records_at(new)

    def _note_reopening(self, topic: str, record: Record) -> None:
        headers = headers_of(record)
        if topic == "converter.replay" and "idempotency-key" in headers:
            self._reopened[str(uuid.uuid5(NAMESPACE, headers["idempotency-key"]))] += 1
        if topic == "conversion.requests" and headers.get("ce_type") == RETRY_REQUESTED:
            self._reopened[json.loads(record.value or b"{}").get("conversion_id", "")] += 1

    def _committed(self, tables: Tables) -> dict[tuple[str, str, int], int]:
        found: dict[tuple[str, str, int], int] = {}
        rows = [*tables.progress, *tables.journal]
        for group in {row.group for row in rows}:
            places = {(row.topic, row.partition) for row in rows if row.group == group}
            offsets = self._log.committed(group, places)
            found |= {(group, *place): offset for place, offset in offsets.items()}
        return found

    def _bare(self, tables: Tables) -> Tables:
        """Rows may name topics with or without the prefix."""
        progress = [replace(row, topic=self._log.bare(row.topic)) for row in tables.progress]
        return replace(tables, progress=progress, journal=[replace(r, topic=self._log.bare(r.topic)) for r in tables.journal])


def _is_read(topic: str) -> bool:
    return topic in EVENTS or topic in INPUTS or topic.endswith(".dlq") or topic.startswith("converter.retry.")
