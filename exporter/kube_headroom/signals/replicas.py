"""Whether a workload has the replicas it wants, where its pods stand and what their containers wait for."""

from __future__ import annotations

from collections import Counter as Multiset
from collections.abc import Iterator

from kube_headroom.catalogue import workloads as series
from kube_headroom.catalogue.labels import WorkloadContainerReason, WorkloadOwner, WorkloadPhase
from kube_headroom.catalogue.metric import Sample
from kube_headroom.model import Controller
from kube_headroom.snapshot import DepartedSnapshot, WorkloadSnapshot

RUN_TO_COMPLETION = ("Job", "CronJob")
WAITING_REASONS = frozenset(
    (
        "ContainerCreating",
        "CrashLoopBackOff",
        "CreateContainerConfigError",
        "CreateContainerError",
        "ErrImageNeverPull",
        "ErrImagePull",
        "ImageInspectError",
        "ImagePullBackOff",
        "InvalidImageName",
        "PodInitializing",
        "PostStartHookError",
        "PreCreateHookError",
        "PreStartHookError",
        "RegistryUnavailable",
        "RunContainerError",
    )
)
"""Reasons of `state.waiting` that the kubelet writes (kubernetes pkg/kubelet/images, kuberuntime, kubelet_pods.go)."""
OTHER = "other"


def info(snapshot: WorkloadSnapshot) -> Iterator[Sample]:
    """Say that the workload exists and who owns it."""
    yield series.INFO.at(WorkloadOwner(*snapshot.workload, snapshot.owner), 1)


def replicas(snapshot: WorkloadSnapshot) -> Iterator[Sample]:
    """Replica counts from the controller; of kinds whose status is not read, only the ready pods are known."""
    workload, controller = snapshot.workload, snapshot.controller
    if isinstance(controller, Controller):
        counts = controller.replicas
        yield series.REPLICAS_DESIRED.at(workload, counts.desired)
        yield series.REPLICAS_READY.at(workload, counts.ready)
        yield series.REPLICAS_AVAILABLE.at(workload, counts.available)
        yield series.REPLICAS_UPDATED.at(workload, counts.updated)
    elif workload.workload_kind not in RUN_TO_COMPLETION:
        yield series.REPLICAS_READY.at(workload, sum(pod.ready for pod in snapshot.pods))
    if snapshot.rollout_stuck is not None:
        yield series.ROLLOUT_STUCK.at(workload, snapshot.rollout_stuck)


def pods(snapshot: WorkloadSnapshot) -> Iterator[Sample]:
    """Where the pods stand; a terminal pod on a node that is gone troubles nobody."""
    workload = snapshot.workload
    for phase, count in sorted(Multiset(pod.phase for pod in snapshot.pods).items()):
        yield series.PODS.at(WorkloadPhase(*workload, phase), count)
    yield series.PODS_UNSCHEDULABLE.at(workload, sum(pod.unschedulable for pod in snapshot.pods))
    stranded = sum(
        bool(pod.node) and not pod.terminal and pod.node not in snapshot.ready_nodes for pod in snapshot.pods
    )
    yield series.PODS_ON_UNREADY_NODES.at(workload, stranded)


def containers_waiting(snapshot: WorkloadSnapshot) -> Iterator[Sample]:
    """What containers wait for now; reasons that the kubelet does not write fall together as `other`."""
    waiting = Multiset(
        (status.name, status.waiting_reason if status.waiting_reason in WAITING_REASONS else OTHER)
        for pod in snapshot.pods
        if not pod.terminal
        for status in pod.statuses
        if status.waiting_reason
    )
    for (container, reason), count in sorted(waiting.items()):
        yield series.CONTAINERS_WAITING.at(WorkloadContainerReason(*snapshot.workload, container, reason), count)


def counters(snapshot: WorkloadSnapshot | DepartedSnapshot) -> Iterator[Sample]:
    """What was counted since we watch."""
    yield from snapshot.counters
