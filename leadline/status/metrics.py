"""The metrics of docs/metrics.md, counted by PostgreSQL out of what the events have left in the status store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

import orjson

from leadline.status.reader import Row, StatusReader

METRICS: Final = (
    "conversion_rate", "time_to_conversion", "time_in_status", "sales_cycle", "win_rate", "deal_size",
    "cost_per_conversion", "lost_leads",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Window:
    """From `since` on and before `until`; None leaves a side open. What of a thing must lie inside, the definition says."""

    since: datetime | None = None
    until: datetime | None = None


def measure(reader: StatusReader, window: Window, costs: Iterable[tuple[str, Decimal]]) -> dict[str, Sequence[Row]]:
    """Every metric as its rows, by name, all of one moment; `costs` by lead source are in one currency."""
    parameters = {**asdict(window), "costs": _as_json(dict(costs))}
    with reader.moment():
        return {name: reader.rows(name, **parameters) for name in METRICS}


def _as_json(costs: Mapping[str, Decimal]) -> str:
    return orjson.dumps([{"channel": name, "cost": str(cost)} for name, cost in costs.items()]).decode()
