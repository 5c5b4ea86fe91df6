"""Every incident: its cause, what should be seen and what people are told, one line each."""

from __future__ import annotations

from typing import NamedTuple

from kube_headroom.simulator.incidents import plays

WORKLOADS = ("deployments", "statefulsets", "daemonsets")
DEPLOYMENTS = ("deployments",)


class Incident(NamedTuple):
    """An incident; `resources` may be its target, `usual` is the target when none is named.

    `paged` says what a person should be told: a page wakes somebody, a ticket waits for the morning.
    """

    name: str
    cause: str
    seen: str
    paged: str
    resources: tuple[str, ...]
    usual: str
    play: plays.Play


# fmt: off
_TABLE = (
    Incident("crash-loop", "A bad setting makes the process exit with code 1 three seconds after its start.",
             "Restarts, terminations with reason Error, containers waiting in CrashLoopBackOff, replicas missing.",
             "Page: SLO fast burn, the workload is unavailable, crash loop.",
             WORKLOADS, "payments/payments", plays.altering(runs_seconds=3.0, exit_code=1)),
    Incident("oom-loop", "Every process takes its whole memory limit within a minute.",
             "OOM kills and restarts again and again, the working set at its limit, CrashLoopBackOff.",
             "Page: SLO fast burn, the workload is unavailable, OOM loop.",
             WORKLOADS, "payments/fraud-check", plays.leaking(60.0)),
    Incident("failing-readiness", "A dependency is gone: the process runs but says that it is not ready.",
             "Readiness probes fail, no replica is ready, nothing restarts, callers get errors.",
             "Page: SLO fast burn, the workload is unavailable, probes failing.",
             WORKLOADS, "shop/cart", plays.altering(ready=False)),
    Incident("failing-liveness", "A deadlock: a minute after its start the process answers nothing any more.",
             "Liveness and readiness probes fail, the kubelet restarts the containers, restarts climb.",
             "Page: SLO fast burn, crash loop.",
             WORKLOADS, "catalog/catalog", plays.altering(hangs_after=60.0)),
    Incident("throttled-service", "Three times the usual requests meet a CPU limit that was set for the usual.",
             "Throttled periods and seconds, latency up, probes now and then too late.",
             "Ticket: throttling that hurts.",
             WORKLOADS, "shop/checkout", plays.rushed(3.0)),
    Incident("memory-leak", "The process loses memory: its limit is full after twenty minutes.",
             "The working set climbs in a line, then an OOM kill in every container, again and again.",
             "Ticket: memory about to hit its limit; page, once it is hit: SLO fast burn, OOM loop.",
             WORKLOADS, "catalog/search", plays.leaking(1200.0)),
    Incident("stuck-rollout", "A new version never becomes ready.",
             "Updated replicas that are not available; after ten minutes Progressing is False (ProgressDeadlineExceeded).",
             "Ticket: rollout stuck, probes failing, SLO budget spent.",
             DEPLOYMENTS, "orders/notifications", plays.releasing(ready=False)),
    Incident("bad-image", "A release names an image that nobody pushed.",
             "Containers waiting in ErrImagePull and ImagePullBackOff, a rollout that stands still.",
             "Ticket: rollout stuck, SLO budget spent.",
             DEPLOYMENTS, "shop/storefront", plays.releasing(exists=False)),
    Incident("unschedulable-pods", "A release asks for more CPU than any node has.",
             "Pending pods, PodScheduled False with reason Unschedulable, FailedScheduling events.",
             "Page: SLO fast burn, as its SLO is about the time until a pod has a node; else ticket: pods unschedulable.",
             DEPLOYMENTS, "catalog/recommendations", plays.asking_too_much),
    Incident("quota-full", "The quota was cut to what is in use when its team scales up.",
             "Quota used 100 %, FailedCreate events, ReplicaFailure, replicas missing.",
             "Page: SLO fast burn of the workloads whose replicas are missing.",
             ("resourcequotas",), "payments/team", plays.over_quota),
    Incident("pdb-blocks-drain", "A node is drained of a workload whose budget allows no disruption.",
             "The node is cordoned and keeps its pods, disruptions allowed stay 0.",
             "Nothing.",
             ("poddisruptionbudgets",), "catalog/catalog", plays.blocked_drain),
    Incident("node-down", "A node loses its power.",
             "Ready Unknown after 50 s, its pods not ready; five minutes later they are replaced elsewhere.",
             "Page: node not ready; its workloads do not page for themselves.",
             ("nodes",), "general-b-1", plays.without_power),
    Incident("node-flapping", "A node's network comes and goes: 75 s away, two minutes back.",
             "Ready turns between Unknown and True, its pods between ready and not.",
             "Nothing while it is ready for three quarters of the time; ticket: node flapping.",
             ("nodes",), "general-c-1", plays.flapping),
    Incident("disk-filling", "Logs that nobody rotates fill the node's disk: 100 MB a second from each pod.",
             "DiskPressure on their nodes, pods evicted, FailedScheduling where the taint keeps them off.",
             "Page: SLO fast burn of the time until pods have a node; the workload is unavailable, once for five minutes.",
             WORKLOADS, "shop/assets", plays.altering(disk_growth=100e6)),
    Incident("hpa-at-maximum", "Four times the usual requests come.",
             "The autoscaler wants more than it may have: ScalingLimited with reason TooManyReplicas.",
             "Ticket: throttling that hurts, of the service behind it.",
             DEPLOYMENTS, "shop/storefront", plays.rushed(4.0)),
    Incident("failed-job", "The Job's process exits with code 1 after five seconds.",
             "Failed pods, then a Job with BackoffLimitExceeded.",
             "Ticket: crash loop of the CronJob.",
             ("cronjobs",), "catalog/catalog-sync", plays.altering(runs_seconds=5.0, exit_code=1)),
    Incident("late-cronjob", "The Job hangs, and no second one may run beside it.",
             "Last success and last schedule grow old, JobAlreadyActive events.",
             "Nothing.",
             ("cronjobs",), "catalog/catalog-sync", plays.altering(runs_seconds=7 * 86_400.0, cpu_idle_cores=0.001)),
    Incident("event-storm", "A volume driver is down: every kubelet says so of every pod, each time in other words.",
             "Thousands of FailedMount events, nothing else.",
             "Nothing.",
             ("namespaces",), "shop", plays.mounts_failing),
    Incident("error-spike", "Three requests in ten are answered with an error.",
             "The error ratio of its requests at 30 %; the cluster sees nothing.",
             "Page: SLO fast burn of its requests, where a Prometheus counts them.",
             DEPLOYMENTS, "payments/payments", plays.altering(error_ratio=0.3)),
    Incident("slow-burn", "Four requests in a thousand are answered with an error.",
             "The error ratio of its requests at 0.4 %; the cluster sees nothing.",
             "Ticket: SLO slow burn of its requests, where a Prometheus counts them.",
             DEPLOYMENTS, "shop/storefront", plays.altering(error_ratio=0.004)),
    Incident("total-outage", "Its certificate expired: it answers nothing, probes included.",
             "No replica is ready, every probe fails, containers are restarted, callers get errors.",
             "Page: the workload is unavailable, crash loop, probes failing.",
             WORKLOADS, "orders/orders", plays.altering(hangs_after=0.0)),
)
# fmt: on

INCIDENTS = {incident.name: incident for incident in _TABLE}
