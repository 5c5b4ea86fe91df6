"""Pods: whose they are, what they add to their workload's counters and to their node."""

from __future__ import annotations

import math
from collections.abc import Mapping

from kube_headroom.catalogue import workloads as series
from kube_headroom.catalogue.labels import Workload
from kube_headroom.model import Pod
from kube_headroom.state.entry import NODE_PRESSURE, STANDARD_REASONS, Entry
from kube_headroom.state.ledger import Containers, Ledger
from kube_headroom.state.nodes import Charges, Nodes
from kube_headroom.state.ownership import Owners
from kube_headroom.state.terminations import UNKNOWN, baseline_of, progress
from kube_headroom.state.usage.kubelets import Kubelets
from kube_headroom.state.workloads import Workloads

CHARGES_KEPT = 1000
OTHER = "other"
TERMINATION_REASONS = frozenset(
    (
        *STANDARD_REASONS,
        UNKNOWN,
        "Completed",
        "ContainerCannotRun",
        "ContainerStatusUnknown",
        "DeadlineExceeded",
        "Evicted",
        "StartError",
    )
)
"""Reasons that the kubelet and containerd, CRI-O and Docker write into `terminated.reason`."""
DISRUPTIONS = frozenset(
    (
        NODE_PRESSURE,
        "DeletionByPodGC",
        "DeletionByTaintManager",
        "EvictionByEvictionAPI",
        "PreemptionByScheduler",
    )
)
"""Reasons of the DisruptionTarget condition (Kubernetes documentation, Disruptions, Pod disruption conditions)."""


class Pods:
    """Every pod's workload, for its life and a while after; a pod whose owner is unknown waits.

    `left_out` counts pods that were never attributed: terminating ones whose owner was never seen.
    """

    def __init__(self, workloads: Workloads, owners: Owners, nodes: Nodes, ledger: Ledger, kubelets: Kubelets) -> None:
        self.entry_of: dict[str, Entry] = {}
        self.left_out = 0
        self.nodes_changed: set[str] = set()
        self.waits_since = math.inf
        self.waiting: dict[str, tuple[Pod, float]] = {}
        self._departed: dict[str, tuple[Workload, float]] = {}
        self._ignored: set[str] = set()
        self._mirrored: dict[str, tuple[Containers, float]] = {}
        self._workloads = workloads
        self._owners = owners
        self._nodes = nodes
        self._ledger = ledger
        self._kubelets = kubelets
        self.charges = Charges(minor=0)

    def upsert(self, pod: Pod, now: float) -> None:
        """Take a pod as it is now."""
        entry = self.entry_of.get(pod.uid)
        if entry is None:
            workload = self._owners.workload_of(pod)
            if workload is None:
                self._wait(pod, now)
                return
            entry = self._adopt(pod, workload)
        before = entry.pods.get(pod.uid)
        if before == pod:
            return
        entry.pods[pod.uid] = pod
        if before is not None and before.node != pod.node:
            self._kubelets.unbind(before, now)
        self._kubelets.bind(pod, entry)
        self._workloads.changed.add(entry.workload)
        self._move(entry, before, pod)
        self._count(pod, entry)
        self._workloads.settle(entry, now)

    def remove(self, pod: Pod, now: float, kept_after: float) -> None:
        """Take a pod's last state, then let it go; its workload stays known for late events."""
        self.waiting.pop(pod.uid, None)
        self._ignored.discard(pod.uid)
        entry = self.entry_of.pop(pod.uid, None)
        if entry is not None:
            self._count(pod, entry)
            before = entry.pods.pop(pod.uid, None)
            # What was bound is the pod as it was known: its last state may name another node, or none.
            self._kubelets.unbind(before or pod, now)
            self._move(entry, before, None)
            self._workloads.changed.add(entry.workload)
            self._workloads.settle(entry, now)
            self.depart(pod.uid, entry.workload, now + kept_after)
        if pod.static_uid:
            # What it mirrors runs on; the next mirror has another uid and tells of the same restarts.
            self._mirrored[pod.static_uid] = (self._ledger.containers.get(pod.uid, {}), now + kept_after)
        self._ledger.forget(pod.uid)

    def replace(self, namespace: str, pods: Mapping[str, Pod], now: float, kept_after: float) -> None:
        """Take a whole list; what it lacks is gone."""
        known = [*self.entry_of.items()]
        for uid, entry in known:
            if uid not in pods and (not namespace or entry.workload.namespace == namespace):
                self.remove(entry.pods[uid], now, kept_after)
        for pod, _ in [*self.waiting.values()]:
            if pod.uid not in pods and (not namespace or pod.namespace == namespace):
                self.remove(pod, now, kept_after)
        for pod in pods.values():
            self.upsert(pod, now)

    def retry(self, now: float, owner_wait: float) -> None:
        """Attribute the pods whose owner came meanwhile; after `owner_wait` seconds take the owner by its name."""
        for pod, since in [*self.waiting.values()]:
            workload = self._owners.workload_of(pod)
            if workload is None and now - max(since, self.waits_since) < owner_wait:
                continue
            del self.waiting[pod.uid]
            if workload is None and pod.deleting:
                self._ignored.add(pod.uid)
                self.left_out += 1
                continue
            if workload is None and pod.controller is not None:
                workload = Workload(pod.namespace, pod.controller.kind, pod.controller.name)
            if workload is not None:
                self._adopt(pod, workload)
                self.upsert(pod, now)

    def workload_of(self, uid: str) -> Workload | None:
        """Name the workload of a pod that lives or has gone lately."""
        entry = self.entry_of.get(uid)
        if entry is not None:
            return entry.workload
        departed = self._departed.get(uid)
        return None if departed is None else departed[0]

    def depart(self, uid: str, workload: Workload, until: float) -> None:
        """Remember whose an object was that is gone, for late events."""
        self._departed[uid] = (workload, until)

    def expire(self, now: float) -> None:
        """Forget the workloads of pods long gone."""
        while self._departed:
            uid = next(iter(self._departed))
            if self._departed[uid][1] > now:
                break
            del self._departed[uid]
        for uid in [uid for uid, (_, until) in self._mirrored.items() if until <= now]:
            del self._mirrored[uid]

    def forget_unused_charges(self) -> None:
        """Drop what the scheduler charged for resources that no pod has any more, once they are the most."""
        if len(self.charges) > CHARGES_KEPT + 2 * len(self.entry_of):
            used = {id(pod.resources) for entry in self._workloads.entries.values() for pod in entry.pods.values()}
            self.charges.keep_only(used)

    def _wait(self, pod: Pod, now: float) -> None:
        if pod.uid in self._ignored:
            return
        _, since = self.waiting.get(pod.uid, (pod, now))
        self.waiting[pod.uid] = (pod, since)

    def _adopt(self, pod: Pod, workload: Workload) -> Entry:
        self.waiting.pop(pod.uid, None)
        entry = self.entry_of[pod.uid] = self._workloads.entry(workload)
        mirrored = self._mirrored.pop(pod.static_uid, None)
        if mirrored is not None:
            for name, baseline in mirrored[0].items():
                self._ledger.set_baseline(pod.uid, name, baseline)
        elif not self._ledger.counts_from_zero(pod.created):
            for status in pod.statuses:
                self._ledger.set_baseline(pod.uid, status.name, baseline_of(status))
            if pod.disruption:
                self._ledger.first_time(pod.uid)
        for container in (*pod.resources.containers, *pod.resources.init_containers):
            entry.seed_container(container.name)
        return entry

    def _move(self, entry: Entry, before: Pod | None, after: Pod | None) -> None:
        if before is not None and after is not None and _place(before) == _place(after):
            return
        self._workloads.resized.add(entry.workload)
        for pod, sign in ((before, -1), (after, 1)):
            if pod is not None and pod.node:
                self._nodes.charge(pod, self.charges.of(pod.resources), sign)
                self.nodes_changed.add(pod.node)

    def _count(self, pod: Pod, entry: Entry) -> None:
        for status in pod.statuses:
            made = progress(self._ledger.baseline(pod.uid, status.name), status)
            if made.restarts:
                entry.count(series.CONTAINER_RESTARTS, (status.name,), made.restarts)
            for reason in made.reasons:
                known = reason if reason in TERMINATION_REASONS else OTHER
                entry.count(series.CONTAINER_TERMINATIONS, (status.name, known), 1)
            self._ledger.set_baseline(pod.uid, status.name, made.baseline)
        if pod.disruption and self._ledger.first_time(pod.uid):
            entry.count(series.EVICTIONS, (pod.disruption if pod.disruption in DISRUPTIONS else OTHER,), 1)


def _place(pod: Pod) -> tuple[str, bool, int]:
    """What decides where a pod's charge goes; interned resources are compared by identity."""
    return pod.node, pod.terminal, id(pod.resources)
