"""CPU, CPU pressure and processes on `/metrics/cadvisor`, as cAdvisor 0.56 names them."""

from __future__ import annotations

from collections.abc import Iterable

from kube_headroom.simulator.kubelet.housekeeping import Reading, Row
from kube_headroom.simulator.kubelet.pages.family import Family, Plain, counter, gauge, nothing, runs
from kube_headroom.simulator.kubelet.runtime import Machine

SYSTEM_SHARE = 0.15
"""The share of CPU time spent in the kernel."""
_STATES = ("iowaiting", "running", "sleeping", "stopped", "uninterruptible")


def _limited(value: Plain) -> Plain:
    return lambda row, reading: value(row, reading) if row.cgroup.quota is not None else None


def _threads(row: Row, _reading: Reading) -> float:
    if row.container is not None:
        return row.container.program.threads
    if row.pod is None:
        return 0.0
    return 1.0 if row.kind == "pause" else 1.0 + sum(each.program.threads for each in row.pod.containers.values())


def _tasks(_row: Row, _reading: Reading, _machine: Machine) -> Iterable[tuple[tuple[str, ...], float]]:
    # The kubelet's cAdvisor does not read task states: the rows are there and 0.
    return [((state,), 0.0) for state in _STATES]


def _open_files(row: Row, _reading: Reading, _machine: Machine) -> Iterable[tuple[tuple[str, ...], float]]:
    if row.kind in ("pause", "container") or row.cgroup.path == "/":
        yield ("max_open_files",), 1_048_576.0


def _pressure(resource: str, upper: str) -> tuple[Family, Family]:
    """PSI of one resource: stalled is the kernel's `full`, waiting its `some`."""
    stalled = Reading._fields.index(f"{resource}_stalled_seconds")
    waiting = Reading._fields.index(f"{resource}_waiting_seconds")
    return (
        counter(
            f"container_pressure_{resource}_stalled_seconds_total",
            f"Total time duration no tasks in the container could make progress due to {upper} congestion.",
            lambda _row, reading: round(reading[stalled], 6),
        ),
        counter(
            f"container_pressure_{resource}_waiting_seconds_total",
            f"Total time duration tasks in the container have waited due to {upper} congestion.",
            lambda _row, reading: round(reading[waiting], 6),
        ),
    )


CPU = (
    counter("container_cpu_cfs_burst_periods_total", "Number of periods when burst occurs.", _limited(nothing)),
    counter(
        "container_cpu_cfs_burst_seconds_total",
        "Total time duration the container has been bursted.",
        _limited(nothing),
    ),
    counter(
        "container_cpu_cfs_periods_total",
        "Number of elapsed enforcement period intervals.",
        _limited(lambda _row, reading: reading.periods),
    ),
    counter(
        "container_cpu_cfs_throttled_periods_total",
        "Number of throttled period intervals.",
        _limited(lambda _row, reading: reading.throttled_periods),
    ),
    counter(
        "container_cpu_cfs_throttled_seconds_total",
        "Total time duration the container has been throttled.",
        _limited(lambda _row, reading: round(reading.throttled_seconds, 9)),
    ),
    gauge(
        "container_cpu_load_average_10s",
        "Value of container cpu load average over the last 10 seconds.",
        nothing,
    ),
    gauge(
        "container_cpu_load_d_average_10s",
        "Value of container cpu load.d average over the last 10 seconds.",
        nothing,
    ),
    counter(
        "container_cpu_system_seconds_total",
        "Cumulative system cpu time consumed in seconds.",
        lambda _row, reading: round(reading.cpu_seconds * SYSTEM_SHARE, 2),
    ),
    Family(
        "container_cpu_usage_seconds_total",
        "counter",
        "Cumulative cpu time consumed in seconds.",
        labels=("cpu",),
        # A cgroup that never ran has no row here.
        values=lambda _row, reading, _machine: (
            [(("total",), round(reading.cpu_seconds, 9))] if reading.cpu_seconds > 0 else ()
        ),
    ),
    counter(
        "container_cpu_user_seconds_total",
        "Cumulative user cpu time consumed in seconds.",
        lambda _row, reading: round(reading.cpu_seconds * (1.0 - SYSTEM_SHARE), 2),
    ),
)

PRESSURE = (*_pressure("cpu", "CPU"), *_pressure("io", "IO"), *_pressure("memory", "memory"))

PROCESSES = (
    gauge(
        "container_file_descriptors",
        "Number of open file descriptors for the container.",
        lambda row, _reading: 3.0 if runs(row) else 0.0,
    ),
    gauge("container_health_state", "The result of the container's health check", lambda _row, _reading: -1.0),
    gauge(
        "container_last_seen", "Last time a container was seen by the exporter", lambda _row, reading: int(reading.at)
    ),
    # A container that dies of it has a new cgroup next, and cAdvisor a new row.
    counter("container_oom_events_total", "Count of out of memory events observed for the container", nothing),
    gauge(
        "container_processes",
        "Number of processes running inside the container.",
        lambda row, _reading: 1.0 if runs(row) else 0.0,
    ),
    gauge("container_sockets", "Number of open sockets for the container.", nothing),
    Family("container_tasks_state", "gauge", "Number of tasks in given state", labels=("state",), values=_tasks),
    gauge("container_threads", "Number of threads running inside the container", _threads),
    gauge(
        "container_threads_max",
        "Maximum number of threads allowed inside the container, infinity if value is zero",
        nothing,
    ),
    Family(
        "container_ulimits_soft",
        "gauge",
        "Soft ulimit values for the container root process. Unlimited if -1, except priority and nice",
        labels=("ulimit",),
        values=_open_files,
    ),
)
