"""The cluster as it stands: takes facts from the readers, knows what changed, gives out snapshots.

One lock guards everything; readers hold it for a batch, the publisher for a slice of snapshots.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from kube_headroom import model
from kube_headroom.catalogue.labels import Workload
from kube_headroom.model import Change, Fact
from kube_headroom.readings import Page
from kube_headroom.snapshot import DepartedSnapshot, ResourcesSnapshot, WorkloadSnapshot
from kube_headroom.state.declared import SloInputs, selected
from kube_headroom.state.entry import targets
from kube_headroom.state.events import Events
from kube_headroom.state.jobs import Jobs
from kube_headroom.state.ledger import USAGE, Ledger, Row
from kube_headroom.state.nodes import Charges, Nodes
from kube_headroom.state.objects import Dependents, Objects
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
        self._listed: set[str] = set()
        self._owners = Owners(limits.bare_workloads)
        self._nodes = Nodes()
        self.workloads = Workloads(self._owners, hold=limits.counter_hold, kept_after=limits.kept_after)
        self.kubelets = Kubelets(limits.usage, ledger, self._nodes)
        self.pods = Pods(self.workloads, self._owners, self._nodes, ledger, self.kubelets)
        self.pods.charges = Charges(limits.minor)
        jobs = Jobs(self.workloads, self._owners, ledger)
        dependents = Dependents(self.workloads, self._owners, self._nodes, self.pods, jobs)
        self._objects = Objects(dependents, limits.kept_after)
        self.events = Events(self.workloads, ledger, self._workload_of_event, limits.event_reasons)
        self._views: dict[str, Callable[[Workload, float], object]] = {
            "workload": self._workload,
            "departed": self._departed,
            "resources": self._resources,
        }

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
                for gone in self._objects.outside(kind, scope, facts):
                    self._objects.remove(kind, gone, now)
                for fact in facts.values():
                    self._objects.upsert(kind, fact, now)
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
            keys = self._objects.changed
            self._objects.changed = set()
            keys.update(("workload", *workload) for workload in self.workloads.changed)
            keys.update(
                ("usage", *one) for one in self.workloads.changed if self.kubelets.shows(one) and self._over(one)
            )
            keys.update(("departed", *one) for one in self.workloads.changed & self.workloads.departed)
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
        return self._objects.declared.version

    def slo_inputs(self) -> SloInputs:
        """Return the ConfigMaps and annotations that declare SLOs."""
        with self.lock:
            return self._objects.declared.inputs(self._objects.namespace_owner)

    def sizes(self) -> dict[str, int]:
        """Count the objects held, by kind."""
        with self.lock:
            sizes = {kind: len(objects) for kind, objects in self._objects.by_kind.items()}
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

    def mark(self, at: float, fetched: float) -> None:
        """Note what the next page shows; `fetched` is of when the last page is that somebody fetched."""
        with self.lock:
            self.ledger.mark(at, fetched)

    def take_changes(self, fetched: float = math.inf, *, everything: bool = False) -> list[Row]:
        """Return the rows to write: of the ledger those of the page of `fetched`, of the kubelets' baselines the newest.

        Those are taken only as often as is worth it, unless at the end `everything` is.
        """
        with self.lock:
            return [
                *self.ledger.take_changes(fetched),
                *self.kubelets.roster.take_rows(self._clock(), everything=everything),
            ]

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
        if scope in self._views:
            return self._views[scope](Workload(*names), now)
        if scope == "node":
            return self._nodes.snapshot(names[0])
        if scope == "pool":
            return self._nodes.pool(names[0])
        if scope in SCOPES:
            entry = self.workloads.entries.get(Workload(*names)) if scope == "usage" else None
            return self.kubelets.snapshot(key, entry, now)
        uid, kind = names[-1], scope
        return self._objects.by_kind.get(kind, {}).get(uid)

    def _over(self, workload: Workload) -> bool:
        entry = self.workloads.entries.get(workload)
        return entry is None or entry.empty

    def _departed(self, workload: Workload, now: float) -> DepartedSnapshot | None:
        counters = self.workloads.last_counters(workload, now)
        return DepartedSnapshot(counters) if counters else None

    def _resources(self, workload: Workload, _: float) -> ResourcesSnapshot | None:
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
        if due is not None and due > now:
            self.workloads.wake(workload, due)
        pods = tuple(entry.pods.values())
        autoscalers = sorted(entry.autoscalers.values(), key=lambda scaler: scaler.metadata.name)
        return WorkloadSnapshot(
            workload=workload,
            owner=entry.owner() or self._objects.namespace_owner.get(workload.namespace, ""),
            controller=entry.controller,
            jobs=tuple(entry.jobs.values()),
            autoscaler=autoscalers[0] if autoscalers else None,
            pods=pods,
            ready_nodes=self._nodes.ready.intersection(pod.node for pod in pods),
            rollout_stuck=entry.rollout_stuck(now, self._limits.rollout_deadline),
            counters=self.workloads.counters(entry, now),
        )

    # one fact

    def _upsert(self, kind: str, fact: Fact, now: float) -> None:
        if isinstance(fact, model.Pod):
            self.pods.upsert(fact, now)
            return
        if isinstance(fact, model.Event):
            self.events.upsert(fact, now)
            return
        self._objects.upsert(kind, fact, now)

    def _remove(self, kind: str, fact: Fact, now: float) -> None:
        if isinstance(fact, model.Pod):
            self.pods.remove(fact, now, self._limits.kept_after)
            return
        if isinstance(fact, model.Event):
            self.events.remove(fact)
            return
        self._objects.remove(kind, fact, now)

    def _workload_of_event(self, event: model.Event) -> Workload | None:
        kind, uid = event.involved_kind, event.involved_uid
        if kind == "Pod":
            return self.pods.workload_of(uid)
        between = self._owners.between.get(uid)
        if between is not None:
            return self._owners.owner_of(between)
        if kind == "HorizontalPodAutoscaler":
            scaler = self._objects.by_kind.get("horizontalpodautoscalers", {}).get(uid)
            return None if scaler is None else targets(scaler)
        workload = Workload(event.involved_namespace, kind, event.involved_name)
        return workload if workload in self.workloads.entries else self.pods.workload_of(uid)

    def _forget_what_is_gone(self, kind: str) -> None:
        """A check-point may know pods and jobs that went while nobody watched; only whole lists can tell."""
        if kind in ("pods", "jobs") and {"pods", "jobs"} <= self._listed:
            self.ledger.keep_only({*self.pods.entry_of, *self.pods.waiting, *self._objects.by_kind["jobs"]})
        if kind == "nodes":
            self.kubelets.roster.keep_only(self._nodes.by_name)


def _only(facts: Mapping[str, Fact], kind: type[T]) -> dict[str, T]:
    return {uid: fact for uid, fact in facts.items() if isinstance(fact, kind)}
