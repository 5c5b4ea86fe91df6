"""What the API server fills in where a manifest is silent; it never changes what a manifest says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kube_headroom.resources import parse_quantity
from kube_headroom.simulator.controllers.quantities import canonical
from kube_headroom.simulator.store import Admission, Object, Store
from kube_headroom.simulator.world import World

_SPECS: Mapping[str, Object] = {
    "deployments": {
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
        "strategy": {"type": "RollingUpdate"},
    },
    "replicasets": {"replicas": 1},
    "statefulsets": {
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "podManagementPolicy": "OrderedReady",
        "updateStrategy": {"type": "RollingUpdate"},
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
    },
    "daemonsets": {"revisionHistoryLimit": 10, "updateStrategy": {"type": "RollingUpdate"}},
    "jobs": {
        "parallelism": 1,
        "backoffLimit": 6,
        "completionMode": "NonIndexed",
        "suspend": False,
        "manualSelector": False,
        "podReplacementPolicy": "TerminatingOrFailed",
    },
    "cronjobs": {
        "concurrencyPolicy": "Allow",
        "suspend": False,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
    },
    "persistentvolumeclaims": {"volumeMode": "Filesystem"},
    "horizontalpodautoscalers": {"minReplicas": 1},
    "services": {"type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster"},
}
_ROLLING: Mapping[tuple[str, str], Object] = {
    ("deployments", "strategy"): {"maxSurge": "25%", "maxUnavailable": "25%"},
    ("daemonsets", "updateStrategy"): {"maxSurge": 0, "maxUnavailable": 1},
    ("statefulsets", "updateStrategy"): {"partition": 0},
}
"""What a strategy of type RollingUpdate has."""
_POD_SPECS: Mapping[str, tuple[str, ...]] = {
    "pods": ("spec",),
    "cronjobs": ("spec", "jobTemplate", "spec", "template", "spec"),
    **dict.fromkeys(("deployments", "replicasets", "statefulsets", "daemonsets", "jobs"), ("spec", "template", "spec")),
}
"""Where each resource keeps a pod's spec."""
_POD_SPEC: Object = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "schedulerName": "default-scheduler",
    "securityContext": {},
}
_POD_ONLY: Object = {"enableServiceLinks": True, "serviceAccountName": "default", "serviceAccount": "default"}
_CONTAINER: Object = {
    "resources": {},
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
}
_PROBE: Object = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_CONTAINER_LISTS = ("initContainers", "containers")
_TOLERATION_SECONDS = 300
_TOLERATED = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def register(world: World) -> None:
    """Let everything created or changed be filled with defaults; what adds requests belongs before `with_status`."""
    world.store.admissions += [defaulted, priorities(world.store), default_class(world.store), with_status]
    world.store.completions.append(defaulted)


def defaulted(resource: str, new: Object) -> Object:
    """Return an object with the defaults of its API version; idempotent, for updates as well."""
    spec = new.get("spec")
    if resource == "namespaces":
        labels = {"kubernetes.io/metadata.name": new["metadata"]["name"], **new["metadata"].get("labels", {})}
        return {**new, "metadata": {**new["metadata"], "labels": labels}}
    if spec is None:
        return new
    spec = filled(spec, _SPECS.get(resource, {}))
    if resource == "jobs" and "parallelism" not in new["spec"]:
        spec = filled(spec, {"completions": 1})
    for (rolling, strategy), parameters in _ROLLING.items():
        if rolling == resource and spec[strategy]["type"] == "RollingUpdate":
            spec = filled(spec, {strategy: {"rollingUpdate": parameters}})
    new = {**new, "spec": spec}
    if resource in _POD_SPECS:
        new = _changed(new, _POD_SPECS[resource], _pod_spec)
    return {**new, "spec": _admitted(new["spec"])} if resource == "pods" else new


def filled(given: Object, defaults: Mapping[str, Any]) -> Object:
    """Return `given` with what is absent taken from `defaults`, within nested objects too."""
    result = dict(given)
    for name, default in defaults.items():
        if name not in result:
            result[name] = default
        elif isinstance(default, dict) and isinstance(result[name], dict):
            result[name] = filled(result[name], default)
    return result


def priorities(store: Store) -> Admission:
    """Resolve a pod's priorityClassName, or the cluster's default class, to its value."""

    def admit(resource: str, new: Object) -> Object:
        if resource != "pods":
            return new
        named = new["spec"].get("priorityClassName")
        classes = store.all("priorityclasses")
        chosen = next((one for one in classes if one["metadata"]["name"] == named), None)
        if named is None:
            chosen = next((one for one in classes if one.get("globalDefault")), None)
        resolved: Object = {"priority": 0, "preemptionPolicy": "PreemptLowerPriority"}
        if chosen is not None:
            resolved = {
                "priority": chosen["value"],
                "preemptionPolicy": chosen.get("preemptionPolicy", "PreemptLowerPriority"),
                "priorityClassName": chosen["metadata"]["name"],
            }
        return {**new, "spec": filled(new["spec"], resolved)}

    return admit


def default_class(store: Store) -> Admission:
    """Give a claim without a storage class the cluster's default one."""

    def admit(resource: str, new: Object) -> Object:
        if resource != "persistentvolumeclaims" or "storageClassName" in new["spec"]:
            return new
        for one in store.all("storageclasses"):
            annotations = one["metadata"].get("annotations", {})
            if annotations.get("storageclass.kubernetes.io/is-default-class") == "true":
                return {**new, "spec": {**new["spec"], "storageClassName": one["metadata"]["name"]}}
        return new

    return admit


_PHASES: Mapping[str, str] = {"pods": "Pending", "persistentvolumeclaims": "Pending", "namespaces": "Active"}
_STATUS_IS_EMPTY = (
    "deployments", "statefulsets", "daemonsets", "replicasets", "jobs", "cronjobs", "horizontalpodautoscalers",
    "poddisruptionbudgets", "resourcequotas", "nodes", "persistentvolumes", "services",
)  # fmt: skip
"""Resources whose status their controllers fill later."""


def with_status(resource: str, new: Object) -> Object:
    """Give a new object the status it is born with: its phase, and a pod's QoS class."""
    if resource in _STATUS_IS_EMPTY:
        return {"status": {}, **new}
    if resource not in _PHASES:
        return new
    status = {"phase": _PHASES[resource]}
    if resource == "pods":
        status["qosClass"] = quality_of_service(new["spec"])
    return {**new, "status": filled(new.get("status", {}), status)}


def quality_of_service(spec: Object) -> str:
    """Return Guaranteed, Burstable or BestEffort as the API server does (`ComputePodQOS`)."""
    whole = spec.get("resources")
    asking = (
        [whole]
        if whole
        else [container.get("resources", {}) for part in _CONTAINER_LISTS for container in spec.get(part, ())]
    )
    sums: dict[str, dict[str, int]] = {"requests": {}, "limits": {}}
    limited = True
    for resources in asking:
        for kind, total in sums.items():
            named = {name: parse_quantity(resources.get(kind, {}).get(name, "0")) for name in ("cpu", "memory")}
            if kind == "limits" and not all(named.values()):
                limited = False
            for name, nanos in named.items():
                if nanos:
                    total[name] = total.get(name, 0) + nanos
    if not sums["requests"] and not sums["limits"]:
        return "BestEffort"
    return "Guaranteed" if limited and sums["requests"] == sums["limits"] else "Burstable"


def _changed(stored: Object, path: tuple[str, ...], change: Callable[[Object], Object]) -> Object:
    """Return the object with what is at `path` changed; templates get the metadata they always have."""
    name, *rest = path
    changed = change(stored[name]) if not rest else _changed(stored[name], tuple(rest), change)
    whole = {**stored, name: changed}
    return {"metadata": {}, **whole} if not rest and "apiVersion" not in stored else whole


def _pod_spec(spec: Object) -> Object:
    lists = {part: [_container(one) for one in spec[part]] for part in _CONTAINER_LISTS if part in spec}
    return {**filled(spec, _POD_SPEC), **lists}


def _container(container: Object) -> Object:
    image = container["image"]
    tag = image.rpartition("/")[2].partition(":")[2]
    latest = tag in ("", "latest") and "@" not in image
    result = filled(container, _CONTAINER)
    result["resources"] = {
        kind: {name: canonical(text) for name, text in listed.items()} if kind in ("requests", "limits") else listed
        for kind, listed in result["resources"].items()
    }
    result.setdefault("imagePullPolicy", "Always" if latest else "IfNotPresent")
    for name in _PROBES:
        if name in result:
            probe = filled(result[name], _PROBE)
            if "httpGet" in probe:
                probe["httpGet"] = filled(probe["httpGet"], {"path": "/", "scheme": "HTTP"})
            result[name] = probe
    if "ports" in result:
        result["ports"] = [filled(port, {"protocol": "TCP"}) for port in result["ports"]]
    return result


def _admitted(spec: Object) -> Object:
    """Return a pod's own spec, which has more than a template's: requests from limits, tolerations, an account."""
    lists = {part: [_requested(one) for one in spec[part]] for part in _CONTAINER_LISTS if part in spec}
    tolerations = list(spec.get("tolerations", ()))
    for key in _TOLERATED:
        if not any(_covers(one, key) for one in tolerations):
            tolerations.append(
                {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": _TOLERATION_SECONDS}
            )
    return {**filled(spec, _POD_ONLY), **lists, "tolerations": tolerations}


def _covers(toleration: Object, key: str) -> bool:
    return toleration.get("key", "") in ("", key) and toleration.get("effect", "") in ("", "NoExecute")


def _requested(container: Object) -> Object:
    limits = container["resources"].get("limits")
    if not limits:
        return container
    return {**container, "resources": filled(container["resources"], {"requests": limits})}
