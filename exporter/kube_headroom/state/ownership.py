"""Which workload a controller reference means: one step up from ReplicaSets and Jobs, nothing else is climbed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from kube_headroom.catalogue.labels import Workload
from kube_headroom.model import ControllerReference, Job, Pod, ReplicaSet

OVERFLOW = "_overflow"
"""The workload name that takes what is over a namespace's cap; no Kubernetes name has an underscore."""

CLIMBED = {("apps", "ReplicaSet"), ("batch", "Job")}


@dataclass(slots=True)
class Owners:
    """The ReplicaSets and Jobs that stand between pods and their workloads, by uid.

    `cap` bounds the distinct bare pods, and the distinct one-shot Jobs, of a namespace.
    """

    cap: int
    between: dict[str, ReplicaSet | Job] = field(default_factory=dict)
    _one_shot: dict[str, Workload] = field(default_factory=dict)
    _bare: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    def workload_of(self, pod: Pod) -> Workload | None:
        """Name the pod's workload, or None while its ReplicaSet or Job is not known yet."""
        if pod.mirror:
            return self.bare(pod.namespace, "StaticPod", pod.name)
        if pod.controller is None:
            return self.bare(pod.namespace, "Pod", pod.name)
        return self.climb(pod.namespace, pod.controller)

    def climb(self, namespace: str, reference: ControllerReference) -> Workload | None:
        """Follow a reference to its workload, or None while a step is not known yet."""
        if (reference.group, reference.kind) not in CLIMBED:
            return Workload(namespace, reference.kind, reference.name)
        between = self.between.get(reference.uid)
        return None if between is None else self.owner_of(between)

    def owner_of(self, between: ReplicaSet | Job) -> Workload:
        """Name the workload of a ReplicaSet or Job: its own controller, else itself."""
        metadata = between.metadata
        if metadata.controller is not None:
            return Workload(metadata.namespace, metadata.controller.kind, metadata.controller.name)
        if isinstance(between, Job):
            workload = self._one_shot.get(metadata.uid)
            if workload is None:
                workload = self._one_shot[metadata.uid] = self.bare(metadata.namespace, "Job", metadata.name)
            return workload
        return Workload(metadata.namespace, "ReplicaSet", metadata.name)

    def bare(self, namespace: str, kind: str, name: str) -> Workload:
        """Name a workload that nobody controls, or the overflow once its namespace is at the cap."""
        names = self._bare[namespace, kind]
        if name not in names:
            if len(names) >= self.cap:
                return Workload(namespace, kind, OVERFLOW)
            names.add(name)
        return Workload(namespace, kind, name)

    def forget(self, uid: str) -> None:
        """Drop a ReplicaSet or Job that is gone."""
        self.between.pop(uid, None)
        self._one_shot.pop(uid, None)

    def release(self, workload: Workload) -> None:
        """Give back the place of a bare workload that is gone."""
        names = self._bare.get((workload.namespace, workload.workload_kind))
        if names is not None:
            names.discard(workload.workload)
