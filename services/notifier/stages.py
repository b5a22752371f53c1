"""The stages of a batch's customers: what its events and ticks do to them, one after the other, and what is then told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from leadline.contracts.times import parse_time
from leadline.delivery.handler import Transaction
from leadline.delivery.message import Message
from services.notifier.domain import stage
from services.notifier.domain.stage import Life, Moment, StageChange
from services.notifier.reading import (
    ACTIVITY_LOGGED,
    CUSTOMER_CREATED,
    CUSTOMER_REVERTED,
    ORDER_CANCELLED,
    ORDER_PLACED,
    TICKED,
    time_of,
)
from services.notifier.stages_store import StagesStore

ABOUT_STAGES: Final = frozenset({ORDER_PLACED, ORDER_CANCELLED, ACTIVITY_LOGGED, CUSTOMER_CREATED, CUSTOMER_REVERTED})
_ORDERS: Final = frozenset({ORDER_PLACED, ORDER_CANCELLED})


@dataclass(slots=True)
class Session:
    """The customers of one batch as they were found and as they are now, and how late it is on each partition."""

    dormant_after: timedelta
    before: Mapping[str, Life]
    ticks: dict[int, str]
    lives: dict[str, Life] = field(default_factory=dict)
    new_ticks: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lives = dict(self.before)

    def take(self, message: Message) -> list[StageChange]:
        """What one message leads to, after those before it."""
        type = message.content.envelope.type
        if type == TICKED:
            return self._tick(message.origin.partition, message.content.data["at"])
        if type not in ABOUT_STAGES:
            return []
        life, at = _moved(self.lives[message.content.data["customer_id"]], message)
        return self._settle(life, at, is_activity=type == ACTIVITY_LOGGED)

    def _tick(self, partition: int, at: str) -> list[StageChange]:
        if at <= self.ticks.get(partition, ""):
            return []
        self.ticks[partition] = self.new_ticks[partition] = at
        silent = [life for life in self.lives.values() if life.partition == partition and life.stage == stage.ACTIVE]
        return [change for life in silent for change in self._settle(life, at)]

    def _settle(self, life: Life, at: str, *, is_activity: bool = False) -> list[StageChange]:
        now = None if life.partition is None else self.ticks.get(life.partition)
        settled, changes = stage.settle(life, Moment(at, now, self.dormant_after, is_activity))
        self.lives[life.customer_id] = settled
        return changes


class Stages:
    """Opens a batch's session and writes what has come of it."""

    def __init__(self, dormant_after: timedelta) -> None:
        self._store = StagesStore()
        self._dormant_after = dormant_after

    def find_due(self, transaction: Transaction, late: Mapping[int, str]) -> set[str]:
        """The customers that the ticks of a batch may send to sleep; `late` is how late it is on each partition."""
        since = {partition: parse_time(at) - self._dormant_after for partition, at in late.items()}
        return self._store.find_due(transaction, since)

    def open(self, transaction: Transaction, ids: Collection[str], messages: Sequence[Message]) -> Session:
        """What is known of these customers, whose rows are locked."""
        bodies = [message.content.data for message in messages if message.content.envelope.type in _ORDERS]
        named = sorted({(body["customer_id"], body["order_id"]) for body in bodies})
        before = self._store.load_lives(transaction, ids, named)
        partitions = {life.partition for life in before.values() if life.partition is not None}
        touched = {m.origin.partition for m in messages if m.content.envelope.type in (TICKED, CUSTOMER_CREATED)}
        return Session(self._dormant_after, before, self._store.load_ticks(transaction, partitions | touched))

    def close(self, transaction: Transaction, session: Session) -> None:
        """Write what has changed."""
        self._store.save_lives(transaction, session.before, session.lives)
        self._store.save_ticks(transaction, session.new_ticks)


def _moved(life: Life, message: Message) -> tuple[Life, str]:
    """The customer after one event, and the time of what it says."""
    data = message.content.data
    match message.content.envelope.type:
        case "leadline.order.placed.v1":
            return stage.place(life, data["order_id"], data["placed_at"]), data["placed_at"]
        case "leadline.order.cancelled.v1":
            return stage.cancel(life, data["order_id"]), time_of(message)
        case "leadline.activity.logged.v1":
            return stage.act(life, data["occurred_at"]), data["occurred_at"]
        case "leadline.customer.reverted.v1":
            return stage.end(life), time_of(message)
        case _:
            at = time_of(message)
            return stage.begin(life, data["prospect_stage"], at, message.origin.partition), at
