"""Pods that are ended for the node's sake, or for having written too much; the pressure that the node tells of."""

from __future__ import annotations

import pytest

from kube_headroom.simulator.kubelet.runtime import Cgroup
from kube_headroom.simulator.store import Object
from tests.simulator.kubelet.node_stage import GiB, Stage, container

MiB = 2**20


def test_a_node_short_of_memory_ends_the_pod_that_exceeds_its_request_the_most() -> None:
    stage = Stage()
    for name, request, used in (("modest", "1Gi", 900), ("greedy", "1Gi", 4096), ("small", "64Mi", 256)):
        _pod(stage, name, request)
        _uses(stage, name, used * MiB)
    _available(stage, 50 * MiB)
    stage.until(lambda: stage.status("greedy")["phase"] == "Failed", within=20)
    status = stage.status("greedy")
    assert status["reason"] == "Evicted"
    assert status["message"] == (
        "The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. "
        "Container app was using 4Gi, request is 1Gi, has larger consumption of memory. "
    )
    disruption = next(each for each in status["conditions"] if each["type"] == "DisruptionTarget")
    assert (disruption["status"], disruption["reason"]) == ("True", "TerminationByKubelet")
    assert disruption["message"] == status["message"]
    assert stage.condition("Ready", "greedy") == ("False", "PodFailed")
    assert stage.events("Evicted", "greedy") == [("Evicted", status["message"], 1)]
    assert stage.events("EvictionThresholdMet", "n1")[0][1] == "Attempting to reclaim memory"
    assert stage.status("modest")["phase"] == stage.status("small")["phase"] == "Running"


@pytest.mark.parametrize(
    ("first", "second", "evicted"),
    [
        pytest.param(
            {"request": "64Mi", "priority": 1000}, {"request": "2Gi"}, "first", id="exceeding a request comes first"
        ),
        pytest.param(
            {"request": "64Mi", "priority": 1000},
            {"request": "64Mi"},
            "second",
            id="then the lower priority",
        ),
        pytest.param(
            {"request": "64Mi"}, {"request": "64Mi", "used": 1500}, "second", id="then what exceeds it by more"
        ),
        pytest.param(
            {"request": "64Mi", "used": 3000, "priority": 2_000_001_000},
            {"request": "64Mi"},
            "second",
            id="a critical pod is never evicted",
        ),
    ],
)
def test_who_goes_first(first: dict[str, object], second: dict[str, object], evicted: str) -> None:
    stage = Stage()
    for name, wish in (("first", first), ("second", second)):
        _pod(stage, name, str(wish["request"]), **({"priority": wish["priority"]} if "priority" in wish else {}))
        _uses(stage, name, int(str(wish.get("used", 1000))) * MiB)
    _available(stage, 50 * MiB)
    stage.until(lambda: "Failed" in (stage.status("first")["phase"], stage.status("second")["phase"]), within=20)
    assert stage.status(evicted)["phase"] == "Failed"


def test_one_pod_is_ended_at_a_time_while_the_shortage_lasts() -> None:
    stage = Stage()
    for each in range(3):
        _pod(stage, f"pod-{each}", "1Mi")
        _uses(stage, f"pod-{each}", 100 * MiB)
    _available(stage, 50 * MiB)
    ends: dict[str, float] = {}
    for _ in range(40):
        stage.advance(1)
        for each in range(3):
            if stage.status(f"pod-{each}")["phase"] == "Failed":
                ends.setdefault(f"pod-{each}", stage.world.now)
    first, second, third = sorted(ends.values())
    assert second - first >= 8
    assert third - second >= 8


def test_the_pressure_is_told_until_five_minutes_after_it_ended() -> None:
    stage = Stage()
    stage.advance(5)
    assert _node(stage)["MemoryPressure"] == ("False", "KubeletHasSufficientMemory")
    _available(stage, 50 * MiB)
    stage.until(lambda: _node(stage)["MemoryPressure"] == ("True", "KubeletHasInsufficientMemory"), within=11)
    _available(stage, 4 * GiB)
    relieved = stage.world.now
    stage.until(lambda: _node(stage)["MemoryPressure"] == ("False", "KubeletHasSufficientMemory"), within=320)
    assert 290 <= stage.world.now - relieved <= 310
    assert _node(stage)["DiskPressure"] == ("False", "KubeletHasNoDiskPressure")
    assert stage.events("NodeHasInsufficientMemory", "n1")[0][1] == "Node n1 status is now: NodeHasInsufficientMemory"


def test_a_full_disk_ends_who_wrote_the_most_and_frees_its_room() -> None:
    stage = Stage()
    for name in ("writer", "reader"):
        _pod(stage, name, "64Mi")
    stage.machine.disk_used = 85 * GiB
    _writes(stage, "writer", 8 * GiB)
    stage.until(lambda: stage.status("writer")["phase"] == "Failed", within=20)
    threshold = "Threshold quantity: 10Gi, available: 7Gi. "
    assert stage.status("writer")["message"] == f"The node was low on resource: ephemeral-storage. {threshold}"
    assert _node(stage)["DiskPressure"] == ("True", "KubeletHasDiskPressure")
    assert stage.machine.disk_used == 85 * GiB
    stage.advance(60)
    assert stage.status("reader")["phase"] == "Running"


@pytest.mark.parametrize(
    ("volumes", "limits", "message"),
    [
        pytest.param(
            [{"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}}],
            {},
            'Usage of EmptyDir volume "scratch" exceeds the limit "1Gi". ',
            id="an emptyDir has its own limit",
        ),
        pytest.param(
            [],
            {"ephemeral-storage": "1Gi"},
            "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ",
            id="the containers' limits count together",
        ),
    ],
)
def test_a_pod_that_writes_too_much_is_evicted_without_any_pressure(
    volumes: list[Object], limits: dict[str, str], message: str
) -> None:
    stage = Stage()
    stage.pod(container(stage.image("web:1"), resources={"limits": limits}), volumes=volumes)
    stage.until(stage.runs)
    _writes(stage, "web", GiB)
    stage.advance(20)
    assert stage.status()["phase"] == "Running"
    _writes(stage, "web", 1)
    stage.until(lambda: stage.status()["phase"] == "Failed", within=20)
    status = stage.status()
    assert (status["reason"], status["message"]) == ("Evicted", message)
    assert not any(each["type"] == "DisruptionTarget" for each in status["conditions"])
    assert _node(stage)["DiskPressure"][0] == "False"


def _pod(stage: Stage, name: str, request: str, **spec: object) -> None:
    stage.pod(container(stage.image("web:1"), resources={"requests": {"memory": request}}), name=name, **spec)
    stage.until(lambda: stage.runs(pod=name))


def _running(stage: Stage, name: str) -> str:
    pod = stage.found(name)
    assert pod is not None
    return str(pod["metadata"]["uid"])


def _uses(stage: Stage, name: str, amount: int) -> None:
    running = stage.machine.pods[_running(stage, name)]
    running.cgroup.working_set = running.containers["app"].cgroup.working_set = amount


def _writes(stage: Stage, name: str, amount: int) -> None:
    stage.machine.pods[_running(stage, name)].disk_bytes += amount
    stage.machine.disk_used += amount


def _available(stage: Stage, amount: int) -> None:
    used = float(stage.machine.memory_bytes - amount)
    stage.machine.cgroups["/"] = Cgroup(path="/", created=0.0, working_set=used)


def _node(stage: Stage) -> dict[str, tuple[str, str]]:
    node = stage.store.get("nodes", "", "n1")
    assert node is not None
    return {each["type"]: (each["status"], each["reason"]) for each in node["status"]["conditions"]}
