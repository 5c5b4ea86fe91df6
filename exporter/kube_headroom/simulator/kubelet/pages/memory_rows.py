"""Memory, and what the spec asks for, on `/metrics/cadvisor`."""

from __future__ import annotations

from collections.abc import Iterable

from kube_headroom.simulator.kubelet.housekeeping import Reading, Row
from kube_headroom.simulator.kubelet.memory import CACHE_IN_WORKING_SET
from kube_headroom.simulator.kubelet.pages.family import Family, counter, gauge, nothing, runs, spec
from kube_headroom.simulator.kubelet.runtime import Machine

_PAGE = 4096
_MAPPED = 0.05
_KERNEL_BYTES = 180_224.0


def _failures(row: Row, reading: Reading, _machine: Machine) -> Iterable[tuple[tuple[str, ...], float]]:
    faults = int(reading.peak / _PAGE) if runs(row) else 0
    for scope in ("container", "hierarchy"):
        yield ("pgfault", scope), faults
        yield ("pgmajfault", scope), faults // 400


def _bytes(value: float) -> float:
    """Whole pages, as the kernel counts memory."""
    return int(value / _PAGE) * _PAGE


MEMORY = (
    gauge(
        "container_memory_cache", "Number of bytes of page cache memory.", lambda _row, reading: _bytes(reading.cache)
    ),
    counter("container_memory_failcnt", "Number of memory usage hits limits", nothing),
    Family(
        "container_memory_failures_total",
        "counter",
        "Cumulative count of memory allocation failures.",
        labels=("failure_type", "scope"),
        values=_failures,
    ),
    gauge(
        "container_memory_kernel_usage",
        "Size of kernel memory allocated in bytes.",
        lambda row, _reading: _KERNEL_BYTES if runs(row) else 0.0,
    ),
    gauge(
        "container_memory_mapped_file",
        "Size of memory mapped files in bytes.",
        lambda _row, reading: _bytes(reading.cache * _MAPPED),
    ),
    gauge(
        "container_memory_max_usage_bytes",
        "Maximum memory usage recorded in bytes",
        lambda _row, reading: _bytes(reading.peak),
    ),
    gauge("container_memory_rss", "Size of RSS in bytes.", lambda _row, reading: _bytes(reading.rss)),
    gauge("container_memory_swap", "Container swap usage in bytes.", nothing),
    gauge(
        "container_memory_total_active_file_bytes",
        "Current total active file in bytes.",
        lambda _row, reading: _bytes(reading.cache * CACHE_IN_WORKING_SET),
    ),
    gauge(
        "container_memory_total_inactive_file_bytes",
        "Current total inactive file in bytes.",
        lambda _row, reading: _bytes(reading.cache * (1.0 - CACHE_IN_WORKING_SET)),
    ),
    gauge(
        "container_memory_usage_bytes",
        "Current memory usage in bytes, including all memory regardless of when it was accessed",
        lambda _row, reading: _bytes(reading.rss + reading.cache),
    ),
    gauge(
        "container_memory_working_set_bytes",
        "Current working set in bytes.",
        lambda _row, reading: _bytes(reading.working_set),
    ),
)

SPEC = (
    spec("container_spec_cpu_period", "CPU period of the container.", lambda _row, _reading: 100_000.0),
    spec(
        "container_spec_cpu_quota",
        "CPU quota of the container.",
        lambda row, _reading: None if row.cgroup.quota is None else round(row.cgroup.quota * 100_000),
    ),
    spec("container_spec_cpu_shares", "CPU share of the container.", lambda row, _reading: int(row.cgroup.weight)),
    spec(
        "container_spec_memory_limit_bytes",
        "Memory limit for the container.",
        lambda row, _reading: row.cgroup.memory_limit or 0.0,
    ),
    spec("container_spec_memory_reservation_limit_bytes", "Memory reservation limit for the container.", nothing),
    spec(
        "container_spec_memory_swap_limit_bytes",
        "Memory swap limit for the container.",
        nothing,
    ),
    spec(
        "container_start_time_seconds",
        "Start time of the container since unix epoch in seconds.",
        lambda row, _reading: int(row.cgroup.created),
    ),
)
