"""What an object costs a ResourceQuota, by the names that quotas use (quota/v1/evaluator/core)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from kube_headroom.resources import effective_limits, effective_requests
from kube_headroom.simulator.controllers.admission import group_resource
from kube_headroom.simulator.controllers.defaults import quality_of_service
from kube_headroom.simulator.controllers.pods import is_terminal
from kube_headroom.simulator.controllers.quantities import NANOS, Quantity, pod_resources, quantity, written_form
from kube_headroom.simulator.store import Object

Charges = Mapping[str, Quantity]
ONE = Quantity(NANOS)
_MINOR = 36
_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_CLASS_SUFFIX = ".storageclass.storage.k8s.io/"
SPECIFIED = ("cpu", "limits.cpu", "limits.memory", "memory", "requests.cpu", "requests.memory")
"""Where a quota names one of these, each container of a new pod has to specify it."""


def charges(resource: str, charged: Object) -> dict[str, Quantity]:
    """Return all that an object uses; a quota counts what it names. A pod that ended uses only `count/pods`."""
    counted = {f"count/{group_resource(resource)}": ONE}
    evaluate = _EVALUATORS.get(resource)
    return {**counted, **evaluate(charged)} if evaluate else counted


def in_scope(quota: Object, resource: str, charged: Object) -> bool:
    """Tell whether a quota counts an object: one with scopes counts pods that are in all of them."""
    spec = quota["spec"]
    terms = [{"scopeName": scope, "operator": "Exists"} for scope in spec.get("scopes", ())]
    terms += spec.get("scopeSelector", {}).get("matchExpressions", ())
    return not terms or (resource == "pods" and all(_matches(term, charged["spec"]) for term in terms))


def unspecified(names: Iterable[str], pod: Object) -> str:
    """Return which of the resources that a quota names a pod's containers do not specify, as the refusal words it."""
    spec = pod["spec"]
    if spec.get("resources"):
        return ""
    missing = []
    for name in sorted(set(names) & set(SPECIFIED)):
        kind, _, plain = name.rpartition(".")
        containers = sorted(
            container["name"]
            for container in (*spec.get("containers", ()), *spec.get("initContainers", ()))
            if plain not in container.get("resources", {}).get(kind or "requests", {})
        )
        if containers:
            missing.append(f"{name} for: {','.join(containers)}")
    return f"must specify {'; '.join(missing)}" if missing else ""


def _pod(pod: Object) -> dict[str, Quantity]:
    if is_terminal(pod):
        return {}
    asked = pod_resources(pod)
    result = {"pods": ONE}
    kinds: tuple[Literal["requests", "limits"], ...] = ("requests", "limits")
    for kind in kinds:
        effective = effective_requests if kind == "requests" else effective_limits
        for name, nanos in effective(asked, minor=_MINOR, use_status=False).items():
            amount = Quantity(nanos, written_form(pod, name, kind))
            if name in _COMPUTE:
                result[f"{kind}.{name}"] = amount
                if kind == "requests":
                    result[name] = amount
            elif kind == "requests":
                result[f"requests.{name}"] = amount
                if name.startswith("hugepages-"):
                    result[name] = amount
    return result


def _claim(claim: Object) -> dict[str, Quantity]:
    spec = claim["spec"]
    text = spec.get("resources", {}).get("requests", {}).get("storage")
    named = {"persistentvolumeclaims": ONE}
    if text is not None:
        named["requests.storage"] = quantity(text)
    of_class = spec.get("storageClassName")
    if of_class:
        named |= {f"{of_class}{_CLASS_SUFFIX}{name}": amount for name, amount in named.items()}
    return named


def _service(service: Object) -> dict[str, Quantity]:
    spec = service["spec"]
    type_ = spec.get("type", "ClusterIP")
    ports = len(spec.get("ports", ()))
    if type_ == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is False:
        ports = sum("nodePort" in port for port in spec.get("ports", ()))
    return {
        "services": ONE,
        "services.loadbalancers": ONE if type_ == "LoadBalancer" else Quantity(0),
        "services.nodeports": Quantity(ports * NANOS if type_ in ("NodePort", "LoadBalancer") else 0),
    }


_EVALUATORS: Mapping[str, Callable[[Object], dict[str, Quantity]]] = {
    "pods": _pod,
    "persistentvolumeclaims": _claim,
    "services": _service,
    "resourcequotas": lambda _: {"resourcequotas": ONE},
}


def _matches(term: Object, spec: Object) -> bool:
    scope = term["scopeName"]
    if scope == "PriorityClass":
        name, values = spec.get("priorityClassName"), term.get("values", ())
        operators = {"Exists": bool(name), "DoesNotExist": not name, "In": name in values, "NotIn": name not in values}
        return operators[term.get("operator", "Exists")]
    best_effort = quality_of_service(spec) == "BestEffort"
    deadline = spec.get("activeDeadlineSeconds") is not None
    scopes = {
        "BestEffort": best_effort,
        "NotBestEffort": not best_effort,
        "Terminating": deadline,
        "NotTerminating": not deadline,
        "CrossNamespacePodAffinity": _crosses_namespaces(spec.get("affinity", {})),
    }
    return scopes.get(scope, False)


def _crosses_namespaces(affinity: Object) -> bool:
    for kind in ("podAffinity", "podAntiAffinity"):
        found = affinity.get(kind, {})
        preferred = found.get("preferredDuringSchedulingIgnoredDuringExecution", ())
        terms = [
            *found.get("requiredDuringSchedulingIgnoredDuringExecution", ()),
            *(one["podAffinityTerm"] for one in preferred),
        ]
        if any(term.get("namespaces") or "namespaceSelector" in term for term in terms):
            return True
    return False
