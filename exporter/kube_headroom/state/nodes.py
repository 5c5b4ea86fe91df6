"""Nodes and the exact sums of what their pods request, kept up to date pod by pod in integers."""

from __future__ import annotations

from collections import Counter as Multiset
from collections.abc import Iterator

from kube_headroom.model import Node, Pod
from kube_headroom.resources import PodResources, effective_limits, effective_requests
from kube_headroom.snapshot import Charge, NodeSnapshot, PoolSnapshot

SUMMED = ("cpu", "memory")


class Charges:
    """What the scheduler charges for a pod, computed once per distinct set of resources.

    Replicas share one interned `PodResources`, so identity is the cheap key; the value keeps it alive.
    """

    def __init__(self, minor: int) -> None:
        self._minor = minor
        self._known: dict[int, tuple[PodResources, Charge]] = {}

    def of(self, resources: PodResources) -> Charge:
        """Return the charge in nanos, by the rule of the server's minor."""
        known = self._known.get(id(resources))
        if known is not None:
            return known[1]
        charge = Charge(
            effective_requests(resources, minor=self._minor), effective_limits(resources, minor=self._minor)
        )
        self._known[id(resources)] = (resources, charge)
        return charge

    def keep_only(self, used: set[int]) -> None:
        """Drop charges of resources that no pod has any more; `used` are their identities."""
        self._known = {key: value for key, value in self._known.items() if key in used}

    def __len__(self) -> int:
        return len(self._known)


class Nodes:
    """Nodes by name, and per node name the sums over its pods, known before or after the node itself."""

    def __init__(self) -> None:
        self.by_name: dict[str, Node] = {}
        self.ready: set[str] = set()
        self._pods: Multiset[str] = Multiset()
        self._sums: dict[str, tuple[Multiset[str], Multiset[str]]] = {}

    def upsert(self, node: Node) -> tuple[bool, Node | None]:
        """Take a node; say whether its readiness changed, and what it was before."""
        name = node.metadata.name
        before = self.by_name.get(name)
        self.by_name[name] = node
        was_ready = name in self.ready
        (self.ready.add if node.ready else self.ready.discard)(name)
        return was_ready != node.ready, before

    def remove(self, node: Node) -> bool:
        """Drop a node unless another one of its name came meanwhile; say whether it was dropped."""
        current = self.by_name.get(node.metadata.name)
        if current is None or current.metadata.uid != node.metadata.uid:
            return False
        del self.by_name[node.metadata.name]
        self.ready.discard(node.metadata.name)
        return True

    def charge(self, pod: Pod, charge: Charge, sign: int) -> None:
        """Add (`sign` 1) or take back (-1) a pod that is bound and not terminal; others hold nothing."""
        if not pod.node or pod.terminal:
            return
        self._pods[pod.node] += sign
        requested, limited = self._sums.setdefault(pod.node, (Multiset(), Multiset()))
        for resource in SUMMED:
            requested[resource] += sign * charge.requests.get(resource, 0)
            limited[resource] += sign * charge.limits.get(resource, 0)
        if not self._pods[pod.node]:
            del self._pods[pod.node], self._sums[pod.node]

    def snapshot(self, name: str) -> NodeSnapshot | None:
        """View one node, None if there is none of that name."""
        node = self.by_name.get(name)
        if node is None:
            return None
        requested, limited = self._sums.get(name, (Multiset(), Multiset()))
        return NodeSnapshot(node, self._pods[name], dict(requested), dict(limited))

    def pool(self, pool: str) -> PoolSnapshot | None:
        """View all nodes of a pool, None if it has none."""
        nodes = tuple(self._snapshots_of(pool))
        return PoolSnapshot(pool, nodes) if nodes else None

    def _snapshots_of(self, pool: str) -> Iterator[NodeSnapshot]:
        for name, node in self.by_name.items():
            if node.pool == pool:
                snapshot = self.snapshot(name)
                if snapshot is not None:
                    yield snapshot
