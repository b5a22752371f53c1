"""Every metric in one typed list, read from the engine's status when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from leadline.delivery.status import Status


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric: its name behind `leadline_`, what it counts, and where the value is."""

    name: str
    help: str
    kind: type[CounterMetricFamily | GaugeMetricFamily]
    value: Callable[[Any], float]


MEASURES: Final = (
    Measure("records_in", "Records taken from Kafka.", CounterMetricFamily, lambda s: s.records_in),
    Measure("records_out", "Records written to Kafka in transactions.", CounterMetricFamily, lambda s: s.records_out),
    Measure("batches", "Batches that are in the database and in Kafka.", CounterMetricFamily, lambda s: s.batches),
    Measure("assigned_partitions", "Partitions that this instance owns.", GaugeMetricFamily, lambda s: s.assigned_partitions),
    Measure("database_available", "1 if the last batch reached the database.", GaugeMetricFamily, lambda s: s.database_available),
    Measure("ready", "1 if this instance takes part in the work.", GaugeMetricFamily, lambda s: s.is_ready),
)


class StatusCollector(Collector):
    """Turns a status into metrics."""

    def __init__(self, status: Status, measures: Sequence[Measure]) -> None:
        self._status = status
        self._measures = measures

    def collect(self) -> Iterator[Metric]:
        """Every metric with its present value."""
        for measure in self._measures:
            family = measure.kind(f"leadline_{measure.name}", measure.help)
            family.add_metric([], float(measure.value(self._status)))
            yield family
        outcomes = CounterMetricFamily("leadline_outcomes", "Records by what became of them.", labels=["outcome", "code"])
        for (outcome, code), count in list(self._status.outcomes.items()):
            outcomes.add_metric([outcome, code], count)
        yield outcomes


def render(status: Status, measures: Sequence[Measure] = MEASURES) -> bytes:
    """The text that Prometheus scrapes."""
    registry = CollectorRegistry()
    registry.register(StatusCollector(status, measures))
    return generate_latest(registry)
