"""Draining nodes as `kubectl drain --ignore-daemonsets --delete-emptydir-data --force` does, over time."""

from __future__ import annotations

from dataclasses import dataclass, field

from kube_headroom.simulator.controllers.budgets import evict
from kube_headroom.simulator.controllers.pods import is_terminal
from kube_headroom.simulator.store import ConflictError, Name, Object, Store, controller
from kube_headroom.simulator.world import World

RETRY_SECONDS = 5.0
MIRROR = "kubernetes.io/config.mirror"


@dataclass(slots=True)
class Drain:
    """One drain: pods still to be evicted and when, pods that were and are not gone yet."""

    node: str
    waiting: dict[Name, float] = field(default_factory=dict)
    leaving: dict[Name, str] = field(default_factory=dict)
    """With their uid."""
    refused: dict[Name, str] = field(default_factory=dict)
    """What the API said last of a pod that it would not evict."""
    errors: dict[Name, str] = field(default_factory=dict)
    """Pods that were given up, and why."""


class Drains:
    """Cordons nodes and evicts their pods, again every 5 seconds while a budget refuses."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._store = world.store
        self.running: dict[str, Drain] = {}
        """By node; a drain that is done is gone."""

    def drain(self, node: str) -> Drain:
        """Begin to drain a node, of the pods it has now; a drain that runs goes on. Raises ConflictError NotFound."""
        if node not in self.running:
            cordon(self._store, node)
            drain = Drain(node)
            for pod in self._store.pods_on(node):
                if not _stays(self._store, pod):
                    drain.waiting[_name(pod)] = self._world.now
            self.running[node] = drain
        return self.running[node]

    def stop(self, node: str) -> None:
        """End a drain, as Ctrl-C does: the node stays cordoned."""
        self.running.pop(node, None)

    def uncordon(self, node: str) -> None:
        """End a drain and let pods come again. Raises ConflictError NotFound."""
        self.stop(node)
        cordon(self._store, node, unschedulable=False)

    def step(self, now: float) -> None:
        """Evict what is due, and end the drains whose pods are gone."""
        for drain in list(self.running.values()):
            for name, at in list(drain.waiting.items()):
                if now >= at:
                    self._evict(drain, name, now)
            for name, uid in list(drain.leaving.items()):
                pod = self._store.get("pods", *name)
                if pod is None or pod["metadata"]["uid"] != uid:
                    del drain.leaving[name]
            if not drain.waiting and not drain.leaving:
                del self.running[drain.node]

    def _evict(self, drain: Drain, name: Name, now: float) -> None:
        pod = self._store.get("pods", *name)
        if pod is None or pod["spec"].get("nodeName") != drain.node:
            del drain.waiting[name]
            drain.refused.pop(name, None)
            return
        try:
            evict(self._world, pod)
        except ConflictError as error:
            if error.reason == "TooManyRequests":
                drain.refused[name] = str(error)
                drain.waiting[name] = now + RETRY_SECONDS
            else:
                drain.errors[name] = str(error)
                del drain.waiting[name]
            return
        del drain.waiting[name]
        drain.refused.pop(name, None)
        drain.leaving[name] = pod["metadata"]["uid"]


def cordon(store: Store, node: str, *, unschedulable: bool = True) -> None:
    """Keep new pods off a node, or let them come again. Raises ConflictError NotFound for an unknown node."""
    found = store.get("nodes", "", node)
    if found is None:
        raise ConflictError("NotFound", f'nodes "{node}" not found')
    spec = {key: value for key, value in found["spec"].items() if key != "unschedulable"}
    store.change("nodes", found, spec={**spec, "unschedulable": True} if unschedulable else spec)


def _stays(store: Store, pod: Object) -> bool:
    """Tell whether a drain leaves a pod where it is: a static pod's mirror, and a DaemonSet's that has not ended."""
    if MIRROR in pod["metadata"].get("annotations", {}):
        return True
    owner = controller(pod)
    if owner is None or owner["kind"] != "DaemonSet" or is_terminal(pod):
        return False
    return store.get("daemonsets", pod["metadata"]["namespace"], owner["name"]) is not None


def _name(pod: Object) -> Name:
    return pod["metadata"]["namespace"], pod["metadata"]["name"]
