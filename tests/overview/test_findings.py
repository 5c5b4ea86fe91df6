"""Which objects need attention, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from kube_headroom.model import Fact, Namespace
from kube_headroom.model import PodDisruptionBudget as Budget
from kube_headroom.model import ResourceQuota as Quota
from tests.facts import (
    AFTER,
    autoscaler,
    controller,
    job,
    metadata,
    node,
    pod,
    reference,
    replica_set,
    replicas,
    status,
)
from tests.facts import resources as amounts
from tests.overview.stage import Scene

PATIENT = 20.0
MINE: dict[str, Any] = {"controller": reference("ReplicaSet", "web-abc")}


def scene(*objects: tuple[str, Fact]) -> Scene:
    """A healthy node and Deployment `web`, and what is given in its stead or beside it."""
    stage = Scene()
    listed: dict[str, dict[str, Fact]] = {
        "nodes": {"node-1": node()},
        "replicasets": {"web-abc": replica_set()},
        "deployments": {"web": controller()},
    }
    for kind, fact in objects:
        name = fact.name if hasattr(fact, "name") else fact.metadata.name
        listed.setdefault(kind, {})[name] = fact
    for kind, facts in listed.items():
        stage.relist(kind, *facts.values())
    stage.start()
    return stage


def waiting(reason: str, name: str = "web-1", container: str = "app") -> tuple[str, Fact]:
    return "pods", pod(name, statuses=(status(container, ready=False, waiting_reason=reason),), **MINE)


def scaled(desired: int, maximum: int = 5) -> tuple[str, Fact]:
    return "horizontalpodautoscalers", autoscaler(desired=desired, maximum=maximum)


def quota(used: str, hard: str = "20", resource: str = "requests_memory") -> tuple[str, Fact]:
    limits, use = amounts(**{resource: hard}), amounts(**{resource: used})
    resource_names = {"requests-memory": "requests.memory", "pods": "pods"}
    return "resourcequotas", Quota(
        metadata=metadata("web"),
        hard={resource_names[name]: value for name, value in limits.items()},
        used={resource_names[name]: value for name, value in use.items()},
    )


def budget(allowed: int, healthy: int = 2, desired: int = 2, expected: int = 2) -> tuple[str, Fact]:
    return "poddisruptionbudgets", Budget(
        metadata=metadata("web"),
        disruptions_allowed=allowed,
        current_healthy=healthy,
        desired_healthy=desired,
        expected_pods=expected,
    )


def deployed(**counts: Any) -> tuple[str, Fact]:
    return "deployments", controller(replicas=replicas(4, **counts))


@pytest.mark.parametrize(
    ("objects", "told"),
    [
        pytest.param([], [], id="a healthy workload needs nothing"),
        pytest.param([deployed(available=3)], ["risk: 1 of 4 replicas missing"], id="one replica is missing"),
        pytest.param(
            [deployed(available=0)], ["broken: no replica available, 4 wanted"], id="all replicas are missing"
        ),
        pytest.param([deployed(available=5)], [], id="more replicas than wanted are no worry"),
        pytest.param(
            [deployed(deadline_exceeded=True)], ["broken: rollout makes no progress"], id="the rollout is stuck"
        ),
        pytest.param(
            [waiting("ImagePullBackOff")], ["broken: ImagePullBackOff in app"], id="a container cannot get its image"
        ),
        pytest.param(
            [waiting("CrashLoopBackOff"), waiting("CrashLoopBackOff", "web-2")],
            ["broken: 2 × CrashLoopBackOff in app"],  # noqa: RUF001  meant
            id="alike containers are counted",
        ),
        pytest.param([waiting("ContainerCreating")], [], id="a container that starts is no worry"),
        pytest.param(
            [("pods", pod(node="", phase="Pending", unschedulable=True, statuses=(), **MINE))],
            ["risk: 1 pod finds no node"],
            id="a pod finds no node",
        ),
        pytest.param(
            [("pods", pod(**MINE)), ("nodes", node(conditions=(("Ready", "Unknown"),)))],
            ["risk: 1 pod on a node that is not ready"],
            id="a pod stands on a node that is not ready",
        ),
        pytest.param([scaled(5)], ["risk: autoscaler at its maximum of 5 replicas"], id="the autoscaler is at its end"),
        pytest.param([scaled(4)], [], id="the autoscaler can still help"),
        pytest.param([quota("17Gi", "20Gi")], [], id="a quota has room"),
        pytest.param(
            [quota("19Gi", "20Gi")],
            ["note: 95% of requests.memory used: 19 GiB of 20 GiB"],
            id="a quota is nearly full",
        ),
        pytest.param(
            [quota("20", "20", "pods")], ["risk: 100% of pods used: 20 of 20"], id="a quota is full and admits nothing"
        ),
        pytest.param([quota("0", "0", "pods")], [], id="a quota of nothing is a ban and no news"),
        pytest.param([budget(1)], [], id="a budget allows a disruption"),
        pytest.param(
            [budget(0)], ["note: no pod may be evicted: 2 healthy, 2 required"], id="a budget holds up every drain"
        ),
        pytest.param(
            [budget(0, healthy=1)],
            ["risk: no pod may be evicted: 1 healthy, 2 required"],
            id="a budget is not even met",
        ),
        pytest.param([budget(0, expected=0)], [], id="a budget that covers no pod holds up nothing"),
    ],
)
def test_who_needs_attention_and_why(objects: list[tuple[str, Fact]], told: list[str]) -> None:
    stage = scene(*objects)
    stage.findings()
    stage.wait(PATIENT)
    assert stage.findings() == told


@pytest.mark.parametrize(
    ("conditions", "told"),
    [
        pytest.param((("Ready", "True"),), [], id="a ready node needs nothing"),
        pytest.param((("Ready", "False"),), ["broken: node is not ready"], id="a node is not ready"),
        pytest.param((("Ready", "Unknown"),), ["broken: node is not ready"], id="a node does not answer"),
        pytest.param(
            (("Ready", "True"), ("DiskPressure", "True"), ("MemoryPressure", "False")),
            ["risk: DiskPressure"],
            id="a node is short of disk",
        ),
    ],
)
def test_nodes(conditions: tuple[tuple[str, str], ...], told: list[str]) -> None:
    assert scene(("nodes", node(conditions=conditions))).findings("node-1") == told


def test_missing_replicas_are_a_deploys_daily_business_for_a_moment() -> None:
    stage = scene(deployed(available=3))
    assert stage.findings() == []
    stage.wait(15)
    assert stage.findings() == ["risk: 1 of 4 replicas missing"]


def test_a_container_that_starts_for_minutes_is_worth_a_look() -> None:
    stage = scene(waiting("ContainerCreating"))
    stage.overview()
    stage.wait(300)
    assert stage.findings() == ["risk: ContainerCreating in app"]


def test_since_when_survives_a_change_of_the_phrase() -> None:
    stage = scene(waiting("ErrImagePull"))
    begun = stage.now
    stage.overview()
    stage.wait(100)
    stage.upsert("pods", waiting("ImagePullBackOff")[1])
    (finding,) = stage.subject("web").findings
    assert (finding.text, finding.since, finding.lasting) == ("ImagePullBackOff in app", begun, True)


def test_a_crash_loop_is_told_of_while_its_container_runs_for_a_moment() -> None:
    stage = scene(waiting("CrashLoopBackOff"))
    begun = stage.now
    assert stage.findings() == ["broken: CrashLoopBackOff in app"]
    stage.wait(60)
    stage.upsert("pods", pod(**MINE))
    (finding,) = stage.subject("web").findings
    assert (finding.severity, finding.lasting, finding.since) == ("risk", False, begun + 60)
    stage.wait(60)
    stage.upsert("pods", waiting("CrashLoopBackOff")[1])
    (finding,) = stage.subject("web").findings
    assert (finding.severity, finding.lasting, finding.since) == ("broken", True, begun)
    stage.upsert("pods", pod(**MINE))
    stage.overview()
    stage.wait(600)
    assert stage.findings() == []


def test_what_ended_otherwise_is_gone_at_once() -> None:
    stage = scene(waiting("ImagePullBackOff"))
    assert stage.findings()
    stage.upsert("pods", pod(**MINE))
    assert stage.findings() == []


def test_a_deleted_workload_needs_no_attention() -> None:
    stage = scene(deployed(available=0))
    stage.overview()
    stage.wait(PATIENT)
    assert stage.findings()
    stage.relist("replicasets")
    stage.delete("deployments", controller())
    assert stage.findings() == []


@pytest.mark.parametrize(
    ("own", "namespaces", "expected"),
    [
        pytest.param("checkout", "shop", "checkout", id="its own"),
        pytest.param("", "shop", "shop", id="else its namespace's"),
        pytest.param("", "", "", id="else nobody"),
    ],
)
def test_the_owner_is_named(own: str, namespaces: str, expected: str) -> None:
    fact = Quota(metadata=metadata("web", owner=own), hard=amounts(pods="1"), used=amounts(pods="1"))
    stage = Scene()
    stage.relist("namespaces", Namespace(metadata=metadata("shop", namespace="", owner=namespaces)))
    stage.relist("deployments", controller("api", owner=own, replicas=replicas(deadline_exceeded=True)))
    stage.relist("resourcequotas", fact)
    stage.start()
    assert stage.subject("web").owner == expected
    assert stage.subject("api").owner == expected


def test_failed_jobs_are_counted_as_they_fail() -> None:
    stage = scene(("jobs", job("report-1", outcome="", created=AFTER)))
    stage.overview()
    stage.upsert("jobs", job("report-1", outcome="Failed", created=AFTER))
    stage.wait(61)
    assert stage.findings("report-1") == ["risk: 1 failed job in the last hour"]
