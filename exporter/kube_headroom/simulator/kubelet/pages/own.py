"""`/metrics`: the kubelet's own, of which the volumes' fill is what others read; a part of what a real one has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from kube_headroom.simulator.kubelet.pages.text import Kind, family
from kube_headroom.simulator.kubelet.pages.view import View

_Rows = Iterable[tuple[Mapping[str, str], float]]
_BYTES_PER_INODE = 16384
_GO_VERSION = "go1.26.8"
_RESIDENT_BYTES = 95e6
_CORES = 0.02
"""What a kubelet takes."""


class _Gauge(NamedTuple):
    name: str
    said: str
    rows: _Rows
    kind: Kind = "gauge"


def page(view: View) -> str:
    """Return the page as it is now."""
    gauges = sorted((*_process(view), *_pods(view), *_volumes(view)))
    return "".join(family(each.name, each.kind, each.said, each.rows) for each in gauges)


def _process(view: View) -> Iterator[_Gauge]:
    age = max(0.0, view.now - view.kubelet_started)
    major, minor, *_ = view.kubernetes.removeprefix("v").split(".")
    build = {
        "build_date": "1970-01-01T00:00:00Z",
        "compiler": "gc",
        "git_commit": "",
        "git_tree_state": "clean",
        "git_version": view.kubernetes,
        "go_version": _GO_VERSION,
        "major": major,
        "minor": minor,
        "platform": "linux/amd64",
    }
    yield _Gauge("go_info", "Information about the Go environment.", [({"version": _GO_VERSION}, 1)])
    yield _Gauge(
        "kubernetes_build_info",
        "[BETA] A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, "
        "build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.",
        [(build, 1)],
    )
    yield _Gauge(
        "process_cpu_seconds_total",
        "Total user and system CPU time spent in seconds.",
        [({}, round(age * _CORES, 2))],
        "counter",
    )
    yield _Gauge("process_resident_memory_bytes", "Resident memory size in bytes.", [({}, _RESIDENT_BYTES)])
    yield _Gauge(
        "process_start_time_seconds",
        "Start time of the process since unix epoch in seconds.",
        [({}, round(view.kubelet_started, 2))],
    )


def _pods(view: View) -> Iterator[_Gauge]:
    machine = view.machine
    running = len(machine.pods)
    containers = sum(len(pod.containers) for pod in machine.pods.values())
    provider = "cri" if machine.flavour == "CRI statistics" else "cadvisor"
    yield _Gauge(
        "kubelet_active_pods",
        "[ALPHA] The number of pods the kubelet considers active and which are being considered when admitting new "
        "pods. static is true if the pod is not from the apiserver.",
        [({"static": ""}, running), ({"static": "true"}, 0)],
    )
    yield _Gauge(
        "kubelet_cgroup_version", "[ALPHA] cgroup version on the hosts.", [({}, 2 if machine.cgroup_v2 else 1)]
    )
    yield _Gauge(
        "kubelet_metrics_provider",
        "[ALPHA] Metrics provider used by kubelet to collect container stats. Values can be 'cadvisor' and 'cri'",
        [({"provider": provider}, 1)],
    )
    yield _Gauge("kubelet_node_name", "[ALPHA] The node's name. The count is always 1.", [({"node": machine.name}, 1)])
    yield _Gauge(
        "kubelet_running_containers",
        "[ALPHA] Number of containers currently running",
        [({"container_state": "running"}, containers)],
    )
    yield _Gauge("kubelet_running_pods", "[ALPHA] Number of pods that have a running pod sandbox", [({}, running)])


def _volumes(view: View) -> Iterator[_Gauge]:
    """Yield the fill of the mounted claims; a claim of unknown size has as much room as the node's disk."""
    machine = view.machine
    named, used, sizes = [], [], []
    for (namespace, claim), filled in machine.volumes.items():
        named.append({"namespace": namespace, "persistentvolumeclaim": claim})
        used.append(filled)
        sizes.append(machine.volume_capacities.get((namespace, claim), float(machine.disk_bytes)))
    for what, said, values in (
        ("available_bytes", "Number of available bytes in the volume", _less(sizes, used)),
        ("capacity_bytes", "Capacity in bytes of the volume", sizes),
        ("inodes", "Maximum number of inodes in the volume", _inodes(sizes)),
        ("inodes_free", "Number of free inodes in the volume", _inodes(_less(sizes, used))),
        ("inodes_used", "Number of used inodes in the volume", _less(_inodes(sizes), _inodes(_less(sizes, used)))),
        ("used_bytes", "Number of used bytes in the volume", used),
    ):
        rows = [(labels, float(int(value))) for labels, value in zip(named, values, strict=True)]
        yield _Gauge(f"kubelet_volume_stats_{what}", f"[ALPHA] {said}", rows)


def _less(whole: Iterable[float], parts: Iterable[float]) -> list[float]:
    return [int(each) - int(part) for each, part in zip(whole, parts, strict=True)]


def _inodes(sizes: Iterable[float]) -> list[float]:
    return [int(size) // _BYTES_PER_INODE for size in sizes]
