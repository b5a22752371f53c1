"""The prospect stage of a customer: qualified, then active with a first order, dormant after a silence, active again.

Pure. The stage is a rule of what is known (orders, activities, how late it is), whatever order it was heard in; only the
way to it depends on that, and each step of the way is told once. An order that was cancelled counts as never placed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from leadline.contracts.times import time_now_text
from services.notifier.domain.sale import Order

QUALIFIED: Final = "qualified"
ACTIVE: Final = "active"
DORMANT: Final = "dormant"


class StageChange(NamedTuple):
    """One step: the `number`-th of this customer, counted from 1, so that no two are taken for one."""

    customer_id: str
    number: int
    previous: str
    stage: str
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class Life:
    """What is known of a customer after its conversion; times are canonical texts.

    `first_stage` is what `customer.created` says: None where it was not heard yet or the customer has no stages.
    `orders` are those that are looked at one by one; `other_order_at` is the newest of all others that stand.
    `partition` is the one whose ticks count.
    """

    customer_id: str
    is_known: bool = False
    partition: int | None = None
    first_stage: str | None = None
    started_at: str | None = None
    activity_at: str | None = None
    other_order_at: str | None = None
    orders: Mapping[str, Order] = field(default_factory=dict)
    stage: str | None = None
    changed_at: str | None = None
    changes: int = 0

    @property
    def is_without_stages(self) -> bool:
        """Whether nothing about this customer's stage will ever matter."""
        return self.is_known and self.first_stage is None

    @property
    def order_at(self) -> str | None:
        """When the newest order that stands was placed."""
        standing = (order.placed_at for order in self.orders.values() if not order.is_cancelled)
        return _latest(self.other_order_at, *standing)

    @property
    def touched_at(self) -> str | None:
        """From when on the silence is counted."""
        return _latest(self.started_at, self.activity_at, self.order_at)


class Moment(NamedTuple):
    """When something is judged: the time of its cause, how late it is (None: no tick yet), how long a silence may be."""

    at: str
    now: str | None
    dormant_after: timedelta
    is_activity: bool = False


def begin(life: Life, first_stage: str | None, at: str, partition: int) -> Life:
    """The customer became known; what is heard of it first stands."""
    if life.is_known:
        return life
    begun = replace(life, is_known=True, partition=partition)
    if first_stage is None:
        return begun
    return replace(begun, first_stage=first_stage, started_at=at, stage=first_stage, changed_at=at)


def end(life: Life) -> Life:
    """The conversion that made the customer was taken back: from now on it is without stages."""
    if life.is_without_stages:
        return life
    return replace(life, is_known=True, first_stage=None, stage=None)


def place(life: Life, order_id: str, placed_at: str) -> Life:
    """An order was placed; of two times of one order the earlier counts."""
    known = life.orders.get(order_id)
    if life.is_without_stages or (known and known.is_cancelled):
        return life
    at = min(placed_at, known.placed_at) if known and known.placed_at else placed_at
    return replace(life, orders={**life.orders, order_id: Order(order_id, at)})


def cancel(life: Life, order_id: str) -> Life:
    """An order was cancelled, and stays so."""
    if life.is_without_stages:
        return life
    return replace(life, orders={**life.orders, order_id: Order(order_id, None, is_cancelled=True)})


def act(life: Life, at: str) -> Life:
    """Somebody did something with the customer."""
    return life if life.is_without_stages else replace(life, activity_at=_latest(life.activity_at, at))


def stage_of(life: Life, now: str | None, dormant_after: timedelta) -> str | None:
    """Where the customer stands by what is known; None for one without stages."""
    if life.first_stage is None or life.touched_at is None:
        return None
    if life.first_stage == QUALIFIED and life.order_at is None:
        return QUALIFIED
    is_silent = now is not None and _moment(now) - _moment(life.touched_at) >= dormant_after
    return DORMANT if is_silent else ACTIVE


def settle(life: Life, moment: Moment) -> tuple[Life, list[StageChange]]:
    """Take the customer to where it stands, step by step; each step is to be told."""
    wanted = stage_of(life, moment.now, moment.dormant_after)
    if wanted is None or life.stage is None or wanted == life.stage:
        return life, []
    steps = list(_steps(life, wanted, moment))
    last = steps[-1]
    return replace(life, stage=last.stage, changed_at=last.at, changes=last.number), steps


def _steps(life: Life, wanted: str, moment: Moment) -> Iterator[StageChange]:
    """Nobody falls dormant without having been active. A step is never before the one before it."""
    previous, at = str(life.stage), life.changed_at or ""
    way = (ACTIVE, DORMANT) if (previous, wanted) == (QUALIFIED, DORMANT) else (wanted,)
    for number, stage in enumerate(way, life.changes + 1):
        due = _silent_at(life, moment.dormant_after) if stage == DORMANT else moment.at
        at = max(at, due)
        yield StageChange(life.customer_id, number, previous, stage, _reason(previous, stage, moment), at)
        previous = stage


def _reason(previous: str, stage: str, moment: Moment) -> str:
    if stage == DORMANT:
        return "no_activity"
    if stage == QUALIFIED:
        return "order_cancelled"
    if previous == QUALIFIED:
        return "first_order"
    return "activity" if moment.is_activity else "order"


def _silent_at(life: Life, dormant_after: timedelta) -> str:
    """When the silence had lasted long enough: by the times of events, whenever the tick came that noticed."""
    return time_now_text(_moment(str(life.touched_at)) + dormant_after)


def _latest(*times: str | None) -> str | None:
    return max((time for time in times if time is not None), default=None)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
