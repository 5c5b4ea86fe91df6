"""The exporter's own metrics, through prometheus_client: fresh families at every reading, from the catalogue's symbols."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from kube_headroom.catalogue.metric import Counter, Sample

Family = CounterMetricFamily | GaugeMetricFamily


class SelfReport(Collector):
    """Turns samples of our own symbols into prometheus_client families."""

    def __init__(self, samples: Callable[[], Iterable[Sample]]) -> None:
        self._samples = samples

    def collect(self) -> Iterator[Family]:
        """Yield one family per metric."""
        families: dict[str, Family] = {}
        for metric, labels, value in self._samples():
            if metric.name not in families:
                kind = CounterMetricFamily if isinstance(metric, Counter) else GaugeMetricFamily
                families[metric.name] = kind(metric.name, metric.help, labels=metric.label_names)
            families[metric.name].add_metric(labels, value)
        yield from families.values()

    def describe(self) -> Iterator[Family]:
        """Say nothing: registering must not collect."""
        yield from ()


def registry(samples: Callable[[], Iterable[Sample]]) -> CollectorRegistry:
    """Return a registry of our own series beside those of the process, its collector and its Python."""
    own = CollectorRegistry(auto_describe=False)
    own.register(SelfReport(samples))
    for collector in (ProcessCollector, GCCollector, PlatformCollector):
        collector(registry=own)
    return own
