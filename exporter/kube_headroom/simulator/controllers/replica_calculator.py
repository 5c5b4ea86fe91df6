"""How many replicas one metric calls for: the arithmetic of `podautoscaler/replica_calculator.go`, without clock or store."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kube_headroom.resources import parse_quantity
from kube_headroom.simulator.controllers.pods import condition, is_terminating, phase
from kube_headroom.simulator.store import Object, moment

TOLERANCE = 0.1
CPU_INITIALIZATION_SECONDS = 300.0
INITIAL_READINESS_SECONDS = 30.0
"""The controller manager's defaults."""
WINDOW_SECONDS = 15.0
"""metrics-server's `--metric-resolution`: the time that a CPU usage is the average of."""

NANOS_PER_MILLI = 10**6

Milli = int
"""Thousandths of a core or of a byte."""


class CalculationError(Exception):
    """No count can be calculated; the message is the real calculator's."""


class Tolerances(NamedTuple):
    """How far usage may be off its target, as a share of it."""

    down: float = TOLERANCE
    up: float = TOLERANCE

    def hold(self, ratio: float) -> bool:
        """Tell whether the ratio of usage to target is no reason to scale."""
        return 1.0 - self.down <= ratio <= 1.0 + self.up


class Target(NamedTuple):
    """What a metric should be: a share of the request in percent, or an amount per pod."""

    resource: str
    container: str = ""
    utilization: int | None = None
    average: Milli | None = None
    tolerances: Tolerances = Tolerances()


class Result(NamedTuple):
    """The replicas that a metric calls for, and what it was measured to be."""

    replicas: int
    average: Milli
    utilization: int | None = None


class _Groups(NamedTuple):
    ready: int
    unready: list[str]
    missing: list[str]


def calculate(
    pods: Sequence[Object], usage: Mapping[str, Milli], target: Target, *, current: int, now: float
) -> Result:
    """Return the replicas for a metric from the usage of each pod by name.

    Pods without usage count as fully used when there is less to do and as idle when there is more; pods that are
    not ready count as idle when there is more, else not at all. Raises CalculationError.
    """
    if not pods:
        raise CalculationError("no pods returned by selector while calculating replica count")
    groups, metrics = _group(pods, usage, target.resource, now)
    if not metrics:
        raise CalculationError("did not receive metrics for targeted pods (pods might be unready)")
    requests = {} if target.average is not None else _requests(pods, target)
    ratio, result = _ratio(metrics, requests, target, current)
    scale_up_with_unready = bool(groups.unready) and ratio > 1.0
    if not scale_up_with_unready and not groups.missing:
        if target.tolerances.hold(ratio):
            return result
        return result._replace(replicas=math.ceil(ratio * groups.ready))
    if ratio < 1.0:
        metrics |= {name: _full(name, requests, target) for name in groups.missing}
    elif ratio > 1.0:
        metrics |= dict.fromkeys((*groups.missing, *groups.unready), 0)
    cautious, _ = _ratio(metrics, requests, target, current)
    if target.tolerances.hold(cautious) or (ratio - 1.0) * (cautious - 1.0) < 0:
        return result
    replicas = math.ceil(cautious * len(metrics))
    if (cautious < 1.0 and replicas > current) or (cautious > 1.0 and replicas < current):
        return result
    return result._replace(replicas=replicas)


def _group(
    pods: Sequence[Object], usage: Mapping[str, Milli], resource: str, now: float
) -> tuple[_Groups, dict[str, Milli]]:
    """Sort the pods, and return the usage of those that count."""
    unready, missing = [], []
    metrics = {}
    for pod in pods:
        name = pod["metadata"]["name"]
        if is_terminating(pod) or phase(pod) == "Failed":
            continue
        if phase(pod) == "Pending":
            unready.append(name)
        elif name not in usage:
            missing.append(name)
        elif resource == "cpu" and _not_yet_ready(pod, now):
            unready.append(name)
        else:
            metrics[name] = usage[name]
    return _Groups(len(metrics), unready, missing), metrics


def _not_yet_ready(pod: Object, now: float) -> bool:
    """Tell whether a pod's CPU is still that of its start, and says nothing of the load."""
    ready = condition(pod, "Ready")
    started = pod["status"].get("startTime")
    if ready is None or started is None:
        return True
    unready = ready["status"] == "False"
    changed = moment(ready["lastTransitionTime"])
    if moment(started) + CPU_INITIALIZATION_SECONDS > now:
        return unready or now < changed + WINDOW_SECONDS
    return unready and moment(started) + INITIAL_READINESS_SECONDS > changed


def _ratio(
    metrics: Mapping[str, Milli], requests: Mapping[str, Milli], target: Target, current: int
) -> tuple[float, Result]:
    total = sum(metrics.values())
    average = total // len(metrics)
    if target.average is not None:
        return average / target.average, Result(current, average)
    requested = sum(requests[name] for name in metrics)
    if not requested or not target.utilization:
        raise CalculationError("no metrics returned matched known pods")
    utilization = total * 100 // requested
    return utilization / target.utilization, Result(current, average, utilization)


def _full(name: str, requests: Mapping[str, Milli], target: Target) -> Milli:
    """Return what a pod without usage is taken to use when there is less to do."""
    if target.average is not None:
        return target.average
    return requests[name] * max(100, target.utilization or 0) // 100


def _requests(pods: Sequence[Object], target: Target) -> dict[str, Milli]:
    return {pod["metadata"]["name"]: _request(pod, target) for pod in pods}


def _request(pod: Object, target: Target) -> Milli:
    spec, resource = pod["spec"], target.resource
    name = pod["metadata"]["name"]
    whole = spec.get("resources", {}).get("requests", {})
    if whole and not target.container and resource in whole:
        return milli(whole[resource])
    sidecars = (init for init in spec.get("initContainers", ()) if init.get("restartPolicy") == "Always")
    counted = [
        container for container in (*spec["containers"], *sidecars) if target.container in ("", container["name"])
    ]
    if not counted:
        raise CalculationError(f"container {target.container} not found in Pod {name}")
    total = 0
    for container in counted:
        text = container.get("resources", {}).get("requests", {}).get(resource)
        if text is None:
            raise CalculationError(f"missing request for {resource} in container {container['name']} of Pod {name}")
        total += milli(text)
    return total


def milli(text: str) -> Milli:
    """Return a quantity in thousandths, rounded up, as `Quantity.MilliValue` does."""
    return -(-parse_quantity(text) // NANOS_PER_MILLI)
