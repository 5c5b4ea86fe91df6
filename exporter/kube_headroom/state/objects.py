"""Every object that is no pod and no event: kept by kind, and told to whoever depends on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from kube_headroom import model
from kube_headroom.catalogue.labels import Workload
from kube_headroom.model import Fact
from kube_headroom.state.declared import Declared
from kube_headroom.state.entry import targets
from kube_headroom.state.jobs import Jobs
from kube_headroom.state.nodes import Nodes
from kube_headroom.state.ownership import Owners
from kube_headroom.state.pods import Pods
from kube_headroom.state.workloads import Workloads

Key = tuple[str, ...]


class Dependents(NamedTuple):
    """Who is told of objects."""

    workloads: Workloads
    owners: Owners
    nodes: Nodes
    pods: Pods
    jobs: Jobs


class Objects:
    """Facts by kind and uid; `changed` are the keys of nodes, pools and objects whose snapshot changed.

    `kept_after` seconds is how long the pods of a ReplicaSet or Job that is gone still know their workload.
    """

    def __init__(self, dependents: Dependents, kept_after: float) -> None:
        self.workloads, self._owners, self._nodes, self._pods, self._jobs = dependents
        self._kept_after = kept_after
        self.by_kind: dict[str, dict[str, Any]] = {}
        self.changed: set[Key] = set()
        self.namespace_owner: dict[str, str] = {}
        self.declared = Declared()

    def upsert(self, kind: str, fact: Any, now: float) -> None:  # noqa: ANN401  a fact with metadata
        """Take an object as it is now."""
        before = self.by_kind.setdefault(kind, {}).get(fact.metadata.uid)
        self.by_kind[kind][fact.metadata.uid] = fact
        if before != fact:
            self._place(kind, before, fact, now)

    def remove(self, kind: str, fact: Any, now: float) -> None:  # noqa: ANN401  a fact with metadata
        """Take leave of an object; `fact` is its last state, for one that was never seen."""
        before = self.by_kind.get(kind, {}).pop(fact.metadata.uid, None)
        self._place(kind, before or fact, None, now)

    def outside(self, kind: str, scope: str, facts: Mapping[str, Fact]) -> list[Any]:
        """Return the known objects of a kind, or of a namespace of it, that a whole list lacks."""
        return [
            fact
            for uid, fact in self.by_kind.setdefault(kind, {}).items()
            if uid not in facts and (not scope or fact.metadata.namespace == scope)
        ]

    def _place(self, kind: str, before: Any, after: Any, now: float) -> None:  # noqa: ANN401  facts of one kind
        """Tell whoever depends on this object; `after` is None when it is gone."""
        fact = after or before
        match fact:
            case model.Controller() | model.CronJob():
                self._place_controller(fact, now, gone=after is None)
            case model.ReplicaSet() | model.Job():
                self._place_between(fact, now, gone=after is None)
            case model.HorizontalPodAutoscaler():
                self._place_autoscaler(before, after, now)
            case model.Node():
                self._place_node(fact, gone=after is None)
            case model.Namespace():
                self._place_namespace(fact, gone=after is None)
            case model.ConfigMap():
                self.declared.place_config_map(before, after)
            case _:
                self.changed.add((kind, fact.metadata.namespace, fact.metadata.name, fact.metadata.uid))

    def _place_controller(self, fact: model.Controller | model.CronJob, now: float, *, gone: bool) -> None:
        kind = fact.kind if isinstance(fact, model.Controller) else "CronJob"
        entry = self.workloads.entry(Workload(fact.metadata.namespace, kind, fact.metadata.name))
        if not gone:
            entry.controller = fact
        elif entry.controller is not None and entry.controller.metadata.uid == fact.metadata.uid:
            entry.controller = None
        self.declared.place_workload(entry.workload, entry.controller)
        self.workloads.settle(entry, now)

    def _place_between(self, fact: model.ReplicaSet | model.Job, now: float, *, gone: bool) -> None:
        if not gone:
            self._owners.between[fact.metadata.uid] = fact
        if isinstance(fact, model.Job):
            (self._jobs.remove if gone else self._jobs.upsert)(fact, now)
        if gone:
            self._pods.depart(fact.metadata.uid, self._owners.owner_of(fact), now + self._kept_after)
            self._owners.forget(fact.metadata.uid)

    def _place_autoscaler(
        self, before: model.HorizontalPodAutoscaler | None, after: model.HorizontalPodAutoscaler | None, now: float
    ) -> None:
        if before is not None and targets(before) in self.workloads.entries:
            self.workloads.entry(targets(before)).autoscalers.pop(before.metadata.uid, None)
            self.workloads.wake(targets(before), now)
        if after is not None:
            entry = self.workloads.entry(targets(after))
            entry.autoscalers[after.metadata.uid] = after
            self.workloads.settle(entry, now)

    def _place_node(self, node: model.Node, *, gone: bool) -> None:
        name = node.metadata.name
        self.changed.update((("node", name), ("pool", node.pool)))
        if gone:
            flipped = self._nodes.remove(node)
        else:
            flipped, before = self._nodes.upsert(node)
            if before is not None and before.pool != node.pool:
                self.changed.add(("pool", before.pool))
        if flipped:
            self.workloads.changed.update(self.workloads.on_node(name))

    def _place_namespace(self, namespace: model.Namespace, *, gone: bool) -> None:
        name, owner = namespace.metadata.name, namespace.metadata.owner
        self.changed.add(("namespaces", "", name, namespace.metadata.uid))
        if self.namespace_owner.get(name, "") != ("" if gone else owner):
            self.workloads.changed.update(self.workloads.of_namespace(name))
            self.declared.rename_owner(name)
        if gone:
            self.namespace_owner.pop(name, None)
        else:
            self.namespace_owner[name] = owner
