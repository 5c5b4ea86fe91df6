"""The HorizontalPodAutoscaler controller for Resource and ContainerResource metrics; others have no source here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from kube_headroom.resources import parse_quantity
from kube_headroom.simulator.controllers.admission import group_resource
from kube_headroom.simulator.controllers.pods import with_condition
from kube_headroom.simulator.controllers.quantities import NANOS, Quantity
from kube_headroom.simulator.controllers.replica_calculator import (
    NANOS_PER_MILLI,
    TOLERANCE,
    CalculationError,
    Milli,
    Result,
    Target,
    Tolerances,
    calculate,
    milli,
)
from kube_headroom.simulator.controllers.scaling_behavior import History, Rules, decide
from kube_headroom.simulator.controllers.timers import Timers
from kube_headroom.simulator.events import Reporter
from kube_headroom.simulator.kinds import BY_KIND
from kube_headroom.simulator.store import Name, Object, timestamp
from kube_headroom.simulator.world import Marks, World

SYNC_SECONDS = 15.0
"""The controller manager's `--horizontal-pod-autoscaler-sync-period`."""
SCALABLE = ("deployments", "statefulsets", "replicasets")
_REPORTER = Reporter("horizontal-pod-autoscaler")
_DEFAULT_METRICS = (
    {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}},
)
_FIELDS = {"Resource": "resource", "ContainerResource": "containerResource"}

Usage = Callable[[str], Mapping[str, tuple[float, float]] | None]
"""Pod uid in; CPU cores over the last window and working set bytes by container out, None without either."""


class _Wish(NamedTuple):
    """What the metrics call for together."""

    replicas: int
    metric: str
    statuses: list[Object]


class _MetricError(Exception):
    """A metric that calls for nothing; the reason is the condition's, `told` its event, the message the whole story."""

    def __init__(self, reason: str, told: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.told = told


class Autoscalers:
    """Sizes Deployments, StatefulSets and ReplicaSets every 15 seconds, by the usage of the pods they own."""

    def __init__(self, world: World, usage: Usage) -> None:
        self._world = world
        self._store = world.store
        self._usage = usage
        self._marks = Marks(world.store, ("horizontalpodautoscalers",))
        self._timers: Timers[Name] = Timers()
        self._histories: dict[Name, History] = {}
        for existing in world.store.all("horizontalpodautoscalers"):
            metadata = existing["metadata"]
            self._timers.wake((metadata["namespace"], metadata["name"]), world.now + SYNC_SECONDS)

    def step(self, now: float) -> None:
        """Look after the autoscalers whose 15 seconds are over."""
        for change in self._marks.take():
            name = (change.object["metadata"]["namespace"], change.object["metadata"]["name"])
            if change.type == "DELETED":
                self._timers.cancel(name)
                self._histories.pop(name, None)
            else:
                self._timers.wake(name, now + SYNC_SECONDS)
        for name in self._timers.take(now):
            autoscaler = self._store.get("horizontalpodautoscalers", *name)
            if autoscaler is not None:
                self._timers.wake(name, now + SYNC_SECONDS)
                status = self._sync(autoscaler, self._histories.setdefault(name, History()), now)
                if status != autoscaler.get("status"):
                    self._store.change("horizontalpodautoscalers", autoscaler, status=status)

    def _sync(self, autoscaler: Object, history: History, now: float) -> Object:
        """Scale if it is time to; return the status."""
        conditions = _Conditions(autoscaler, now)
        try:
            resource, target = self._target(autoscaler)
        except LookupError as error:
            self._tell(autoscaler, "FailedGetScale", str(error.args[0]), type_="Warning")
            message = f"the HPA controller was unable to get the target's current scale: {error.args[0]}"
            conditions.set("AbleToScale", "False", "FailedGetScale", message)
            unknown = {"desiredReplicas": 0, "currentMetrics": None}
            return {**unknown, **autoscaler.get("status", {}), "conditions": conditions.listed}
        message = "the HPA controller was able to get the target's current scale"
        conditions.set("AbleToScale", "True", "SucceededGetScale", message)
        current = int(target["spec"].get("replicas", 1))
        history.begin(current, now)
        spec = autoscaler["spec"]
        rules = Rules(int(spec.get("minReplicas", 1)), int(spec["maxReplicas"]), spec.get("behavior"))
        desired, why, statuses = _unasked(rules, current)
        if desired is None:
            wish = self._wish(autoscaler, target, current, conditions)
            statuses = wish.statuses
            if wish.replicas < 0:
                return _status(autoscaler, conditions, statuses, current=current)
            why = f"{wish.metric} above target" if wish.replicas > current else "All metrics below target"
            decision = decide(history, rules, current=current, wanted=wish.replicas, now=now)
            conditions.set("AbleToScale", "True", *decision.able)
            conditions.set("ScalingLimited", "True" if decision.limited else "False", *decision.limit)
            desired = decision.replicas
        elif current == 0:
            message = "scaling is disabled since the replica count of the target is zero"
            conditions.set("ScalingActive", "False", "ScalingDisabled", message)
        if desired == current:
            return _status(autoscaler, conditions, statuses, current=current, desired=desired)
        self._store.change(resource, target, spec={**target["spec"], "replicas": desired})
        message = f"the HPA controller was able to update the target scale to {desired}"
        conditions.set("AbleToScale", "True", "SucceededRescale", message)
        self._tell(autoscaler, "SuccessfulRescale", f"New size: {desired}; reason: {why}")
        history.scaled(current, desired, rules, now)
        status = _status(autoscaler, conditions, statuses, current=current, desired=desired)
        return {**status, "lastScaleTime": timestamp(now)}

    def _target(self, autoscaler: Object) -> tuple[str, Object]:
        """Return the resource and object to scale. Raises LookupError with the API's words."""
        reference = autoscaler["spec"]["scaleTargetRef"]
        described = BY_KIND.get(reference["kind"])
        if described is None or described.plural not in SCALABLE:
            group = reference.get("apiVersion", "").rpartition("/")[0]
            raise LookupError(f'no matches for kind "{reference["kind"]}" in group "{group}"')
        found = self._store.get(described.plural, autoscaler["metadata"]["namespace"], reference["name"])
        if found is None:
            raise LookupError(f'{group_resource(described.plural)} "{reference["name"]}" not found')
        return described.plural, found

    def _wish(self, autoscaler: Object, target: Object, current: int, conditions: _Conditions) -> _Wish:
        """Ask every metric; the largest answer counts. -1 replicas if none is to be trusted."""
        specs = autoscaler["spec"].get("metrics") or _DEFAULT_METRICS
        pods = self._pods(target)
        tolerances = _tolerances(autoscaler["spec"].get("behavior") or {})
        best, metric, errors = 0, "", []
        statuses: list[Object] = []
        for spec in specs:
            try:
                result, name, status = self._measure(spec, pods, current, tolerances)
            except _MetricError as error:
                self._tell(autoscaler, error.reason, error.told, type_="Warning")
                errors.append(error)
                statuses.append({"type": ""})
                continue
            statuses.append(status)
            if best == 0 or result.replicas > best:
                best, metric = result.replicas, name
        if errors and (len(errors) == len(specs) or best < current):
            message = f"the HPA was unable to compute the replica count: {errors[0].told}"
            conditions.set("ScalingActive", "False", errors[0].reason, message)
            message = f"invalid metrics ({len(errors)} invalid out of {len(specs)}), first error is: {errors[0]}"
            self._tell(autoscaler, "FailedComputeMetricsReplicas", message, type_="Warning")
            return _Wish(-1, "", statuses)
        message = f"the HPA was able to successfully calculate a replica count from {metric}"
        conditions.set("ScalingActive", "True", "ValidMetricFound", message)
        return _Wish(best, metric, statuses)

    def _measure(
        self, spec: Object, pods: Sequence[Object], current: int, tolerances: Tolerances
    ) -> tuple[Result, str, Object]:
        """Return what a metric calls for, its name in messages and its status. Raises _MetricError."""
        type_ = spec["type"]
        if type_ not in _FIELDS:
            told = f"unable to get metrics of type {type_}: no custom or external metrics API is registered"
            raise _MetricError(f"FailedGet{type_}Metric", told, f"failed to get {type_.lower()} metric value: {told}")
        source = spec[_FIELDS[type_]]
        resource, container = source["name"], source.get("container", "")
        wanted = source["target"]
        average = milli(wanted["averageValue"]) if "averageValue" in wanted else None
        target = Target(resource, container, wanted.get("averageUtilization"), average, tolerances)
        try:
            usage = self._metrics(pods, resource, container)
            result = calculate(pods, usage, target, current=current, now=self._world.now)
        except CalculationError as error:
            told = f"failed to get {resource} {'utilization' if average is None else 'usage'}: {error}"
            subject = f"{container} container" if container else f"{resource} resource"
            raise _MetricError(
                f"FailedGet{type_}Metric", told, f"failed to get {subject} metric value: {told}"
            ) from error
        name = f"{resource} resource"
        value: Object = {"averageValue": _written(resource, result.average)}
        if result.utilization is not None:
            kind = "container resource" if container else "resource"
            name = f"{resource} {kind} utilization (percentage of request)"
            value = {"averageUtilization": result.utilization, **value}
        identity = {"name": resource, "container": container} if container else {"name": resource}
        return result, name, {"type": type_, _FIELDS[type_]: {**identity, "current": value}}

    def _metrics(self, pods: Sequence[Object], resource: str, container: str) -> dict[str, Milli]:
        """Return each pod's usage by name, of one container or of all, as the metrics API tells it.

        Raises CalculationError if it tells of no pod.
        """
        part = 0 if resource == "cpu" else 1
        metrics = {}
        for pod in pods:
            usage = self._usage(pod["metadata"]["uid"])
            if usage and (not container or container in usage):
                values = [usage[container]] if container else usage.values()
                # The metrics API tells nanocores and whole bytes.
                nanos = (round(value[part] * NANOS) if part == 0 else round(value[part]) * NANOS for value in values)
                metrics[pod["metadata"]["name"]] = sum(-(-one // NANOS_PER_MILLI) for one in nanos)
        if not metrics:
            raise CalculationError(
                f"unable to get metrics for resource {resource}: no metrics returned from resource metrics API"
            )
        return metrics

    def _pods(self, target: Object) -> list[Object]:
        """Return the pods of a workload, by ownership: what its selector finds, unless selectors overlap."""
        uid = target["metadata"]["uid"]
        owners = [uid, *(one["metadata"]["uid"] for one in self._store.owned(uid, "replicasets"))]
        return [pod for owner in owners for pod in self._store.owned(owner, "pods")]

    def _tell(self, autoscaler: Object, reason: str, message: str, *, type_: str = "Normal") -> None:
        self._world.events.record(autoscaler, type_, reason, message, _REPORTER)


class _Conditions:
    """An autoscaler's conditions while it is looked after."""

    def __init__(self, autoscaler: Object, now: float) -> None:
        self.listed: list[Object] = list(autoscaler.get("status", {}).get("conditions", ()))
        self._now = now

    def set(self, type_: str, status: str, reason: str, message: str) -> None:
        """Set one."""
        new = {"type": type_, "status": status, "reason": reason, "message": message}
        self.listed = with_condition(self.listed, new, self._now)


def _unasked(rules: Rules, current: int) -> tuple[int | None, str, list[Object] | None]:
    """Return the size, and why, where no metric is asked: it is off, or out of bounds."""
    if current == 0:
        return 0, "", None
    if current > rules.most:
        return rules.most, "Current number of replicas above Spec.MaxReplicas", None
    if current < rules.least:
        return rules.least, "Current number of replicas below Spec.MinReplicas", None
    return None, "", None


def _status(
    autoscaler: Object,
    conditions: _Conditions,
    statuses: list[Object] | None,
    *,
    current: int,
    desired: int | None = None,
) -> Object:
    """Return the status; without `desired` it keeps what was desired before."""
    old = autoscaler.get("status", {})
    status: dict[str, Any] = {
        "desiredReplicas": old.get("desiredReplicas", 0) if desired is None else desired,
        "currentMetrics": statuses,
        "conditions": conditions.listed,
    }
    if current:
        status["currentReplicas"] = current
    if "lastScaleTime" in old:
        status["lastScaleTime"] = old["lastScaleTime"]
    return status


def _tolerances(behavior: Mapping[str, Any]) -> Tolerances:
    found = [behavior.get(direction, {}).get("tolerance") for direction in ("scaleDown", "scaleUp")]
    down, up = (TOLERANCE if text is None else parse_quantity(text) / NANOS for text in found)
    return Tolerances(down, up)


def _written(resource: str, average: Milli) -> str:
    return str(Quantity(average * NANOS_PER_MILLI, "BinarySI" if resource == "memory" else "DecimalSI"))
