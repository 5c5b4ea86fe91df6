"""One workload in, its lines out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom import signals
from kube_headroom.catalogue.labels import Workload
from kube_headroom.exposition.render import render
from kube_headroom.model import Pod
from kube_headroom.resources import PodResources, effective_limits, effective_requests
from kube_headroom.snapshot import Charge, ResourcesSnapshot, WorkloadSnapshot
from tests.facts import autoscaler, container, controller, cron_job, job, pod, replicas, resources, status


def snapshot(*pods: Pod, **fields: Any) -> WorkloadSnapshot:
    known: dict[str, Any] = {
        "workload": Workload("shop", "Deployment", "web"),
        "owner": "",
        "controller": None,
        "jobs": (),
        "autoscaler": None,
        "pods": pods,
        "ready_nodes": {"node-1"},
        "rollout_stuck": None,
        "counters": (),
    }
    return WorkloadSnapshot(**(known | fields))


def lines(about: WorkloadSnapshot, *prefixes: str) -> list[str]:
    """The lines of these metrics, without prefix and workload labels."""
    charges = tuple(
        Charge(effective_requests(pod.resources, minor=36), effective_limits(pod.resources, minor=36))
        for pod in about.pods
    )
    held = ResourcesSnapshot(about.workload, about.pods, charges)
    samples = (*signals.samples("workload", about), *signals.samples("resources", held))
    text = b"".join(render(samples).values()).decode()
    workload = 'namespace="shop",workload_kind="Deployment",workload="web"'
    short = [line.replace("headroom_workload_", "").replace(workload, "") for line in text.splitlines()]
    return sorted(line.replace("{,", "{").replace("{}", "") for line in short if line.startswith(prefixes))


def sized(requests: dict[str, str], limits: dict[str, str] | None = None, **more: Any) -> PodResources:
    return PodResources(containers=(container("app", requests, limits),), **more)


FULL = sized({"cpu": "100m", "memory": "64Mi"}, {"cpu": "1", "memory": "128Mi"})
BARE = sized({})
SIDECAR = PodResources(
    containers=(container("app", {"cpu": "100m"}),),
    init_containers=(container("proxy", {"cpu": "20m"}, restartable=True), container("setup", {"cpu": "2"})),
)
RESOURCES = ("cpu_", "memory_", "containers_without", "extended")


@pytest.mark.parametrize(
    ("pods", "expected"),
    [
        pytest.param(
            [pod("a", resources=FULL), pod("b", resources=FULL)],
            [
                "cpu_effective_limit_cores 2",
                "cpu_effective_request_cores 0.2",
                'cpu_limit_cores{container="app"} 2',
                'cpu_request_cores{container="app"} 0.2',
                "memory_effective_limit_bytes 268435456",
                "memory_effective_request_bytes 134217728",
                'memory_limit_bytes{container="app"} 268435456',
                'memory_request_bytes{container="app"} 134217728',
            ],
            id="replicas add up",
        ),
        pytest.param(
            [pod(resources=BARE)],
            [
                'containers_without_limit{resource="cpu"} 1',
                'containers_without_limit{resource="memory"} 1',
                'containers_without_request{resource="cpu"} 1',
                'containers_without_request{resource="memory"} 1',
                "cpu_effective_request_cores 0",
                "memory_effective_request_bytes 0",
            ],
            id="nothing requested is missing and not zero",
        ),
        pytest.param(
            [pod(resources=sized({"cpu": "0", "memory": "0"}))],
            [
                'containers_without_limit{resource="cpu"} 1',
                'containers_without_limit{resource="memory"} 1',
                "cpu_effective_request_cores 0",
                'cpu_request_cores{container="app"} 0',
                "memory_effective_request_bytes 0",
                'memory_request_bytes{container="app"} 0',
            ],
            id="a request of zero is not missing",
        ),
        pytest.param(
            [pod(phase="Succeeded", resources=FULL), pod("b", phase="Failed", resources=FULL)],
            [],
            id="terminal pods hold nothing",
        ),
        pytest.param(
            [pod(node="", phase="Pending", resources=FULL)],
            ["cpu_unscheduled_request_cores 0.1", "memory_unscheduled_request_bytes 67108864"],
            id="a pod without a node is shown apart",
        ),
        pytest.param(
            [pod(resources=SIDECAR)],
            [
                'containers_without_limit{resource="cpu"} 2',
                'containers_without_limit{resource="memory"} 2',
                'containers_without_request{resource="memory"} 2',
                "cpu_effective_request_cores 2.02",
                'cpu_request_cores{container="app"} 0.1',
                'cpu_request_cores{container="proxy"} 0.02',
                "memory_effective_request_bytes 0",
            ],
            id="a native sidecar runs, a one-shot init container only raises the peak",
        ),
        pytest.param(
            [pod("a", resources=FULL), pod("b", resources=sized({"cpu": "100m", "memory": "64Mi"}, {"memory": "1Mi"}))],
            [
                'containers_without_limit{resource="cpu"} 1',
                "cpu_effective_request_cores 0.2",
                'cpu_limit_cores{container="app"} 1',
                'cpu_request_cores{container="app"} 0.2',
                "memory_effective_limit_bytes 135266304",
                "memory_effective_request_bytes 134217728",
                'memory_limit_bytes{container="app"} 135266304',
                'memory_request_bytes{container="app"} 134217728',
            ],
            id="a sum of limits is no bound while one container is unlimited",
        ),
        pytest.param(
            [
                pod(
                    resources=sized(
                        {}, pod_requests=resources(cpu="2", memory="1Gi"), pod_limits=resources(cpu="3", memory="2Gi")
                    )
                )
            ],
            [
                "cpu_effective_limit_cores 3",
                "cpu_effective_request_cores 2",
                "memory_effective_limit_bytes 2147483648",
                "memory_effective_request_bytes 1073741824",
            ],
            id="resources of the pod itself cover its containers",
        ),
        pytest.param(
            [
                pod(
                    resources=sized(
                        {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": "2"},
                        {"cpu": "1", "memory": "1Gi"},
                        overhead=resources(cpu="250m"),
                    )
                )
            ],
            [
                "cpu_effective_limit_cores 1.25",
                "cpu_effective_request_cores 1.25",
                'cpu_limit_cores{container="app"} 1',
                'cpu_request_cores{container="app"} 1',
                'extended_resource_requests{resource="nvidia.com/gpu"} 2',
                "memory_effective_limit_bytes 1073741824",
                "memory_effective_request_bytes 1073741824",
                'memory_limit_bytes{container="app"} 1073741824',
                'memory_request_bytes{container="app"} 1073741824',
            ],
            id="overhead is charged and other resources are named",
        ),
    ],
)
def test_resources(pods: list[Pod], expected: list[str]) -> None:
    assert lines(snapshot(*pods), *RESOURCES) == expected


REPLICAS = ("replicas", "rollout", "pods", "containers_waiting", "info")


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        pytest.param(
            snapshot(
                pod(),
                controller=controller(replicas=replicas(3, ready=1, available=0, updated=2)),
                rollout_stuck=True,
                owner="payments",
            ),
            [
                'info{owner="payments"} 1',
                "pods_on_unready_nodes 0",
                "pods_unschedulable 0",
                'pods{phase="Running"} 1',
                "replicas_available 0",
                "replicas_desired 3",
                "replicas_ready 1",
                "replicas_updated 2",
                "rollout_stuck 1",
            ],
            id="counts come from the controller",
        ),
        pytest.param(
            snapshot(
                pod("a"),
                pod("b", ready=False),
                pod("c", node="gone"),
                pod("d", node="", phase="Pending", ready=False, unschedulable=True),
            ),
            [
                'info{owner=""} 1',
                "pods_on_unready_nodes 1",
                "pods_unschedulable 1",
                'pods{phase="Pending"} 1',
                'pods{phase="Running"} 3',
                "replicas_ready 2",
            ],
            id="of a foreign kind only the pods are known",
        ),
        pytest.param(
            snapshot(
                pod("a", statuses=(status(waiting_reason="CrashLoopBackOff"),)),
                pod(
                    "b",
                    statuses=(
                        status(waiting_reason="CrashLoopBackOff"),
                        status("proxy", waiting_reason="HexOfTheWeek"),
                    ),
                ),
                pod("c", phase="Failed", statuses=(status(waiting_reason="ImagePullBackOff"),)),
                ready_nodes=set(),
            ),
            [
                'containers_waiting{container="app",reason="CrashLoopBackOff"} 2',
                'containers_waiting{container="proxy",reason="other"} 1',
                'info{owner=""} 1',
                "pods_on_unready_nodes 2",
                "pods_unschedulable 0",
                'pods{phase="Failed"} 1',
                'pods{phase="Running"} 2',
                "replicas_ready 3",
            ],
            id="waiting containers are counted by a bounded set of reasons",
        ),
        pytest.param(
            snapshot(controller=controller(replicas=replicas(0)), rollout_stuck=False),
            [
                'info{owner=""} 1',
                "pods_on_unready_nodes 0",
                "pods_unschedulable 0",
                "replicas_available 0",
                "replicas_desired 0",
                "replicas_ready 0",
                "replicas_updated 0",
                "rollout_stuck 0",
            ],
            id="a workload scaled to nothing is still there",
        ),
    ],
)
def test_replicas(about: WorkloadSnapshot, expected: list[str]) -> None:
    assert lines(about, *REPLICAS) == expected


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        pytest.param(
            snapshot(
                controller=cron_job(last_schedule=120.0, last_success=60.5),
                jobs=(job("a", "web"), job("b", "web", outcome="Failed"), job("c", "web", suspended=True)),
            ),
            [
                "cronjob_last_schedule_timestamp_seconds 120",
                "cronjob_last_success_timestamp_seconds 60.5",
                "cronjob_suspended 0",
                "jobs_active 1",
            ],
            id="a CronJob says when it last ran and succeeded",
        ),
        pytest.param(
            snapshot(controller=cron_job(suspended=True)),
            ["cronjob_suspended 1", "jobs_active 0"],
            id="a CronJob that never ran has no times",
        ),
        pytest.param(snapshot(jobs=(job(),)), ["jobs_active 1"], id="a Job is active until it ends"),
        pytest.param(
            snapshot(pod(), autoscaler=autoscaler(limited=True, desired=5)),
            [
                "autoscaler_current_replicas 2",
                "autoscaler_desired_replicas 5",
                "autoscaler_limited 1",
                "autoscaler_max_replicas 5",
                "autoscaler_min_replicas 1",
            ],
            id="an autoscaler at its maximum is limited",
        ),
    ],
)
def test_jobs_and_autoscalers(about: WorkloadSnapshot, expected: list[str]) -> None:
    assert lines(about, "cronjob", "jobs", "autoscaler") == expected


SOME_PODS = [
    pod("a", resources=FULL),
    pod("b", resources=SIDECAR),
    pod("c", node=""),
    pod("d", phase="Failed"),
    pod("e", ready=False),
]


@given(st.permutations(SOME_PODS))
def test_the_order_of_pods_means_nothing(pods: list[Pod]) -> None:
    assert lines(snapshot(*pods), "") == lines(snapshot(*SOME_PODS), "")
