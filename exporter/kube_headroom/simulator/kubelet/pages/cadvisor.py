"""`/metrics/cadvisor`: every cgroup that cAdvisor has read, and the machine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from kube_headroom.simulator.kubelet.housekeeping import Reading, Row
from kube_headroom.simulator.kubelet.pages.cpu_rows import CPU, PRESSURE, PROCESSES
from kube_headroom.simulator.kubelet.pages.disk_rows import DISK, NETWORK
from kube_headroom.simulator.kubelet.pages.family import Family
from kube_headroom.simulator.kubelet.pages.memory_rows import MEMORY, SPEC
from kube_headroom.simulator.kubelet.pages.text import family, head, number, quoted
from kube_headroom.simulator.kubelet.pages.view import View
from kube_headroom.simulator.kubelet.runtime import Flavour, Machine

FAMILIES = tuple(sorted((*CPU, *DISK, *MEMORY, *NETWORK, *PRESSURE, *PROCESSES, *SPEC), key=lambda each: each.name))

PAUSE_IMAGE = "registry.k8s.io/pause:3.10.1"
_PSI_ABSENT_SINCE = 36
"""From this minor release on, kubelets on cgroup v1 leave PSI families out; before, they were there and always 0."""
_NO_CRI_FAMILIES = frozenset({"container_spec_cpu_quota", *(each.name for each in PRESSURE)})
"""What the CRI's metrics lack on containerd (containerd#13532)."""

_KINDS: dict[Flavour, frozenset[str]] = {
    "containerd": frozenset({"parent", "pod", "pause", "container"}),
    "cri-o": frozenset({"parent", "pod", "container"}),
    "containers unseen": frozenset({"parent", "pod", "pause", "container"}),
    "CRI statistics": frozenset({"pause", "container"}),
}
"""Which cgroups have rows, by the node's flavour."""


class Identity(NamedTuple):
    """The labels that every row has, in the order of their names."""

    container: str
    id: str
    image: str
    name: str
    namespace: str
    pod: str


class _Shown(NamedTuple):
    """A row about to be printed: the key it is sorted by, its labels, its values' source, its timestamp."""

    identity: Identity
    text: str
    row: Row
    reading: Reading
    stamp: str


def page(view: View) -> str:
    """Return the page as it is now."""
    machine = view.machine
    shown = sorted(map(_shown, _seen(view)), key=itemgetter(0))
    families = FAMILIES
    if machine.flavour == "CRI statistics":
        families = tuple(each for each in families if each.name not in _NO_CRI_FAMILIES)
        shown = [each._replace(text=_unlabelled(each.identity)) for each in shown]
    elif not machine.cgroup_v2 and view.minor >= _PSI_ABSENT_SINCE:
        families = tuple(each for each in families if each not in PRESSURE)
    body = [_version(view)] if machine.flavour != "CRI statistics" else []
    for each in families:
        lines = _labelled(each, shown, machine) if each.values else _plain(each, shown)
        if lines:
            body.append(head(each.name, each.kind, each.said))
            body.extend(lines)
        if each.name == "container_processes":
            body.append(_SCRAPE_ERROR)
    body.extend(_machine(view))
    return "".join(body)


_SCRAPE_ERROR = (
    head("container_scrape_error", "gauge", "1 if there was an error while getting container metrics, 0 otherwise")
    + "container_scrape_error 0\n"
)


def _seen(view: View) -> Iterable[tuple[Row, Reading, Identity]]:
    machine = view.machine
    kinds = _KINDS[machine.flavour]
    # Without the runtime's socket a container is a bare cgroup: its id has rows, the other labels are empty.
    unseen = machine.flavour == "containers unseen"
    for row, reading in view.housekeeping.rows():
        if row.kind in kinds:
            known = replace(row, kind="unknown") if unseen and row.kind in ("pause", "container") else row
            yield known, reading, _identity(known, machine)


def _shown(seen: tuple[Row, Reading, Identity]) -> _Shown:
    row, reading, identity = seen
    return _Shown(identity, _text(identity), row, reading, f" {int(reading.at * 1000)}\n")


def _identity(row: Row, machine: Machine) -> Identity:
    path, pod = row.cgroup.path, row.pod
    if pod is None or row.kind == "unknown":
        return Identity("", path, "", "", "", "")
    if row.container is not None:
        name = row.container.id
        if machine.flavour == "cri-o":
            name = f"k8s_{row.container.name}_{pod.name}_{pod.namespace}_{pod.uid}_0"
        return Identity(row.container.name, path, row.container.image, name, pod.namespace, pod.name)
    if row.kind == "pause":
        return Identity("", path, PAUSE_IMAGE, pod.sandbox_id, pod.namespace, pod.name)
    return Identity("", path, "", "", pod.namespace, pod.name)


@lru_cache(maxsize=16384)
def _text(identity: Identity) -> str:
    return ",".join(f"{name}={quoted(value)}" for name, value in zip(Identity._fields, identity, strict=True))


def _unlabelled(identity: Identity) -> str:
    """The labels where the runtime does not say whose container it is (kubernetes#140778)."""
    return f"id={quoted(identity.id)},image={quoted(identity.image)},name={quoted(identity.name)}"


def _plain(described: Family, shown: Iterable[_Shown]) -> list[str]:
    """Return a family's rows, one for each cgroup that has a value."""
    value_of = described.value
    lines: list[str] = []
    if value_of is None:
        return lines
    start, stamped = f"{described.name}{{", described.stamped
    for _, text, row, reading, stamp in shown:
        value = value_of(row, reading)
        if value is not None:
            lines.append(f"{start}{text}}} {number(value)}{stamp if stamped else _UNSTAMPED}")
    return lines


_UNSTAMPED = "\n"


def _labelled(described: Family, shown: Iterable[_Shown], machine: Machine) -> list[str]:
    """Return the rows of a family with labels of its own, in the order of all their labels' values."""
    values_of, names = described.values, described.labels
    keyed: list[tuple[tuple[str, ...], str]] = []
    if values_of is None:
        return []
    for identity, text, row, reading, stamp in shown:
        for extra, value in values_of(row, reading, machine):
            key, inside = _placed(names, extra, identity, text)
            keyed.append((key, f"{described.name}{{{inside}}} {number(value)}{stamp}"))
    keyed.sort(key=itemgetter(0))
    return [line for _, line in keyed]


def _placed(
    names: tuple[str, ...], extra: tuple[str, ...], identity: Identity, text: str
) -> tuple[tuple[str, ...], str]:
    """Put labels between the common ones, by name; return the sort key and the labels' text."""
    own = dict(zip(names, extra, strict=True))
    if not text.startswith("container="):
        named = [*text.split(","), *(f"{name}={quoted(value)}" for name, value in own.items())]
        return (*extra, identity.id), ",".join(sorted(named))
    labels = sorted((*zip(Identity._fields, identity, strict=True), *own.items()))
    return tuple(value for _, value in labels), ",".join(f"{name}={quoted(value)}" for name, value in labels)


def _version(view: View) -> str:
    info = view.node_info
    said = (
        "A metric with a constant '1' value labeled by kernel version, OS version, docker version, "
        "cadvisor version & cadvisor revision."
    )
    values = {
        "cadvisorRevision": "",
        "cadvisorVersion": "",
        "dockerVersion": "",
        "kernelVersion": info.get("kernelVersion", ""),
        "osVersion": info.get("osImage", ""),
    }
    return family("cadvisor_version_info", "gauge", said, [(values, 1.0)])


def _machine(view: View) -> Iterable[str]:
    """Yield the families of the machine itself."""
    machine, info = view.machine, view.node_info
    identity = {
        "boot_id": info.get("bootID", ""),
        "machine_id": info.get("machineID", ""),
        "system_uuid": info.get("systemUUID", ""),
    }
    for name, said, value in (
        ("cpu_books", "Number of CPU books.", 0.0),
        ("cpu_cores", "Number of logical CPU cores.", machine.cores),
        ("cpu_drawers", "Number of CPU drawers.", 0.0),
        ("cpu_physical_cores", "Number of physical CPU cores.", max(1.0, machine.cores // 2)),
        ("cpu_sockets", "Number of CPU sockets.", 1.0),
        ("memory_bytes", "Amount of memory installed on the machine.", machine.memory_bytes),
        ("nvm_avg_power_budget_watts", "NVM power budget.", 0.0),
    ):
        yield family(f"machine_{name}", "gauge", said, [(identity, value)])
    yield family(
        "machine_nvm_capacity",
        "gauge",
        "NVM capacity value labeled by NVM mode (memory mode or app direct mode).",
        [({**identity, "mode": mode}, 0.0) for mode in ("app_direct_mode", "memory_mode")],
    )
    yield family(
        "machine_scrape_error",
        "gauge",
        "1 if there was an error while getting machine metrics, 0 otherwise.",
        [({}, 0.0)],
    )
    yield family("machine_swap_bytes", "gauge", "Amount of swap memory available on the machine.", [(identity, 0.0)])
