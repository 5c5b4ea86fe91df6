"""The cluster's machines: two pools over three zones, as Machine (hardware) and as Node (what the API tells)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from kube_headroom.simulator.kubelet.runtime import Machine
from kube_headroom.simulator.store import Object, timestamp
from kube_headroom.simulator.world import World

Gi = 2**30
DAY = 86_400.0
REGION = "eu-central-1"
ZONES = ("a", "b", "c")
POOL_LABEL = "karpenter.sh/nodepool"
SPOT_TAINT = {"key": "spot", "value": "true", "effect": "NoSchedule"}
KUBELET_PORT = 10250


class Pool(NamedTuple):
    """Nodes of one size; `reserved_*` is the kubelet's kube-reserved and eviction threshold."""

    name: str
    capacity_type: str
    instance_type: str
    cores: int
    memory_bytes: int
    disk_bytes: int
    reserved_millicores: int
    reserved_bytes: int
    oldest_days: float
    taints: tuple[dict[str, str], ...] = ()


GENERAL = Pool("general", "on-demand", "m6i.xlarge", 4, 16 * Gi, 100 * Gi, 80, 1459 * 2**20, 38)
SPOT = Pool("spot", "spot", "c6i.2xlarge", 8, 16 * Gi, 80 * Gi, 90, 1459 * 2**20, 4, (SPOT_TAINT,))
TURNS = (GENERAL, GENERAL, SPOT)
"""Every third node is a spot node."""

_OLD_KERNEL = ("5.4.302-218.el7.x86_64", "Amazon Linux 2", "containerd://1.7.29")
_KERNEL = ("6.12.53-69.amzn2023.x86_64", "Amazon Linux 2023", "containerd://2.1.5")

_CONDITIONS = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


class Place(NamedTuple):
    """Where a node stands, from its number: all that its Machine and its Node share."""

    number: int
    pool: Pool
    zone: str
    name: str
    created: float

    @property
    def cgroup_v2(self) -> bool:
        """One node in six, a general one, still runs the old kernel."""
        return self.number % 6 != 1


def places(world: World, nodes: int) -> Iterator[Place]:
    """Return the nodes in their order: pools take turns, and each pool goes round the zones."""
    seen: dict[str, int] = {}
    for number in range(nodes):
        pool = TURNS[number % len(TURNS)]
        turn = seen.get(pool.name, 0)
        seen[pool.name] = turn + 1
        zone = ZONES[turn % len(ZONES)]
        name = f"{pool.name}-{zone}-{turn // len(ZONES) + 1}"
        days = world.chance("node", name).uniform(0.4, 1.0) * pool.oldest_days
        yield Place(number, pool, zone, name, world.now - days * DAY)


def machine(place: Place) -> Machine:
    """Return the node's hardware."""
    pool = place.pool
    return Machine(
        place.name, float(pool.cores), pool.memory_bytes, pool.disk_bytes, place.created - 40.0, place.cgroup_v2,
        disk_used=0.18 * pool.disk_bytes,
    )  # fmt: skip


def node(place: Place, *, now: float, version: str, ports: Mapping[int, int] | None) -> Object:
    """Return the Node as its kubelet posted it; with `ports` (by node number) it is found on this machine."""
    pool = place.pool
    pod_range = f"10.{128 + place.number // 256}.{place.number % 256}.0/24"
    return {
        "metadata": {
            "name": place.name,
            "creationTimestamp": timestamp(place.created),
            "labels": _labels(place),
            "annotations": {"node.alpha.kubernetes.io/ttl": "0"},
        },
        "spec": {
            "podCIDR": pod_range,
            "podCIDRs": [pod_range],
            "providerID": f"aws:///{REGION}{place.zone}/i-{place.number + 1:017x}",
            **({"taints": [dict(taint) for taint in pool.taints]} if pool.taints else {}),
        },
        "status": {
            "capacity": _resources(pool, reserved=False),
            "allocatable": _resources(pool, reserved=True),
            "conditions": _conditions(now, place.created),
            "addresses": [
                {"type": "InternalIP", "address": "127.0.0.1" if ports else _address(place.number)},
                {"type": "Hostname", "address": place.name},
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": (ports or {}).get(place.number, KUBELET_PORT)}},
            "nodeInfo": _info(place, version),
            "images": [],
        },
    }


def lease(place: Place, *, now: float) -> Object:
    """Return the lease that the node's kubelet renews."""
    return {
        "metadata": {
            "name": place.name,
            "namespace": "kube-node-lease",
            "creationTimestamp": timestamp(place.created),
        },
        "spec": {
            "holderIdentity": place.name,
            "leaseDurationSeconds": 40,
            "renewTime": timestamp(now).replace("Z", ".000000Z"),
        },
    }


def _labels(place: Place) -> dict[str, str]:
    return {
        "kubernetes.io/hostname": place.name,
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": place.pool.instance_type,
        "topology.kubernetes.io/region": REGION,
        "topology.kubernetes.io/zone": REGION + place.zone,
        POOL_LABEL: place.pool.name,
        "karpenter.sh/capacity-type": place.pool.capacity_type,
    }


def _resources(pool: Pool, *, reserved: bool) -> dict[str, str]:
    millicores = pool.cores * 1000 - (pool.reserved_millicores if reserved else 0)
    memory = pool.memory_bytes - (pool.reserved_bytes if reserved else 0)
    disk = pool.disk_bytes * (0.9 if reserved else 1)
    return {
        "cpu": f"{millicores}m" if reserved else str(pool.cores),
        "memory": f"{memory // 1024}Ki",
        "ephemeral-storage": str(int(disk)) if reserved else f"{pool.disk_bytes // 1024}Ki",
        "pods": "110",
        "hugepages-1Gi": "0",
        "hugepages-2Mi": "0",
    }


def _conditions(now: float, created: float) -> list[dict[str, Any]]:
    return [
        {
            "type": kind,
            "status": status,
            "reason": reason,
            "message": message,
            "lastHeartbeatTime": timestamp(now),
            "lastTransitionTime": timestamp(created + 20),
        }
        for kind, status, reason, message in _CONDITIONS
    ]


def _info(place: Place, version: str) -> dict[str, str]:
    kernel, system, runtime = _KERNEL if place.cgroup_v2 else _OLD_KERNEL
    identity = f"{place.number + 1:032x}"
    return {
        "architecture": "amd64",
        "bootID": f"{identity[:8]}-{identity[8:12]}-4{identity[13:16]}-8{identity[17:20]}-{identity[20:]}",
        "containerRuntimeVersion": runtime,
        "kernelVersion": kernel,
        "kubeProxyVersion": "",
        "kubeletVersion": version,
        "machineID": identity,
        "operatingSystem": "linux",
        "osImage": system,
        "systemUUID": f"{identity[:8]}-{identity[8:12]}-4{identity[13:16]}-8{identity[17:20]}-{identity[20:]}",
    }


def _address(number: int) -> str:
    return f"10.0.{number // 250 + 8}.{number % 250 + 4}"
