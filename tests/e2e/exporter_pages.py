"""What the exporter's page says per workload, over all its lives: the raw samples added up as Prometheus does."""

from collections import defaultdict
from collections.abc import Mapping

from kube_headroom.catalogue.usage import FLOWING_METRICS
from tests.e2e.figures import Increases, Key
from tests.e2e.workloads import NAMESPACE
from tests.real.exporter import Exporter, labels_of

# Metric -> figure, and the label that is its detail.
METRICS = {
    "headroom_workload_container_restarts_total": ("restarts", "container"),
    "headroom_workload_container_terminations_total": ("ends {reason}", "container"),
    "headroom_workload_evictions_total": ("evictions", ""),
    "headroom_workload_jobs_finished_total": ("jobs_finished", ""),
    "headroom_workload_jobs_failed_total": ("jobs_failed", ""),
    "headroom_workload_cpu_usage_seconds_total": ("container_cpu_seconds", "container"),
    "headroom_workload_cpu_throttled_seconds_total": ("throttled_seconds", ""),
    "headroom_workload_cpu_cfs_periods_total": ("container_periods", "container"),
    "headroom_workload_cpu_cfs_throttled_periods_total": ("container_throttled_periods", "container"),
    "headroom_workload_cpu_cfs_throttled_seconds_total": ("container_throttled_seconds", "container"),
    "headroom_workload_pressure_waiting_seconds_total": ("waiting_seconds", "resource"),
    "headroom_workload_pressure_stalled_seconds_total": ("stalled_seconds", "resource"),
    "headroom_workload_probes_total": ("probes", "probe"),
    "headroom_workload_probe_failures_total": ("probe_failures", "probe"),
}


class ExporterPages:
    """One exporter's counters; `fallen` names those that fell although the process was the same."""

    def __init__(self, exporter: Exporter) -> None:
        self._exporter = exporter
        self._increases = Increases()
        self._last: tuple[int, dict[str, float]] = (0, {})
        self.fallen: list[str] = []

    def read(self) -> dict[Key, float]:
        """Scrape now; what every counter grew by since it was first seen."""
        process = self._exporter.process.pid
        counters = {
            series: value
            for series, value in self._exporter.page().series.items()
            if series.partition("{")[0] in METRICS and f'namespace="{NAMESPACE}"' in series
        }
        before, last = self._last
        if before == process:
            self.fallen += [
                f"{series} fell from {value} to {counters.get(series)}"
                for series, value in last.items()
                if series in counters and counters[series] < value
            ]
        self._last = (process, counters)
        self._increases.take(counters, born_at_zero=False)
        return _figures(self._increases.totals)

    def born_above_zero(self) -> list[str]:
        """The counters of events that were first seen with a value, series and value a line."""
        flowing = {metric.name for metric in FLOWING_METRICS}
        return [
            f"{series} {value:g}"
            for series, value in self._increases.first.items()
            if value and series.partition("{")[0] not in flowing
        ]

    def unseen(self) -> dict[Key, float]:
        """What counters held when they were first seen, which no increase of theirs will ever hold."""
        return {key: value for key, value in _figures(self._increases.first).items() if value}


def _figures(counters: Mapping[str, float]) -> dict[Key, float]:
    sums: dict[Key, float] = defaultdict(float)
    for series, value in counters.items():
        labels = labels_of(series)
        figure, detail = METRICS[series.partition("{")[0]]
        sums[Key(labels["workload"], figure.format(**labels), labels.get(detail, ""))] += value
        if figure == "container_cpu_seconds":
            sums[Key(labels["workload"], "cpu_seconds")] += value
    return dict(sums)
