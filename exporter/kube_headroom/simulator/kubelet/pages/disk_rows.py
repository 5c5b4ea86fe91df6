"""Disks and network interfaces on `/metrics/cadvisor`: rows of the root and, for interfaces, of the sandboxes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kube_headroom.simulator.kubelet.housekeeping import Reading, Row
from kube_headroom.simulator.kubelet.pages.family import Family, Labelled
from kube_headroom.simulator.kubelet.pages.text import Kind
from kube_headroom.simulator.kubelet.runtime import Machine

_DEVICE = "/dev/nvme0n1p1"
_MTU = 1400.0
_RECEIVED = 2e6
_SENT = 3e6
"""Bytes while a service computes for a second."""


def _disk(value: Callable[[Machine], float]) -> Labelled:
    """Values of the node's one disk, on the root's row only: containerd keeps its containers' to itself."""
    return lambda row, _reading, machine: [((_DEVICE,), value(machine))] if row.cgroup.path == "/" else ()


def _network(per_core_second: float) -> Labelled:
    """Traffic grows with the work done; only the root and the sandboxes have interfaces."""

    def values(row: Row, reading: Reading, _machine: Machine) -> Iterable[tuple[tuple[str, ...], float]]:
        if row.kind == "pause" and row.pod is not None:
            return [(("eth0",), float(int(row.pod.cgroup.cpu_seconds * per_core_second)))]
        if row.cgroup.path == "/":
            return [(("eth0",), float(int(reading.cpu_seconds * per_core_second)))]
        return ()

    return values


def _filesystem(name: str, kind: Kind, said: str, value: Callable[[Machine], float]) -> Family:
    return Family(f"container_fs_{name}", kind, said, labels=("device",), values=_disk(value))


def _interface(name: str, said: str, per_core_second: float = 0.0) -> Family:
    return Family(f"container_network_{name}", "counter", said, labels=("interface",), values=_network(per_core_second))


DISK = (
    _filesystem(
        "inodes_free", "gauge", "Number of available Inodes", lambda machine: int(machine.disk_bytes / 16384) - 200_000
    ),
    _filesystem("inodes_total", "gauge", "Number of Inodes", lambda machine: int(machine.disk_bytes / 16384)),
    _filesystem("io_current", "gauge", "Number of I/Os currently in progress", lambda _: 0.0),
    _filesystem("io_time_seconds_total", "counter", "Cumulative count of seconds spent doing I/Os", lambda _: 0.0),
    _filesystem(
        "io_time_weighted_seconds_total",
        "counter",
        "Cumulative weighted I/O time in seconds",
        lambda _: 0.0,
    ),
    _filesystem(
        "limit_bytes",
        "gauge",
        "Number of bytes that can be consumed by the container on this filesystem.",
        lambda machine: machine.disk_bytes,
    ),
    _filesystem("read_seconds_total", "counter", "Cumulative count of seconds spent reading", lambda _: 0.0),
    _filesystem("reads_merged_total", "counter", "Cumulative count of reads merged", lambda _: 0.0),
    _filesystem("reads_total", "counter", "Cumulative count of reads completed", lambda _: 0.0),
    _filesystem("sector_reads_total", "counter", "Cumulative count of sector reads completed", lambda _: 0.0),
    _filesystem("sector_writes_total", "counter", "Cumulative count of sector writes completed", lambda _: 0.0),
    _filesystem(
        "usage_bytes",
        "gauge",
        "Number of bytes that are consumed by the container on this filesystem.",
        lambda machine: int(machine.disk_used),
    ),
    _filesystem("write_seconds_total", "counter", "Cumulative count of seconds spent writing", lambda _: 0.0),
    _filesystem("writes_merged_total", "counter", "Cumulative count of writes merged", lambda _: 0.0),
    _filesystem("writes_total", "counter", "Cumulative count of writes completed", lambda _: 0.0),
)

NETWORK = (
    _interface("receive_bytes_total", "Cumulative count of bytes received", _RECEIVED),
    _interface("receive_errors_total", "Cumulative count of errors encountered while receiving"),
    _interface("receive_packets_dropped_total", "Cumulative count of packets dropped while receiving"),
    _interface("receive_packets_total", "Cumulative count of packets received", _RECEIVED / _MTU),
    _interface("transmit_bytes_total", "Cumulative count of bytes transmitted", _SENT),
    _interface("transmit_errors_total", "Cumulative count of errors encountered while transmitting"),
    _interface("transmit_packets_dropped_total", "Cumulative count of packets dropped while transmitting"),
    _interface("transmit_packets_total", "Cumulative count of packets transmitted", _SENT / _MTU),
)
