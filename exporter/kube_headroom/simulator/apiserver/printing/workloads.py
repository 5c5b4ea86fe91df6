"""What runs pods: Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs, CronJobs, and what scales and guards them."""

from __future__ import annotations

from typing import Any

from kube_headroom.simulator.apiserver.printing.cells import (
    AGE,
    NAME,
    NONE,
    UNKNOWN,
    UNSET,
    Column,
    Printer,
    age,
    containers,
    duration,
    is_true,
    labels,
    numbers,
    selector,
    selector_terms,
    since,
    text,
    wide,
)
from kube_headroom.simulator.store import Object, moment

_TEMPLATE = wide("Containers", "Images")
_WIDE = (*_TEMPLATE, *wide("Selector"))
_SHOWN_METRICS = 2


def _status(stored: Object, *fields: str) -> list[int]:
    status = stored.get("status") or {}
    return [status.get(field, 0) for field in fields]


def _deployment(stored: Object, now: float) -> list[Any]:
    spec = stored["spec"]
    ready, updated, available = _status(stored, "readyReplicas", "updatedReplicas", "availableReplicas")
    shown = [stored["metadata"]["name"], f"{ready}/{spec['replicas']}", updated, available, age(stored, now)]
    return [*shown, *containers(spec["template"]), selector_terms(spec["selector"])]


def _replica_set(stored: Object, now: float) -> list[Any]:
    spec = stored["spec"]
    replicas = [spec["replicas"], *_status(stored, "replicas", "readyReplicas")]
    shown = [stored["metadata"]["name"], *replicas, age(stored, now)]
    return [*shown, *containers(spec["template"]), selector(spec["selector"])]


def _stateful_set(stored: Object, now: float) -> list[Any]:
    spec = stored["spec"]
    (ready,) = _status(stored, "readyReplicas")
    return [
        stored["metadata"]["name"],
        f"{ready}/{spec['replicas']}",
        age(stored, now),
        *containers(spec["template"]),
    ]


def _daemon_set(stored: Object, now: float) -> list[Any]:
    spec = stored["spec"]
    replicas = _status(
        stored,
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    )
    nodes = labels(spec["template"]["spec"].get("nodeSelector"))
    shown = [stored["metadata"]["name"], *replicas, nodes, age(stored, now)]
    return [*shown, *containers(spec["template"]), selector(spec["selector"])]


_JOB_STATES = (
    ("Complete", "Complete"),
    ("Failed", "Failed"),
    ("", "Terminating"),
    ("Suspended", "Suspended"),
    ("FailureTarget", "FailureTarget"),
    ("SuccessCriteriaMet", "SuccessCriteriaMet"),
)
"""Condition and what it is called, the first that is true; "" stands for a deletion."""


def _job(stored: Object, now: float) -> list[Any]:
    spec, status = stored["spec"], stored.get("status") or {}
    done, wanted, parallel = status.get("succeeded", 0), spec.get("completions"), spec.get("parallelism") or 0
    of = f" of {parallel}" if wanted is None and parallel > 1 else ""
    completions = f"{done}/{1 if wanted is None else wanted}{of}"
    took = ""
    if status.get("startTime"):
        end = moment(status["completionTime"]) if status.get("completionTime") else now
        took = duration(end - moment(status["startTime"]))
    shown = [stored["metadata"]["name"], _job_state(stored), completions, took, age(stored, now)]
    return [*shown, *containers(spec["template"]), selector(spec.get("selector"))]


def _job_state(stored: Object) -> str:
    conditions = (stored.get("status") or {}).get("conditions")
    for type_, name in _JOB_STATES:
        holds = is_true(conditions, type_) if type_ else bool(stored["metadata"].get("deletionTimestamp"))
        if holds:
            return name
    return "Running"


def _cron_job(stored: Object, now: float) -> list[Any]:
    spec, status = stored["spec"], stored.get("status") or {}
    suspend = spec.get("suspend")
    last = since(status["lastScheduleTime"], now) if status.get("lastScheduleTime") else NONE
    job = spec["jobTemplate"]["spec"]
    return [
        stored["metadata"]["name"],
        spec["schedule"],
        spec.get("timeZone") or NONE,
        UNSET if suspend is None else str(suspend),
        len(status.get("active") or ()),
        last,
        age(stored, now),
        *containers(job["template"]),
        selector(job.get("selector")),
    ]


def _autoscaler(stored: Object, now: float) -> list[Any]:
    spec, status = stored["spec"], stored.get("status") or {}
    target = spec["scaleTargetRef"]
    return [
        stored["metadata"]["name"],
        f"{target['kind']}/{target['name']}",
        _metrics(spec.get("metrics") or [], status.get("currentMetrics") or []),
        str(spec.get("minReplicas", UNSET)),
        spec["maxReplicas"],
        status.get("currentReplicas", 0),
        age(stored, now),
    ]


_SOURCES = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}


def _metrics(asked: list[Object], found: list[Object]) -> str:
    """Current and target of each metric; of more than two the number of the others."""
    shown = [_metric(metric, found[i] if i < len(found) else {}) for i, metric in enumerate(asked)]
    more = f" + {len(shown) - _SHOWN_METRICS} more..." if len(shown) > _SHOWN_METRICS else ""
    return ", ".join(shown[:_SHOWN_METRICS]) + more if shown else NONE


def _metric(asked: Object, found: Object) -> str:
    source = _SOURCES.get(asked["type"])
    if source is None:
        return "<unknown type>"
    target = asked[source]["target"]
    current = (found.get(source) or {}).get("current") or {}
    if asked["type"] in ("Resource", "ContainerResource"):
        name = asked[source]["name"]
        if "averageValue" in target:
            return f"{name}: {current.get('averageValue', UNKNOWN)}/{target['averageValue']}"
        return f"{name}: {_percent(current, UNKNOWN)}/{_percent(target, '<auto>')}"
    if asked["type"] == "Pods":
        return f"{current.get('averageValue', UNKNOWN)}/{target['averageValue']}"
    if "averageValue" in target:
        return f"{current.get('averageValue', UNKNOWN)}/{target['averageValue']} (avg)"
    return f"{current.get('value', UNKNOWN)}/{target['value']}"


def _percent(values: Object, missing: str) -> str:
    utilization = values.get("averageUtilization")
    return missing if utilization is None else f"{utilization}%"


def _budget(stored: Object, now: float) -> list[Any]:
    spec = stored["spec"]
    asked = [str(spec.get(field, "N/A")) for field in ("minAvailable", "maxUnavailable")]
    return [stored["metadata"]["name"], *asked, *_status(stored, "disruptionsAllowed"), age(stored, now)]


PRINTERS = {
    "deployments": Printer((NAME, *text("Ready", "Up-to-date", "Available"), AGE, *_WIDE), _deployment),
    "replicasets": Printer((NAME, *numbers("Desired", "Current", "Ready"), AGE, *_WIDE), _replica_set),
    "statefulsets": Printer((NAME, *text("Ready"), AGE, *_TEMPLATE), _stateful_set),
    "daemonsets": Printer(
        (
            NAME,
            *numbers("Desired", "Current", "Ready", "Up-to-date", "Available"),
            *text("Node Selector"),
            AGE,
            *_WIDE,
        ),
        _daemon_set,
    ),
    "jobs": Printer((NAME, *text("Status", "Completions", "Duration"), AGE, *_WIDE), _job),
    "cronjobs": Printer(
        (
            NAME,
            *text("Schedule", "Timezone"),
            Column("Suspend", "boolean"),
            *numbers("Active"),
            *text("Last Schedule"),
            AGE,
            *_WIDE,
        ),
        _cron_job,
    ),
    "horizontalpodautoscalers": Printer(
        (NAME, *text("Reference", "Targets", "MinPods", "MaxPods", "Replicas"), AGE), _autoscaler
    ),
    "poddisruptionbudgets": Printer(
        (NAME, *text("Min Available", "Max Unavailable"), *numbers("Allowed Disruptions"), AGE), _budget
    ),
}
