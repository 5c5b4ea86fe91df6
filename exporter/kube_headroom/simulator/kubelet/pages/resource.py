"""`/metrics/resource`: usage of node, containers and pods, which metrics-server reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kube_headroom.simulator.kubelet.cgroups import ROOT
from kube_headroom.simulator.kubelet.housekeeping import Reading, Row
from kube_headroom.simulator.kubelet.pages.text import Kind, head, labels, number
from kube_headroom.simulator.kubelet.pages.view import View

_PAGE = 4096


class _Family(NamedTuple):
    name: str
    kind: Kind
    said: str


_CONTAINER = (
    _Family(
        "container_cpu_usage_seconds_total",
        "counter",
        "[STABLE] Cumulative cpu time consumed by the container in core-seconds",
    ),
    _Family("container_memory_working_set_bytes", "gauge", "[STABLE] Current working set of the container in bytes"),
    _Family(
        "container_start_time_seconds",
        "gauge",
        "[STABLE] Start time of the container since unix epoch in seconds",
    ),
    _Family(
        "container_swap_limit_bytes",
        "gauge",
        "[ALPHA] Current amount of the container swap limit in bytes. Reported only on non-windows systems",
    ),
    _Family(
        "container_swap_usage_bytes",
        "gauge",
        "[ALPHA] Current amount of the container swap usage in bytes. Reported only on non-windows systems",
    ),
)
_NODE = (
    _Family(
        "node_cpu_usage_seconds_total",
        "counter",
        "[STABLE] Cumulative cpu time consumed by the node in core-seconds",
    ),
    _Family("node_memory_working_set_bytes", "gauge", "[STABLE] Current working set of the node in bytes"),
    _Family(
        "node_swap_usage_bytes",
        "gauge",
        "[ALPHA] Current swap usage of the node in bytes. Reported only on non-windows systems",
    ),
)
_POD = (
    _Family(
        "pod_cpu_usage_seconds_total",
        "counter",
        "[STABLE] Cumulative cpu time consumed by the pod in core-seconds",
    ),
    _Family("pod_memory_working_set_bytes", "gauge", "[STABLE] Current working set of the pod in bytes"),
    _Family(
        "pod_swap_usage_bytes",
        "gauge",
        "[ALPHA] Current amount of the pod swap usage in bytes. Reported only on non-windows systems",
    ),
)
_ERROR = (
    head(
        "resource_scrape_error",
        "gauge",
        "[STABLE] 1 if there was an error while getting container metrics, 0 otherwise",
    )
    + "resource_scrape_error 0\n"
)

_Sample = tuple[float | None, ...]
"""A value for each family of a table; None leaves the row out."""


def page(view: View) -> str:
    """Return the page as it is now."""
    containers, pods, nodes = [], [], []
    for row, reading in view.housekeeping.rows():
        if row.container is not None and row.pod is not None:
            named = {"container": row.container.name, "namespace": row.pod.namespace, "pod": row.pod.name}
            told, stamp = _usage(_as_told(view, row, reading))
            # Measured: swap's limit is the memory's on cgroup v1, and not told on v2.
            swap = None if view.machine.cgroup_v2 else row.cgroup.memory_limit
            containers.append((labels(named), (*told[:2], row.container.started, swap, told[2]), stamp))
        elif row.kind == "pod" and row.pod is not None:
            named = {"namespace": row.pod.namespace, "pod": row.pod.name}
            pods.append((labels(named), *_usage(reading)))
        elif row.cgroup.path == ROOT:
            nodes.append(("", *_usage(reading)))
    return "".join((*_table(_CONTAINER, containers), *_table(_NODE, nodes), *_table(_POD, pods), _ERROR))


def _as_told(view: View, row: Row, reading: Reading) -> Reading:
    """Return cAdvisor's reading, or the runtime's own of this moment where cAdvisor does not know the container.

    Which is also so until it has read it twice (criStatsProvider: no instantaneous CPU counts as terminated).
    """
    if row.previous is None or view.machine.flavour == "containers unseen":
        return view.housekeeping.fresh(row, view.now)
    return reading


def _usage(reading: Reading) -> tuple[_Sample, str]:
    cpu = round(reading.cpu_seconds, 9)
    return (cpu, int(reading.working_set / _PAGE) * _PAGE, 0.0), f" {int(reading.at * 1000)}"


def _table(families: Iterable[_Family], rows: list[tuple[str, _Sample, str]]) -> Iterator[str]:
    rows.sort()
    for position, each in enumerate(families):
        # The only time that is not measured but known has no timestamp.
        stamped = each.name != "container_start_time_seconds"
        lines = [
            f"{each.name}{named} {number(value)}{stamp if stamped else ''}\n"
            for named, sample, stamp in rows
            if (value := sample[position]) is not None
        ]
        if lines:
            yield head(each.name, each.kind, each.said)
            yield from lines
