"""The metrics of the delivering process, in the one list that Prometheus is served from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from leadline.runtime.metrics import Measure
from services.notifier.deliver.progress import DeliverStatus


def _in(state: str) -> Callable[[DeliverStatus], float]:
    return lambda status: status.unfinished.get(state, 0)


MEASURES: Final = (
    Measure("records_in", "Records taken into the ledger.", CounterMetricFamily, lambda s: s.records_in),
    Measure("assigned_partitions", "Partitions that this instance owns.", GaugeMetricFamily, lambda s: s.assigned_partitions),
    Measure("uncommitted_offsets", "Offsets between taken and committed.", GaugeMetricFamily, lambda s: s.uncommitted),
    Measure("delivery_overdue_seconds", "How long the oldest due one waits.", GaugeMetricFamily, lambda s: s.overdue_seconds),
    Measure("deliveries_scheduled", "Deliveries that wait for their time.", GaugeMetricFamily, _in("scheduled")),
    Measure("deliveries_claimed", "Deliveries that are being sent.", GaugeMetricFamily, _in("claimed")),
    Measure("deliveries_unknown", "Deliveries that may have arrived.", GaugeMetricFamily, _in("unknown")),
    Measure("deliveries_dead", "Deliveries that were given up.", GaugeMetricFamily, _in("dead")),
    Measure("database_available", "1 if the ledger was reached last time.", GaugeMetricFamily, lambda s: s.database_available),
    Measure("ready", "1 if this instance takes part in the work.", GaugeMetricFamily, lambda s: s.is_ready),
)
