"""The cluster as it stands: takes facts from the readers, knows what changed, gives out snapshots.

One lock guards everything; readers hold it for a batch, the publisher for a slice of snapshots.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from kube_headroom import model
from kube_headroom.catalogue.labels import Workload
from kube_headroom.model import Change, Fact
from kube_headroom.readings import Page
from kube_headroom.snapshot import ResourcesSnapshot, WorkloadSnapshot
from kube_headroom.state.declared import Declared, SloInputs, selected
from kube_headroom.state.entry import targets
from kube_headroom.state.events import Events
from kube_headroom.state.jobs import Jobs
from kube_headroom.state.ledger import USAGE, Ledger, Row
from kube_headroom.state.nodes import Charges, Nodes
from kube_headroom.state.ownership import OVERFLOW, Owners
from kube_headroom.state.pods import Pods
from kube_headroom.state.usage.kubelets import SCOPES, Kubelets
from kube_headroom.state.usage.limits import UsageLimits
from kube_headroom.state.workloads import Workloads

Key = tuple[str, ...]
T = TypeVar("T")


class Limits(NamedTuple):
    """The settings of the state room; durations in seconds."""

    counter_hold: float
    kept_after: float
    owner_wait: float
    rollout_deadline: float
    bare_workloads: int
    event_reasons: frozenset[str]
    minor: int
    usage: UsageLimits = UsageLimits()


class Losses(NamedTuple):
    """What is in no series of its own: pods, events, and workloads over the cap; refused rows of kubelets by reason."""

    pods_left_out: int
    pods_waiting: int
    events_unattributed: int
    overflowed: dict[tuple[str, str], int]
    rows_refused: dict[str, int]


class Inventory:
    """All facts of one cluster; `clock` gives Unix seconds."""

    def __init__(self, limits: Limits, ledger: Ledger, clock: Callable[[], float]) -> None:
        self.lock = threading.Lock()
        self.ledger = ledger
        self._limits = limits
        self._clock = clock
        self._objects: dict[str, dict[str, Any]] = {}
        self._changed: set[Key] = set()
        self._listed: set[str] = set()
        self._owners = Owners(limits.bare_workloads)
        self._nodes = Nodes()
        self.workloads = Workloads(self._owners, hold=limits.counter_hold, kept_after=limits.kept_after)
        self.kubelets = Kubelets(limits.usage, ledger, self._nodes)
        self.pods = Pods(self.workloads, self._owners, self._nodes, ledger, self.kubelets)
        self.pods.charges = Charges(limits.minor)
        self._jobs = Jobs(self.workloads, self._owners, ledger)
        self.events = Events(self.workloads, ledger, self._workload_of_event, limits.event_reasons)
        self._namespace_owner: dict[str, str] = {}
        self._declared = Declared()

    # what readers tell

    def replace(self, kind: str, scope: str, facts: Mapping[str, Fact]) -> None:
        """Take the whole of a kind, or of a namespace of it, at once; what it lacks is gone."""
        now = self._clock()
        with self.lock:
            if kind == "pods":
                self.pods.replace(scope, _only(facts, model.Pod), now, self._limits.kept_after)
            elif kind == "events":
                self.events.replace(scope, _only(facts, model.Event), now)
            else:
                known = self._objects.setdefault(kind, {})
                for uid, fact in [*known.items()]:
                    if uid not in facts and (not scope or fact.metadata.namespace == scope):
                        self._remove(kind, fact, now)
                for fact in facts.values():
                    self._upsert(kind, fact, now)
            if not scope:
                self._listed.add(kind)
                self._forget_what_is_gone(kind)

    def apply(self, kind: str, facts: Sequence[tuple[Change, Fact]]) -> None:
        """Take a batch of changes in order."""
        now = self._clock()
        with self.lock:
            for change, fact in facts:
                (self._remove if change is Change.DELETE else self._upsert)(kind, fact, now)

    def page(self, node: str, page: Page, fetched_at: float) -> None:
        """Take a page of a node's kubelet that came at `fetched_at`."""
        with self.lock:
            self.kubelets.page(node, page, fetched_at)

    def gone(self, node: str) -> None:
        """Withdraw what was measured on a node that is no longer read."""
        with self.lock:
            self.kubelets.gone(node)

    def start_waiting(self) -> None:
        """Let pods wait for their owners from now on: before every kind was listed, waiting proves nothing."""
        with self.lock:
            self.pods.waits_since = self._clock()

    # what the reader of kubelets asks

    def nodes(self) -> list[model.Node]:
        """Return all nodes."""
        with self.lock:
            return list(self._nodes.by_name.values())

    def running(self, node: str) -> int:
        """Count the containers that the API server says run on a node."""
        with self.lock:
            return self.kubelets.running(node)

    # what the publisher asks

    def changes(self) -> list[Key]:
        """Return the keys whose snapshot changed since the last call, by fact or by time."""
        now = self._clock()
        with self.lock:
            self.workloads.tick(now)
            self.pods.retry(now, self._limits.owner_wait)
            self.events.retry(now, self._limits.owner_wait)
            self.pods.expire(now)
            self.pods.forget_unused_charges()
            keys = self._changed
            self._changed = set()
            keys.update(("workload", *workload) for workload in self.workloads.changed)
            keys.update(
                ("usage", *one) for one in self.workloads.changed if self.kubelets.shows(one) and self._over(one)
            )
            keys.update(self.kubelets.changes(now))
            keys.update(("resources", *workload) for workload in self.workloads.resized)
            self.workloads.changed.clear()
            self.workloads.resized.clear()
            for name in self.pods.nodes_changed:
                keys.add(("node", name))
                if name in self._nodes.by_name:
                    keys.add(("pool", self._nodes.by_name[name].pool))
            self.pods.nodes_changed.clear()
        return sorted(keys)

    def snapshots(self, keys: Iterable[Key]) -> list[tuple[Key, Any]]:
        """View what the keys name now, None for what is gone."""
        now = self._clock()
        with self.lock:
            return [(key, self._snapshot(key, now)) for key in keys]

    def show_again(self, selectors: Iterable[tuple[str, ...]]) -> None:
        """Count workloads as changed that are selected by namespace, kind and name ("" for any), and what they use."""
        with self.lock:
            found = selected(self.workloads.entries, selectors)
            self.workloads.changed |= found
            self.kubelets.show_again(found)

    # what the reader of SLOs asks

    @property
    def slo_version(self) -> int:
        """Grows whenever what objects declare of SLOs changed."""
        return self._declared.version

    def slo_inputs(self) -> SloInputs:
        """Return the ConfigMaps and annotations that declare SLOs."""
        with self.lock:
            return self._declared.inputs(self._namespace_owner)

    def sizes(self) -> dict[str, int]:
        """Count the objects held, by kind."""
        with self.lock:
            sizes = {kind: len(objects) for kind, objects in self._objects.items()}
            return sizes | {"pods": len(self.pods.entry_of), "events": len(self.ledger.events)}

    def losses(self) -> Losses:
        """Count what is left out of the series, or folded into the overflow."""
        with self.lock:
            overflowed = {
                (entry.workload.namespace, entry.workload.workload_kind): len(entry.pods) or len(entry.jobs)
                for entry in self.workloads.entries.values()
                if entry.workload.workload == OVERFLOW and not entry.empty
            }
            return Losses(
                self.pods.left_out,
                len(self.pods.waiting),
                self.events.unattributed,
                overflowed,
                dict(self.kubelets.refused),
            )

    # what the check-point asks

    def take_changes(self, *, everything: bool = False) -> list[Row]:
        """Return the rows to write; `everything` at the end, else kubelets' baselines only as often as is worth it."""
        with self.lock:
            return [*self.ledger.take_changes(), *self.kubelets.roster.take_rows(self._clock(), everything=everything)]

    def give_back(self, rows: Iterable[Row]) -> None:
        """Mark rows as changed again after they could not be written."""
        with self.lock:
            for row in rows:
                if row.table == USAGE:
                    self.kubelets.roster.give_back(row.key)
                else:
                    self.ledger.give_back([row])

    def _snapshot(self, key: Key, now: float) -> Any:  # noqa: ANN401  one of the snapshot types, by the key's scope
        scope, *names = key
        if scope == "workload":
            return self._workload(Workload(*names), now)
        if scope == "resources":
            return self._resources(Workload(*names))
        if scope == "node":
            return self._nodes.snapshot(names[0])
        if scope == "pool":
            return self._nodes.pool(names[0])
        if scope in SCOPES:
            entry = self.workloads.entries.get(Workload(*names)) if scope == "usage" else None
            return self.kubelets.snapshot(key, entry, now)
        uid, kind = names[-1], scope
        return self._objects.get(kind, {}).get(uid)

    def _over(self, workload: Workload) -> bool:
        entry = self.workloads.entries.get(workload)
        return entry is None or entry.empty

    def _resources(self, workload: Workload) -> ResourcesSnapshot | None:
        entry = self.workloads.entries.get(workload)
        if entry is None or not entry.pods:
            return None
        pods = tuple(entry.pods.values())
        return ResourcesSnapshot(workload, pods, tuple(self.pods.charges.of(pod.resources) for pod in pods))

    def _workload(self, workload: Workload, now: float) -> WorkloadSnapshot | None:
        entry = self.workloads.entries.get(workload)
        if entry is None or entry.empty:
            return None
        due = entry.track_rollout(now, self._limits.rollout_deadline)
        counters = tuple(entry.tally.samples(now))
        for at in (due, entry.tally.due(now)):
            if at is not None and at > now:
                self.workloads.wake(workload, at)
        pods = tuple(entry.pods.values())
        autoscalers = sorted(entry.autoscalers.values(), key=lambda scaler: scaler.metadata.name)
        return WorkloadSnapshot(
            workload=workload,
            owner=entry.owner() or self._namespace_owner.get(workload.namespace, ""),
            controller=entry.controller,
            jobs=tuple(entry.jobs.values()),
            autoscaler=autoscalers[0] if autoscalers else None,
            pods=pods,
            ready_nodes=self._nodes.ready.intersection(pod.node for pod in pods),
            rollout_stuck=entry.rollout_stuck(now, self._limits.rollout_deadline),
            counters=counters,
        )

    # one fact

    def _upsert(self, kind: str, fact: Fact, now: float) -> None:
        if isinstance(fact, model.Pod):
            self.pods.upsert(fact, now)
            return
        if isinstance(fact, model.Event):
            self.events.upsert(fact, now)
            return
        before = self._objects.setdefault(kind, {}).get(fact.metadata.uid)
        self._objects[kind][fact.metadata.uid] = fact
        if before != fact:
            self._place(kind, before, fact, now)

    def _remove(self, kind: str, fact: Fact, now: float) -> None:
        if isinstance(fact, model.Pod):
            self.pods.remove(fact, now, self._limits.kept_after)
            return
        if isinstance(fact, model.Event):
            self.events.remove(fact)
            return
        before = self._objects.get(kind, {}).pop(fact.metadata.uid, None)
        self._place(kind, before or fact, None, now)

    def _place(self, kind: str, before: Any, after: Any, now: float) -> None:  # noqa: ANN401  facts of one kind
        """Tell whoever depends on this object; `after` is None when it is gone."""
        fact = after or before
        match fact:
            case model.Controller() | model.CronJob():
                self._place_controller(fact, now, gone=after is None)
            case model.ReplicaSet() | model.Job():
                self._place_between(fact, now, gone=after is None)
            case model.HorizontalPodAutoscaler():
                self._place_autoscaler(before, after)
            case model.Node():
                self._place_node(fact, gone=after is None)
            case model.Namespace():
                self._place_namespace(fact, gone=after is None)
            case model.ConfigMap():
                self._declared.place_config_map(before, after)
            case _:
                self._changed.add((kind, fact.metadata.namespace, fact.metadata.name, fact.metadata.uid))

    def _place_controller(self, fact: model.Controller | model.CronJob, now: float, *, gone: bool) -> None:
        kind = fact.kind if isinstance(fact, model.Controller) else "CronJob"
        entry = self.workloads.entry(Workload(fact.metadata.namespace, kind, fact.metadata.name))
        if not gone:
            entry.controller = fact
        elif entry.controller is not None and entry.controller.metadata.uid == fact.metadata.uid:
            entry.controller = None
        self._declared.place_workload(entry.workload, entry.controller)
        self.workloads.settle(entry, now)

    def _place_between(self, fact: model.ReplicaSet | model.Job, now: float, *, gone: bool) -> None:
        if not gone:
            self._owners.between[fact.metadata.uid] = fact
        if isinstance(fact, model.Job):
            (self._jobs.remove if gone else self._jobs.upsert)(fact, now)
        if gone:
            self.pods.depart(fact.metadata.uid, self._owners.owner_of(fact), now + self._limits.kept_after)
            self._owners.forget(fact.metadata.uid)

    def _place_autoscaler(
        self, before: model.HorizontalPodAutoscaler | None, after: model.HorizontalPodAutoscaler | None
    ) -> None:
        if before is not None and targets(before) in self.workloads.entries:
            self.workloads.entry(targets(before)).autoscalers.pop(before.metadata.uid, None)
            self.workloads.wake(targets(before), self._clock())
        if after is not None:
            entry = self.workloads.entry(targets(after))
            entry.autoscalers[after.metadata.uid] = after
            self.workloads.settle(entry, self._clock())

    def _place_node(self, node: model.Node, *, gone: bool) -> None:
        name = node.metadata.name
        self._changed.update((("node", name), ("pool", node.pool)))
        if gone:
            flipped = self._nodes.remove(node)
        else:
            flipped, before = self._nodes.upsert(node)
            if before is not None and before.pool != node.pool:
                self._changed.add(("pool", before.pool))
        if flipped:
            self.workloads.changed.update(self.workloads.on_node(name))

    def _place_namespace(self, namespace: model.Namespace, *, gone: bool) -> None:
        name, owner = namespace.metadata.name, namespace.metadata.owner
        self._changed.add(("namespaces", "", name, namespace.metadata.uid))
        if self._namespace_owner.get(name, "") != ("" if gone else owner):
            self.workloads.changed.update(self.workloads.of_namespace(name))
            self._declared.rename_owner(name)
        if gone:
            self._namespace_owner.pop(name, None)
        else:
            self._namespace_owner[name] = owner

    def _workload_of_event(self, event: model.Event) -> Workload | None:
        kind, uid = event.involved_kind, event.involved_uid
        if kind == "Pod":
            return self.pods.workload_of(uid)
        between = self._owners.between.get(uid)
        if between is not None:
            return self._owners.owner_of(between)
        if kind == "HorizontalPodAutoscaler":
            scaler = self._objects.get("horizontalpodautoscalers", {}).get(uid)
            return None if scaler is None else targets(scaler)
        workload = Workload(event.involved_namespace, kind, event.involved_name)
        return workload if workload in self.workloads.entries else self.pods.workload_of(uid)

    def _forget_what_is_gone(self, kind: str) -> None:
        """A check-point may know pods and jobs that went while nobody watched; only whole lists can tell."""
        if kind in ("pods", "jobs") and {"pods", "jobs"} <= self._listed:
            self.ledger.keep_only({*self.pods.entry_of, *self.pods.waiting, *self._objects["jobs"]})
        if kind == "nodes":
            self.kubelets.roster.keep_only(self._nodes.by_name)


def _only(facts: Mapping[str, Fact], kind: type[T]) -> dict[str, T]:
    return {uid: fact for uid, fact in facts.items() if isinstance(fact, kind)}
