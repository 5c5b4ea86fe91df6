"""What kube-state-metrics has to say of the objects that a simulated cluster holds, to be known to have caught up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kube_headroom.simulator.store import Object, Store

Rows = dict[tuple[str, ...], float]

_PATHS = (
    ("kube_deployment_metadata_generation", "deployments", "deployment", ("metadata", "generation")),
    ("kube_deployment_status_observed_generation", "deployments", "deployment", ("status", "observedGeneration")),
    ("kube_deployment_status_replicas_available", "deployments", "deployment", ("status", "availableReplicas")),
    ("kube_deployment_status_replicas_updated", "deployments", "deployment", ("status", "updatedReplicas")),
    ("kube_statefulset_status_replicas_ready", "statefulsets", "statefulset", ("status", "readyReplicas")),
    ("kube_daemonset_status_number_available", "daemonsets", "daemonset", ("status", "numberAvailable")),
    ("kube_job_status_active", "jobs", "job_name", ("status", "active")),
    (
        "kube_horizontalpodautoscaler_status_current_replicas",
        "horizontalpodautoscalers",
        "horizontalpodautoscaler",
        ("status", "currentReplicas"),
    ),
    (
        "kube_poddisruptionbudget_status_current_healthy",
        "poddisruptionbudgets",
        "poddisruptionbudget",
        ("status", "currentHealthy"),
    ),
)
"""Family, resource, the label with the object's name, and the field; an absent number is 0."""
_NAMES = {family: label for family, _, label, _ in _PATHS}
_PHASE, _RESTARTS, _WAITING, _CONDITION = (
    "kube_pod_status_phase",
    "kube_pod_container_status_restarts_total",
    "kube_pod_container_status_waiting_reason",
    "kube_node_status_condition",
)
FAMILIES = frozenset({*_NAMES, _PHASE, _RESTARTS, _WAITING, _CONDITION})
_LINE = re.compile(r"^(\w+)\{(.*)\} (\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_TRUE = "true"


def held(store: Store) -> Rows:
    """Return what the store's objects are."""
    rows: Rows = {}
    for family, resource, _, path in _PATHS:
        for found in store.all(resource):
            rows[family, found["metadata"]["namespace"], found["metadata"]["name"]] = _number(found, path)
    for pod in store.all("pods"):
        rows |= _pod(pod)
    for node in store.all("nodes"):
        for condition in node["status"].get("conditions", ()):
            if condition["status"].lower() == _TRUE:
                rows[_CONDITION, node["metadata"]["name"], condition["type"]] = 1
    return rows


def said(page: str) -> Rows:
    """Return what a page says of the same."""
    return dict(_said(page))


def _said(page: str) -> Iterator[tuple[tuple[str, ...], float]]:
    for family, text, value in _LINE.findall(page):
        if family not in FAMILIES:
            continue
        labels, number = dict(_LABEL.findall(text)), float(value)
        if name := _NAMES.get(family):
            yield (family, labels["namespace"], labels[name]), number
        elif family == _RESTARTS:
            yield (family, labels["uid"], labels["container"]), number
        elif number == 0:
            continue
        elif family == _PHASE:
            yield (family, labels["uid"], labels["phase"]), number
        elif family == _WAITING:
            yield (family, labels["uid"], labels["container"], labels["reason"]), number
        elif labels["status"] == _TRUE:
            yield (family, labels["node"], labels["condition"]), number


def _pod(pod: Object) -> Rows:
    uid = pod["metadata"]["uid"]
    rows: Rows = {(_PHASE, uid, pod["status"]["phase"]): 1}
    for status in pod["status"].get("containerStatuses", ()):
        rows[_RESTARTS, uid, status["name"]] = status.get("restartCount", 0)
        if reason := status.get("state", {}).get("waiting", {}).get("reason"):
            rows[_WAITING, uid, status["name"], reason] = 1
    return rows


def _number(found: Any, path: tuple[str, ...]) -> float:  # noqa: ANN401  an object of the API
    for name in path:
        found = found.get(name) or {}
    return float(found or 0)
