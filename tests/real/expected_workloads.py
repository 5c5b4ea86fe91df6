"""What the page must show of workloads, from the API's objects: one function or one line a metric."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from kube_headroom.catalogue import batch
from kube_headroom.catalogue import workloads as series
from kube_headroom.catalogue.metric import Metric
from tests.real.agreement import Rows
from tests.real.client import Object
from tests.real.cluster import Cluster, Pod, amount, condition, seconds
from tests.real.shop import OWNER

Row = tuple[tuple[str, ...], float]
Told = Callable[[Cluster], Rows]

INVENTED_REASONS = {"SomethingNew"}
"""Of the shop's reasons to wait, those that no kubelet writes."""
STATUS = {
    "Deployment": ("readyReplicas", "availableReplicas", "updatedReplicas"),
    "StatefulSet": ("readyReplicas", "availableReplicas", "updatedReplicas"),
    "DaemonSet": ("numberReady", "numberAvailable", "updatedNumberScheduled"),
}
READY, AVAILABLE, UPDATED = range(3)
MAIN_RESOURCES = ("cpu", "memory")


def owners(cluster: Cluster) -> Rows:
    """The team in the annotation of the workload's own object, else of its namespace."""
    teams = {name: team(namespace) for (name,), namespace in cluster.each("Namespace")}
    bare = {pod.workload: pod.object for pod in cluster.pods if pod.workload[1] in ("Pod", "StaticPod")}
    jobs = {owner: job for owner, job in cluster.jobs if owner[1] == "Job"}
    own = {workload: team(one) for workload, one in (bare | jobs | cluster.controllers).items()}
    return {(*workload, own.get(workload) or teams[workload[0]]): 1 for workload in cluster.workloads}


def team(one: Object) -> str:
    annotation: str = one["metadata"].get("annotations", {}).get(OWNER, "")
    return annotation


def declared(side: str, resource: str) -> Told:
    """By container, over bound pods, what the containers declare."""

    def of(pod: Pod) -> Iterator[Row]:
        for container in pod.running if holds(pod) else ():
            amounts = container.get("resources", {}).get(side, {})
            if resource in amounts:
                yield (*pod.workload, container["name"]), amount(amounts[resource])

    return lambda cluster: cluster.sums(of)


def holds(pod: Pod) -> bool:
    """Whether it takes room on a node."""
    return bool(pod.node) and not pod.terminal


def waits_for_node(pod: Pod) -> bool:
    return not pod.node and not pod.terminal


def undeclared(side: str) -> Told:
    def of(pod: Pod) -> Iterator[Row]:
        for resource in MAIN_RESOURCES if holds(pod) else ():
            lacking = unbounded(pod, side, resource)
            if lacking:
                yield (*pod.workload, resource), lacking

    return lambda cluster: cluster.sums(of)


def unbounded(pod: Pod, side: str, resource: str) -> int:
    """The containers that lack a request or limit; the pod's own stands for all of them, a limit of 0 is none."""

    def has(one: Object) -> bool:
        amounts = one.get("resources", {}).get(side, {})
        return resource in amounts and (side == "requests" or amount(amounts[resource]) > 0)

    return 0 if has(pod.object["spec"]) else sum(not has(container) for container in pod.running)


def charged(resource: str, chosen: Callable[[Pod], bool]) -> Told:
    """What the scheduler's own library charges for the chosen pods; 0 where they ask for nothing."""
    return lambda cluster: cluster.sums(
        lambda pod: [(pod.workload, pod.requests.get(resource, 0.0))] if chosen(pod) else []
    )


def extended(cluster: Cluster) -> Rows:
    def of(pod: Pod) -> Iterator[Row]:
        for resource, value in pod.requests.items() if holds(pod) else ():
            if resource not in MAIN_RESOURCES:
                yield (*pod.workload, resource), value

    return cluster.sums(of)


def bounded(resource: str) -> Told:
    def of(cluster: Cluster) -> Rows:
        bound = {workload: [pod for pod in pods if holds(pod)] for workload, pods in cluster.pods_of().items()}
        return {
            workload: sum(pod.limits.get(resource, 0.0) for pod in pods)
            for workload, pods in bound.items()
            if pods and not any(unbounded(pod, "limits", resource) for pod in pods)
        }

    return of


def desired(cluster: Cluster) -> Rows:
    return {
        workload: one["status"]["desiredNumberScheduled"] if workload[1] == "DaemonSet" else one["spec"]["replicas"]
        for workload, one in cluster.controllers.items()
        if workload[1] in STATUS
    }


def reported(field: int) -> Told:
    """A count of the controllers' statuses; a count of 0 is left out by the API."""
    return lambda cluster: {
        workload: one["status"].get(STATUS[workload[1]][field], 0)
        for workload, one in cluster.controllers.items()
        if workload[1] in STATUS
    }


def ready(cluster: Cluster) -> Rows:
    """As reported; of kinds whose controllers report nowhere, the ready pods."""
    seen: dict[tuple[str, ...], float] = {
        workload: sum(condition(pod.object, "Ready").get("status") == "True" for pod in pods)
        for workload, pods in cluster.pods_of().items()
        if workload[1] not in ("Job", "CronJob", *STATUS)
    }
    return {**seen, **reported(READY)(cluster)}


def stuck(cluster: Cluster) -> Rows:
    """The other kinds' rollouts are stuck after ten minutes only, longer than a test."""
    return {
        workload: workload[1] == "Deployment"
        and condition(one, "Progressing").get("reason") == "ProgressDeadlineExceeded"
        for workload, one in cluster.controllers.items()
        if workload[1] in STATUS
    }


def counted(chosen: Callable[[Pod, Cluster], bool]) -> Told:
    """How many of each workload's pods are chosen."""
    return lambda cluster: {
        workload: sum(chosen(pod, cluster) for pod in pods) for workload, pods in cluster.pods_of().items()
    }


def unschedulable(pod: Pod, _: Cluster) -> bool:
    placed = condition(pod.object, "PodScheduled")
    return not pod.terminal and (placed.get("status"), placed.get("reason")) == ("False", "Unschedulable")


def stranded(pod: Pod, cluster: Cluster) -> bool:
    well = [name for (name,), node in cluster.each("Node") if condition(node, "Ready").get("status") == "True"]
    return holds(pod) and pod.node not in well


def waiting(cluster: Cluster) -> Rows:
    def of(pod: Pod) -> Iterator[Row]:
        for status in pod.statuses if not pod.terminal else ():
            reason = status.get("state", {}).get("waiting", {}).get("reason")
            if reason:
                told = "other" if reason in INVENTED_REASONS else reason
                yield (*pod.workload, status["name"], told), 1

    return cluster.sums(of)


def active_jobs(cluster: Cluster) -> Rows:
    total: dict[tuple[str, ...], float] = {workload: 0 for workload in cluster.controllers if workload[1] == "CronJob"}
    for owner, job in cluster.jobs:
        over = any(condition(job, kind).get("status") == "True" for kind in ("Complete", "Failed"))
        total[owner] = total.get(owner, 0) + (not over and not job["spec"].get("suspend"))
    return total


def cron_job(value: Callable[[Object], float | None]) -> Told:
    return lambda cluster: present(
        (workload, value(one)) for workload, one in cluster.controllers.items() if workload[1] == "CronJob"
    )


def moment(field: str) -> Callable[[Object], float | None]:
    return lambda one: seconds(one["status"][field]) if field in one["status"] else None


def present(rows: Iterable[tuple[tuple[str, ...], float | None]]) -> Rows:
    return {labels: value for labels, value in rows if value is not None}


def autoscaler(value: Callable[[Object], float]) -> Told:
    def of(cluster: Cluster) -> Rows:
        aims = [
            (namespace, one["spec"]["scaleTargetRef"], one)
            for (namespace, _), one in cluster.each("HorizontalPodAutoscaler")
        ]
        return {(namespace, aim["kind"], aim["name"]): value(one) for namespace, aim, one in aims}

    return of


WORKLOADS: dict[Metric[Any], Told] = {
    series.INFO: owners,
    series.CPU_REQUEST: declared("requests", "cpu"),
    series.CPU_LIMIT: declared("limits", "cpu"),
    series.MEMORY_REQUEST: declared("requests", "memory"),
    series.MEMORY_LIMIT: declared("limits", "memory"),
    series.CONTAINERS_WITHOUT_REQUEST: undeclared("requests"),
    series.CONTAINERS_WITHOUT_LIMIT: undeclared("limits"),
    series.CPU_EFFECTIVE_REQUEST: charged("cpu", holds),
    series.MEMORY_EFFECTIVE_REQUEST: charged("memory", holds),
    series.CPU_EFFECTIVE_LIMIT: bounded("cpu"),
    series.MEMORY_EFFECTIVE_LIMIT: bounded("memory"),
    series.EXTENDED_RESOURCE_REQUESTS: extended,
    series.CPU_UNSCHEDULED_REQUEST: charged("cpu", waits_for_node),
    series.MEMORY_UNSCHEDULED_REQUEST: charged("memory", waits_for_node),
    series.REPLICAS_DESIRED: desired,
    series.REPLICAS_READY: ready,
    series.REPLICAS_AVAILABLE: reported(AVAILABLE),
    series.REPLICAS_UPDATED: reported(UPDATED),
    series.ROLLOUT_STUCK: stuck,
    series.PODS: lambda cluster: cluster.sums(lambda pod: [((*pod.workload, pod.phase), 1)]),
    series.PODS_UNSCHEDULABLE: counted(unschedulable),
    series.PODS_ON_UNREADY_NODES: counted(stranded),
    series.CONTAINERS_WAITING: waiting,
    batch.JOBS_ACTIVE: active_jobs,
    batch.CRONJOB_SUSPENDED: cron_job(lambda one: one["spec"].get("suspend", False)),
    batch.CRONJOB_LAST_SCHEDULE: cron_job(moment("lastScheduleTime")),
    batch.CRONJOB_LAST_SUCCESS: cron_job(moment("lastSuccessfulTime")),
    batch.AUTOSCALER_CURRENT: autoscaler(lambda one: one["status"].get("currentReplicas", 0)),
    batch.AUTOSCALER_DESIRED: autoscaler(lambda one: one["status"].get("desiredReplicas", 0)),
    batch.AUTOSCALER_MINIMUM: autoscaler(lambda one: one["spec"].get("minReplicas", 1)),
    batch.AUTOSCALER_MAXIMUM: autoscaler(lambda one: one["spec"]["maxReplicas"]),
    batch.AUTOSCALER_LIMITED: autoscaler(lambda one: condition(one, "ScalingLimited").get("status") == "True"),
}
