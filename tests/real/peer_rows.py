"""What our page must show if kube-state-metrics is right: its series, joined and summed by workload, by our metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kube_headroom.catalogue import batch, nodes, objects, workloads
from kube_headroom.catalogue.metric import Metric
from tests.real.agreement import Rows
from tests.real.expected_objects import CONSTRAINTS
from tests.real.expected_workloads import INVENTED_REASONS
from tests.real.kube_state_metrics import Labels, PeerPage
from tests.real.shop import OWNER

Told = Callable[[PeerPage], Rows]
OWNER_LABEL = "annotation_" + OWNER.replace(".", "_").replace("/", "_").replace("-", "_")


def of(*names: str) -> Callable[[Labels], tuple[str, ...]]:
    """Those labels of a series."""
    return lambda labels: tuple(labels[name] for name in names)


def plain(series: str, *names: str, **wanted: str) -> Told:
    """A series as it is, under these labels."""
    return lambda peer: {of(*names)(labels): value for labels, value in peer.rows(series, **wanted)}


def controllers(*series: tuple[str, str]) -> Told:
    """One series of each kind of controller, given by kind and the rest of the name."""
    return lambda peer: {
        (labels["namespace"], kind, labels[kind.lower()]): value
        for kind, rest in series
        for labels, value in peer.rows(f"kube_{kind.lower()}_{rest}")
    }


def ready(peer: PeerPage) -> Rows:
    """As reported; of other kinds the ready pods, and a pod without a Ready condition has no series."""
    reported = controllers(
        ("Deployment", "status_replicas_ready"),
        ("StatefulSet", "status_replicas_ready"),
        ("DaemonSet", "status_number_ready"),
    )(peer)
    others = {one for one in peer.owners.values() if one[1] not in ("Job", "CronJob") and one not in reported}
    counted = peer.sums(of(), peer.rows("kube_pod_status_ready", condition="true"))
    return {**reported, **{one: counted.get(one, 0) for one in others}}


def declared(side: str, resource: str) -> Told:
    """Requests or limits of the containers that stay, of the pods that hold room on a node.

    An init container's policy is told once its kubelet has reported it: until then its siblings' stand in.
    """

    def container(peer: PeerPage, labels: Labels) -> tuple[str, ...]:
        return (*peer.owners[labels["uid"]], labels["container"])

    def told(peer: PeerPage) -> Rows:
        stay = {container(peer, one) for one in peer.having("kube_pod_init_container_info", restart_policy="Always")}
        initial = peer.rows(f"kube_pod_init_container_resource_{side}", resource=resource)
        rows = [
            *peer.rows(f"kube_pod_container_resource_{side}", resource=resource),
            *((labels, value) for labels, value in initial if container(peer, labels) in stay),
        ]
        return peer.sums(of("container"), ((one, value) for one, value in rows if one["uid"] in peer.placed))

    return told


def phases(peer: PeerPage) -> Rows:
    return peer.sums(of("phase"), ((labels, 1) for labels in peer.having("kube_pod_status_phase")))


def unschedulable(peer: PeerPage) -> Rows:
    none: dict[tuple[str, ...], float] = dict.fromkeys(peer.workloads, 0)
    return none | peer.sums(of(), peer.rows("kube_pod_status_unschedulable"))


def waiting(peer: PeerPage) -> Rows:
    series = ("kube_pod_container_status_waiting_reason", "kube_pod_init_container_status_waiting_reason")

    def labels(one: Labels) -> tuple[str, ...]:
        return one["container"], "other" if one["reason"] in INVENTED_REASONS else one["reason"]

    return peer.sums(labels, ((one, 1) for one in peer.having(*series)))


def active_jobs(peer: PeerPage) -> Rows:
    over = {
        of("namespace", "job_name")(labels)
        for labels in peer.having("kube_job_complete", "kube_job_failed", condition="true")
    }
    total: dict[tuple[str, ...], float] = {workload: 0 for workload in peer.workloads if workload[1] == "CronJob"}
    for place, workload in peer.jobs.items():
        total[workload] = total.get(workload, 0) + (place not in over)
    return total


def autoscaler(rest: str, **wanted: str) -> Told:
    def told(peer: PeerPage) -> Rows:
        place = of("namespace", "horizontalpodautoscaler")
        aims = {
            place(labels): of("namespace", "scaletargetref_kind", "scaletargetref_name")(labels)
            for labels in peer.having("kube_horizontalpodautoscaler_info")
        }
        rows = peer.rows(f"kube_horizontalpodautoscaler_{rest}", **wanted)
        return {aims[place(labels)]: value for labels, value in rows}

    return told


def node_conditions(peer: PeerPage) -> Rows:
    return {
        of("node", "condition")(labels): 1
        for labels in peer.having("kube_node_status_condition", status="true")
        if labels["condition"] != "Ready"
    }


def node_pods(peer: PeerPage) -> Rows:
    placed = [*peer.placed.values()]
    return {(labels["node"],): placed.count(labels["node"]) for labels in peer.having("kube_node_info")}


def namespace_owners(peer: PeerPage) -> Rows:
    owned = {one["namespace"]: one.get(OWNER_LABEL, "") for one in peer.having("kube_namespace_annotations")}
    return {(one["namespace"], owned.get(one["namespace"], "")): 1 for one, _ in peer.rows("kube_namespace_created")}


def limit_ranges(peer: PeerPage) -> Rows:
    return {
        (*of("namespace", "limitrange", "resource", "type")(labels), CONSTRAINTS[labels["constraint"]]): value
        for labels, value in peer.rows("kube_limitrange")
    }


def claim_phases(peer: PeerPage) -> Rows:
    names = of("namespace", "persistentvolumeclaim", "phase")
    return {names(labels): 1 for labels in peer.having("kube_persistentvolumeclaim_status_phase")}


def cron_job(rest: str) -> Told:
    return controllers(("CronJob", rest))


def budget(rest: str) -> Told:
    return plain(f"kube_poddisruptionbudget_status_{rest}", "namespace", "poddisruptionbudget")


def quota(side: str) -> Told:
    return plain("kube_resourcequota", "namespace", "resourcequota", "resource", type=side)


def allocatable(resource: str) -> Told:
    return plain("kube_node_status_allocatable", "node", resource=resource)


PEER: dict[Metric[Any], Told] = {
    workloads.CPU_REQUEST: declared("requests", "cpu"),
    workloads.CPU_LIMIT: declared("limits", "cpu"),
    workloads.MEMORY_REQUEST: declared("requests", "memory"),
    workloads.MEMORY_LIMIT: declared("limits", "memory"),
    workloads.REPLICAS_DESIRED: controllers(
        ("Deployment", "spec_replicas"), ("StatefulSet", "replicas"), ("DaemonSet", "status_desired_number_scheduled")
    ),
    workloads.REPLICAS_READY: ready,
    workloads.REPLICAS_AVAILABLE: controllers(
        ("Deployment", "status_replicas_available"),
        ("StatefulSet", "status_replicas_available"),
        ("DaemonSet", "status_number_available"),
    ),
    workloads.REPLICAS_UPDATED: controllers(
        ("Deployment", "status_replicas_updated"),
        ("StatefulSet", "status_replicas_updated"),
        ("DaemonSet", "status_updated_number_scheduled"),
    ),
    workloads.PODS: phases,
    workloads.PODS_UNSCHEDULABLE: unschedulable,
    workloads.CONTAINERS_WAITING: waiting,
    batch.JOBS_ACTIVE: active_jobs,
    batch.CRONJOB_SUSPENDED: cron_job("spec_suspend"),
    batch.CRONJOB_LAST_SCHEDULE: cron_job("status_last_schedule_time"),
    batch.CRONJOB_LAST_SUCCESS: cron_job("status_last_successful_time"),
    batch.AUTOSCALER_CURRENT: autoscaler("status_current_replicas"),
    batch.AUTOSCALER_DESIRED: autoscaler("status_desired_replicas"),
    batch.AUTOSCALER_MINIMUM: autoscaler("spec_min_replicas"),
    batch.AUTOSCALER_MAXIMUM: autoscaler("spec_max_replicas"),
    batch.AUTOSCALER_LIMITED: autoscaler("status_condition", condition="ScalingLimited", status="true"),
    nodes.NODE_READY: plain("kube_node_status_condition", "node", condition="Ready", status="true"),
    nodes.NODE_CONDITION: node_conditions,
    nodes.NODE_UNSCHEDULABLE: plain("kube_node_spec_unschedulable", "node"),
    nodes.NODE_PODS: node_pods,
    nodes.NODE_PODS_ALLOCATABLE: allocatable("pods"),
    nodes.NODE_CPU_ALLOCATABLE: allocatable("cpu"),
    nodes.NODE_MEMORY_ALLOCATABLE: allocatable("memory"),
    objects.NAMESPACE_INFO: namespace_owners,
    objects.PDB_DISRUPTIONS_ALLOWED: budget("pod_disruptions_allowed"),
    objects.PDB_HEALTHY: budget("current_healthy"),
    objects.PDB_DESIRED_HEALTHY: budget("desired_healthy"),
    objects.PDB_EXPECTED: budget("expected_pods"),
    objects.QUOTA_HARD: quota("hard"),
    objects.QUOTA_USED: quota("used"),
    objects.LIMIT_RANGE: limit_ranges,
    objects.PVC_REQUESTED: plain(
        "kube_persistentvolumeclaim_resource_requests_storage_bytes", "namespace", "persistentvolumeclaim"
    ),
    objects.PVC_PHASE: claim_phases,
}
