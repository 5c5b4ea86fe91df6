from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.simulator.controllers.autoscalers import Autoscalers
from kube_headroom.simulator.controllers.scaling_behavior import History, Rules, decide
from kube_headroom.simulator.store import Object, owner_reference, timestamp
from kube_headroom.simulator.world import World
from tests.simulator.controllers.stand_in import START, container, pod, reasons, running, told, world

Load = Callable[[float, int], float]
"""Cores in total at a time since the start, with so many pods."""


class Stage:
    """A Deployment whose pods, one core each, share a load and are there at once when it is scaled."""

    def __init__(self, load: Load, *, replicas: int = 2, **spec: Any) -> None:
        self.world: World = world()
        self.load = load
        self.blind = False
        self.sizes: list[int] = []
        store = self.world.store
        selector = {"matchLabels": {"app": "web"}}
        metadata = {"name": "web", "namespace": "shop"}
        deployment = store.create(
            "deployments", {"metadata": metadata, "spec": {"replicas": replicas, "selector": selector}}
        )
        self.replica_set = store.create(
            "replicasets",
            {
                "metadata": {"name": "web-1", "namespace": "shop", "ownerReferences": [owner_reference(deployment)]},
                "spec": {},
            },
        )
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
        store.create(
            "horizontalpodautoscalers",
            {"metadata": metadata, "spec": {"scaleTargetRef": target, "maxReplicas": 10, **spec}},
        )
        self.world.add(Autoscalers(self.world, self.usage), self)
        self.step(START - 3600)

    def usage(self, _: str) -> dict[str, tuple[float, float]] | None:
        if self.blind:
            return None
        count = len(self.world.store.all("pods"))
        return {"app": (self.load(self.world.now - START, count) / count, 128 * 2**20)}

    def step(self, now: float) -> None:
        store = self.world.store
        wanted = self.deployment()["spec"]["replicas"]
        found = store.all("pods")
        for surplus in found[wanted:]:
            store.delete("pods", surplus)
        for number in range(len(found), wanted):
            made = pod(f"p-{now:.0f}-{number}", container(requests={"cpu": "1", "memory": "256Mi"}))
            made["metadata"]["ownerReferences"] = [owner_reference(self.replica_set)]
            # Long ago, so that no sample is held back.
            store.create("pods", {**made, "status": running(now - 3600)})
        if not self.sizes or self.sizes[-1] != wanted:
            self.sizes.append(wanted)

    def run(self, seconds: float) -> None:
        self.world.advance(self.world.now + seconds)

    def deployment(self) -> Object:
        return self.world.store.get("deployments", "shop", "web") or {}

    def status(self) -> Object:
        found = self.world.store.get("horizontalpodautoscalers", "shop", "web") or {}
        status: Object = found["status"]
        return status

    def conditions(self) -> list[tuple[str, str, str]]:
        return [(one["type"], one["status"], one["reason"]) for one in self.status()["conditions"]]


def constant(cores: float) -> Load:
    return lambda _, __: cores


def resource(name: str, **target: Any) -> Object:
    kind = "Utilization" if "averageUtilization" in target else "AverageValue"
    return {"type": "Resource", "resource": {"name": name, "target": {"type": kind, **target}}}


CPU_50 = resource("cpu", averageUtilization=50)


def test_a_busy_workload_grows_and_says_so() -> None:
    stage = Stage(constant(2.0), metrics=[CPU_50])
    stage.run(15)
    assert stage.status() == {
        "currentReplicas": 2,
        "desiredReplicas": 4,
        "lastScaleTime": timestamp(START + 15),
        "currentMetrics": [
            {
                "type": "Resource",
                "resource": {"name": "cpu", "current": {"averageUtilization": 100, "averageValue": "1"}},
            }
        ],
        "conditions": [
            {
                "type": "AbleToScale",
                "status": "True",
                "reason": "SucceededRescale",
                "message": "the HPA controller was able to update the target scale to 4",
                "lastTransitionTime": timestamp(START + 15),
            },
            {
                "type": "ScalingActive",
                "status": "True",
                "reason": "ValidMetricFound",
                "message": "the HPA was able to successfully calculate a replica count from cpu resource utilization "
                "(percentage of request)",
                "lastTransitionTime": timestamp(START + 15),
            },
            {
                "type": "ScalingLimited",
                "status": "False",
                "reason": "DesiredWithinRange",
                "message": "the desired count is within the acceptable range",
                "lastTransitionTime": timestamp(START + 15),
            },
        ],
    }
    assert told(stage.world, "web") == [
        ("SuccessfulRescale", "New size: 4; reason: cpu resource utilization (percentage of request) above target")
    ]


@pytest.mark.parametrize(
    ("load", "spec", "sizes"),
    [
        pytest.param(constant(4.0), {"metrics": [CPU_50]}, [2, 4, 8], id="without a behavior the size at most doubles"),
        pytest.param(
            constant(20.0), {"metrics": [CPU_50]}, [2, 4, 8, 10], id="and stops at the maximum"
        ),
        pytest.param(
            constant(20.0),
            {"metrics": [CPU_50], "behavior": {"scaleUp": {}}, "maxReplicas": 40},
            [2, 6, 12, 24, 40],
            id="with a silent behavior it grows by four pods or doubles, whatever is more",
        ),
        pytest.param(
            constant(20.0),
            {
                "metrics": [CPU_50],
                "behavior": {"scaleUp": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}},
            },
            [2, 3, 4, 5, 6],
            id="a policy of one pod a minute",
        ),
        pytest.param(
            constant(20.0),
            {"metrics": [CPU_50], "behavior": {"scaleUp": {"selectPolicy": "Disabled"}}},
            [2],
            id="growth disabled",
        ),
        pytest.param(
            constant(0.1),
            {"metrics": [CPU_50], "replicas": 8, "minReplicas": 2},
            [8],
            id="it does not shrink for five minutes",
        ),
        pytest.param(
            constant(0.1),
            {"metrics": [CPU_50], "replicas": 8, "minReplicas": 2, "behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}},
            [8, 2],
            id="without a window it shrinks at once, to the minimum",
        ),
        pytest.param(
            constant(0.1),
            {
                "metrics": [CPU_50],
                "replicas": 8,
                "behavior": {
                    "scaleDown": {
                        "stabilizationWindowSeconds": 0,
                        "policies": [{"type": "Percent", "value": 25, "periodSeconds": 60}],
                    }
                },
            },
            [8, 6, 4, 3, 2],
            id="a quarter a minute",
        ),
        pytest.param(
            constant(1.0),
            {"metrics": [CPU_50, resource("memory", averageUtilization=10)]},
            [2, 4, 8, 10],
            id="the hungriest metric counts: memory at 50 % of 10 %",
        ),
        pytest.param(
            constant(1.0), {"metrics": [resource("cpu", averageValue="250m")]}, [2, 4], id="an amount per pod"
        ),
        pytest.param(constant(1.0), {"replicas": 12}, [12, 10], id="too many replicas are cut at once"),
        pytest.param(constant(9.0), {"replicas": 0}, [0], id="none means off"),
        pytest.param(constant(2.0), {}, [2, 3], id="without metrics the target is 80 % of CPU"),
    ],
)  # fmt: skip
def test_the_sizes_of_four_minutes(load: Load, spec: dict[str, Any], sizes: list[int]) -> None:
    stage = Stage(load, **spec)
    stage.run(235)
    assert stage.sizes == sizes


def test_it_shrinks_to_the_highest_recommendation_of_five_minutes() -> None:
    stage = Stage(lambda at, _: 4.0 if at < 100 else 1.0, metrics=[CPU_50])
    stage.run(380)
    assert stage.sizes == [2, 4, 8]
    assert ("AbleToScale", "True", "ScaleDownStabilized") in stage.conditions()
    stage.run(60)
    assert stage.sizes == [2, 4, 8, 2]
    assert told(stage.world, "web")[-1] == ("SuccessfulRescale", "New size: 2; reason: All metrics below target")


@pytest.mark.parametrize(
    ("load", "spec", "expected"),
    [
        pytest.param(
            constant(20.0), {"metrics": [CPU_50]}, ("ScalingLimited", "True", "TooManyReplicas"), id="at its maximum"
        ),
        pytest.param(
            constant(0.1), {"replicas": 3, "minReplicas": 3}, ("ScalingLimited", "True", "TooFewReplicas"), id="at its minimum"
        ),
        pytest.param(
            constant(20.0),
            {"behavior": {"scaleUp": {"selectPolicy": "Disabled"}}},
            ("ScalingLimited", "True", "ScaleUpLimit"),
            id="held by its policy upwards",
        ),
        pytest.param(
            constant(0.1),
            {"replicas": 5, "behavior": {"scaleDown": {"stabilizationWindowSeconds": 0, "selectPolicy": "Disabled"}}},
            ("ScalingLimited", "True", "ScaleDownLimit"),
            id="held by its policy downwards",
        ),
        pytest.param(constant(0), {"replicas": 0}, ("ScalingActive", "False", "ScalingDisabled"), id="switched off"),
        pytest.param(
            constant(20.0),
            {"behavior": {"scaleUp": {"stabilizationWindowSeconds": 600}}},
            ("AbleToScale", "True", "ScaleUpStabilized"),
            id="held by its window upwards",
        ),
    ],
)  # fmt: skip
def test_conditions_say_what_holds_it(load: Load, spec: dict[str, Any], expected: tuple[str, str, str]) -> None:
    stage = Stage(load, **spec)
    stage.run(400)
    assert expected in stage.conditions()


def test_without_metrics_it_keeps_its_size_and_tells_why() -> None:
    stage = Stage(constant(20.0), metrics=[CPU_50])
    stage.blind = True
    stage.run(16)
    why = (
        "failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource "
        "metrics API"
    )
    assert told(stage.world, "web") == [
        ("FailedGetResourceMetric", why),
        (
            "FailedComputeMetricsReplicas",
            "invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: " + why,
        ),
    ]
    assert stage.conditions()[-1] == ("ScalingActive", "False", "FailedGetResourceMetric")
    assert stage.status()["conditions"][-1]["message"] == f"the HPA was unable to compute the replica count: {why}"
    assert stage.sizes == [2]


def test_a_metric_without_a_source_never_lets_it_shrink() -> None:
    pods_metric = {"type": "Pods", "pods": {"metric": {"name": "x"}, "target": {"averageValue": "1"}}}
    stage = Stage(constant(0.1), replicas=4, metrics=[CPU_50, pods_metric])
    stage.run(400)
    assert stage.sizes == [4]
    assert "FailedGetPodsMetric" in reasons(stage.world, "web")


def test_a_container_of_its_own() -> None:
    metric = {
        "type": "ContainerResource",
        "containerResource": {"name": "cpu", "container": "app", "target": {"averageUtilization": 50}},
    }
    stage = Stage(constant(2.0), metrics=[metric])
    stage.run(16)
    assert stage.sizes == [2, 4]
    assert stage.status()["currentMetrics"][0]["containerResource"]["container"] == "app"


def test_memory_is_written_in_binary() -> None:
    stage = Stage(constant(1.0), metrics=[resource("memory", averageUtilization=50)])
    stage.run(16)
    current = stage.status()["currentMetrics"][0]["resource"]["current"]
    assert current == {"averageUtilization": 50, "averageValue": "128Mi"}


def test_a_target_that_is_not_there_is_told() -> None:
    stage = Stage(constant(1.0))
    stage.world.store.delete("deployments", stage.deployment())
    stage.world.parts.remove(stage)
    stage.run(16)
    assert stage.conditions() == [("AbleToScale", "False", "FailedGetScale")]
    assert told(stage.world, "web") == [("FailedGetScale", 'deployments.apps "web" not found')]


BEHAVIORS = st.none() | st.fixed_dictionaries(
    {},
    optional={
        direction: st.fixed_dictionaries(
            {},
            optional={
                "stabilizationWindowSeconds": st.integers(0, 120),
                "selectPolicy": st.sampled_from(["Max", "Min", "Disabled"]),
                "policies": st.lists(
                    st.fixed_dictionaries(
                        {
                            "type": st.sampled_from(["Pods", "Percent"]),
                            "value": st.integers(1, 200),
                            "periodSeconds": st.integers(1, 120),
                        }
                    ),
                    min_size=1,
                    max_size=3,
                ),
            },
        )
        for direction in ("scaleUp", "scaleDown")
    },
)


@given(BEHAVIORS, st.integers(1, 10), st.integers(0, 20), st.lists(st.integers(1, 60), max_size=40))
def test_the_size_stays_within_its_bounds_and_history_is_bounded(
    behavior: dict[str, Any] | None, least: int, room: int, wishes: list[int]
) -> None:
    rules = Rules(least, least + room, behavior)
    history = History()
    current = least
    history.begin(current, 0)
    for number, wanted in enumerate(wishes):
        now = 15.0 * number
        decided = decide(history, rules, current=current, wanted=wanted, now=now).replicas
        assert least <= decided <= least + room
        if decided != current:
            history.scaled(current, decided, rules, now)
        current = decided
    assert len(history.recommendations) <= 22
