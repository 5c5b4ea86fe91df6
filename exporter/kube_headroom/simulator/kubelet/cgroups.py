"""Where a pod and its containers live in the cgroup tree and what limits them there, by the kubelet's rules."""

from __future__ import annotations

from collections.abc import Iterator

from kube_headroom.resources.quantity import NANOS_PER_UNIT, parse_quantity
from kube_headroom.simulator.kubelet.runtime import Cgroup, Machine
from kube_headroom.simulator.store import Object

SHARES_PER_CORE = 1024.0
LEAST_SHARES = 2.0

SANDBOX_CORE_SECONDS = 0.021
"""What making a pod's sandbox takes, once, in its pod's cgroup."""

ROOT = "/"
_PARENTS = {
    "cgroupfs": {"Guaranteed": "/kubepods", "Burstable": "/kubepods/burstable", "BestEffort": "/kubepods/besteffort"},
    "systemd": {
        "Guaranteed": "/kubepods.slice",
        "Burstable": "/kubepods.slice/kubepods-burstable.slice",
        "BestEffort": "/kubepods.slice/kubepods-besteffort.slice",
    },
}
SYSTEM = ("/system.slice", "/system.slice/containerd.service", "/system.slice/kubelet.service")


def parent_path(machine: Machine, quality: str) -> str:
    """Return the cgroup under which pods of a quality of service live."""
    return _PARENTS[machine.cgroup_driver][quality]


def parent_paths(machine: Machine) -> tuple[str, ...]:
    """Return the cgroups that are there without any pod, the root first."""
    return (ROOT, *_PARENTS[machine.cgroup_driver].values(), *SYSTEM)


def pod_cgroup(machine: Machine, pod: Object, quality: str, now: float) -> Cgroup:
    """Return the new cgroup of a pod, limited as its spec says.

    Like the kubelet (ResourceConfigForPod): a CPU or memory limit is set if the pod has one of its own, else the
    containers' sum if every container has one.
    """
    spec = pod["spec"]
    own = spec.get("resources") or {}
    running = [container.get("resources") or {} for container in _long_running(spec)]
    limits, requests = {}, {}
    for name in ("cpu", "memory"):
        shares = [_amount(resources, "limits", name) for resources in running]
        limits[name] = _amount(own, "limits", name) or (sum(shares) if all(shares) else 0.0)
        asked = sum(_amount(resources, "requests", name) for resources in running)
        requests[name] = _amount(own, "requests", name) or asked
    return Cgroup(
        path=pod_path(machine, quality, _uid(pod)),
        created=now,
        quota=limits["cpu"] or None,
        memory_limit=int(limits["memory"]) or None,
        weight=max(LEAST_SHARES, requests["cpu"] * SHARES_PER_CORE),
        memory_request=requests["memory"],
        cpu_seconds=SANDBOX_CORE_SECONDS,
    )


def container_cgroup(machine: Machine, parent: Cgroup, container: Object, identifier: str, now: float) -> Cgroup:
    """Return the new cgroup of a container's process; `container` is its part of the pod's spec."""
    resources = container.get("resources") or {}
    return Cgroup(
        path=container_path(machine, parent.path, identifier),
        created=now,
        quota=_amount(resources, "limits", "cpu") or None,
        memory_limit=int(_amount(resources, "limits", "memory")) or None,
        weight=max(LEAST_SHARES, _amount(resources, "requests", "cpu") * SHARES_PER_CORE),
        memory_request=_amount(resources, "requests", "memory"),
    )


def pod_path(machine: Machine, quality: str, uid: str) -> str:
    """Return a pod's cgroup, named as the node's cgroup driver does."""
    parent = parent_path(machine, quality)
    if machine.cgroup_driver == "cgroupfs":
        return f"{parent}/pod{uid}"
    slice_name = parent.rpartition("/")[2].removesuffix(".slice")
    return f"{parent}/{slice_name}-pod{uid.replace('-', '_')}.slice"


def container_path(machine: Machine, parent: str, identifier: str) -> str:
    """Return a container's cgroup, named as the node's cgroup driver and runtime do."""
    if machine.cgroup_driver == "cgroupfs":
        return f"{parent}/{identifier}"
    runtime = "crio" if machine.flavour == "cri-o" else "cri-containerd"
    return f"{parent}/{runtime}-{identifier}.scope"


def _uid(pod: Object) -> str:
    """Return what names a pod on its node: a static pod's is the hash of its file, not its mirror's uid."""
    annotations = pod["metadata"].get("annotations") or {}
    if "kubernetes.io/config.mirror" in annotations:
        return str(annotations.get("kubernetes.io/config.hash") or pod["metadata"]["uid"])
    return str(pod["metadata"]["uid"])


def _long_running(spec: Object) -> Iterator[Object]:
    """Native sidecars and containers; init containers that end do not take part in a pod's limits here."""
    yield from (init for init in spec.get("initContainers") or () if init.get("restartPolicy") == "Always")
    yield from spec["containers"]


def _amount(resources: Object, side: str, name: str) -> float:
    """Return a quantity in cores or bytes, 0 if it is not given: a limit of 0 limits nothing."""
    given = (resources.get(side) or {}).get(name)
    return 0.0 if given is None else parse_quantity(given) / NANOS_PER_UNIT
