"""What becomes of pods that are bound to a node: they start, end, crash, are killed and deleted."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import pytest

from tests.simulator.kubelet.node_stage import START, Stage, container, http

LIMITED = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}}


def test_a_pod_becomes_running_and_ready_and_says_all_that_1_36_says() -> None:
    stage = Stage()
    image = stage.image("registry.example/shop/web:1")
    pod = stage.pod(container(image, resources=LIMITED, readinessProbe=http(periodSeconds=5)))
    stage.until(stage.ready, within=30)
    status = stage.status()
    (app,) = status["containerStatuses"]
    assert status["phase"] == "Running"
    assert status["qosClass"] == "Burstable"
    assert (status["hostIP"], status["hostIPs"]) == ("10.0.0.7", [{"ip": "10.0.0.7"}])
    assert (status["podIP"], status["podIPs"]) == ("10.244.7.2", [{"ip": "10.244.7.2"}])
    assert status["observedGeneration"] == pod["metadata"]["generation"] == 1
    assert status["resources"] == {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}}
    assert status["allocatedResources"] == {"cpu": "100m", "memory": "64Mi"}
    assert app["containerID"].startswith("containerd://")
    assert len(app["containerID"]) == len("containerd://") + 64
    assert app["imageID"].startswith("registry.example/shop/web@sha256:")
    assert (app["ready"], app["started"], app["restartCount"], app["lastState"]) == (True, True, 0, {})
    assert (app["resources"], app["allocatedResources"]) == (LIMITED, LIMITED["requests"])
    assert [each["type"] for each in status["conditions"]] == [
        "PodReadyToStartContainers",
        "Initialized",
        "Ready",
        "ContainersReady",
        "PodScheduled",
    ]
    assert all(each["status"] == "True" and each["observedGeneration"] == 1 for each in status["conditions"])


def test_the_events_of_a_start_come_in_order_with_the_kubelet_s_messages() -> None:
    stage = Stage()
    stage.pod(container(stage.image("web:1")))
    stage.until(stage.runs, within=30)
    (pulling, pulled, created, started) = stage.events()
    assert pulling == ("Pulling", 'Pulling image "web:1"', 1)
    assert pulled[1].startswith('Successfully pulled image "web:1" in ')
    assert pulled[1].endswith(" bytes.")
    assert (created, started) == (("Created", "Container created", 1), ("Started", "Container started", 1))


def test_before_its_sandbox_a_pod_waits_as_containercreating() -> None:
    stage = Stage()
    stage.pod(container(stage.image("web:1")))
    stage.advance(1)
    assert stage.state() == ("waiting", "ContainerCreating")
    assert stage.status()["phase"] == "Pending"
    assert stage.condition("PodReadyToStartContainers") == ("False", "")
    assert stage.condition("Ready") == ("False", "ContainersNotReady")
    assert "podIP" not in stage.status()


def test_a_status_is_written_only_when_it_changes() -> None:
    stage = Stage()
    stage.pod(container(stage.image("web:1"), livenessProbe=http(periodSeconds=1)))
    stage.until(stage.ready)
    revision = (stage.found() or {})["metadata"]["resourceVersion"]
    stage.advance(600)
    assert (stage.found() or {})["metadata"]["resourceVersion"] == revision


def test_what_others_wrote_in_a_status_stays() -> None:
    stage = Stage()
    pod = stage.pod(container(stage.image("web:1")), readinessGates=[{"conditionType": "example.com/gate"}])
    stage.until(stage.runs)
    assert stage.condition("Ready") == ("False", "ReadinessGatesNotReady")
    assert stage.condition("ContainersReady") == ("True", "")
    status = stage.status()
    gate = {"type": "example.com/gate", "status": "True"}
    stage.store.change("pods", pod, status={**status, "conditions": [*status["conditions"], gate]})
    stage.advance(2)
    assert stage.condition("Ready") == ("True", "")
    assert stage.condition("example.com/gate") == ("True", "")


@pytest.mark.parametrize(
    ("resources", "quality"),
    [
        pytest.param({}, "BestEffort", id="without requests and limits a pod gets the best effort"),
        pytest.param({"requests": {"cpu": "1"}}, "Burstable", id="with a request it is burstable"),
        pytest.param({"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed", id="limits alone are requests too"),
        pytest.param(
            {"requests": {"cpu": "0.5", "memory": "1Gi"}, "limits": {"cpu": "500m", "memory": "1024Mi"}},
            "Guaranteed",
            id="equal amounts may be written differently",
        ),
        pytest.param({"limits": {"cpu": "1"}}, "Burstable", id="one limited resource guarantees nothing"),
    ],
)
def test_quality_of_service(resources: dict[str, dict[str, str]], quality: str) -> None:
    stage = Stage()
    stage.pod(container(stage.image("web:1"), resources=resources))
    stage.until(stage.runs)
    assert stage.status()["qosClass"] == quality
    (running,) = stage.machine.pods.values()
    assert running.quality == quality


@pytest.mark.parametrize(
    ("policy", "exit_code", "phase", "reason"),
    [
        pytest.param("Never", 0, "Succeeded", "PodCompleted", id="a Job's pod that ends well has succeeded"),
        pytest.param("Never", 3, "Failed", "PodFailed", id="one that ends badly and is not restarted has failed"),
        pytest.param("OnFailure", 0, "Succeeded", "PodCompleted", id="restarting on failure minds no success"),
        pytest.param("OnFailure", 3, "Running", "ContainersNotReady", id="restarting on failure minds failure"),
        pytest.param("Always", 0, "Running", "ContainersNotReady", id="always means also after success"),
    ],
)
def test_how_a_program_ends_and_the_restart_policy_decide(policy: str, exit_code: int, phase: str, reason: str) -> None:
    stage = Stage()
    stage.pod(container(stage.image("job:1", runs_seconds=20.0, exit_code=exit_code)), restartPolicy=policy)
    stage.until(stage.runs)
    stage.until(lambda: not stage.runs() and stage.status()["phase"] == phase)
    assert stage.status()["phase"] == phase
    assert stage.condition("Ready") == ("False", reason)
    if phase == "Running":
        assert stage.container()["restartCount"] == 0
        return
    ended = stage.container()["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (exit_code, "Error" if exit_code else "Completed")
    assert ended["containerID"] == stage.container()["containerID"]
    assert stage.machine.pods == {}
    stage.advance(3600)
    assert stage.status()["phase"] == phase


def test_a_completed_pod_is_initialized_for_it_completed_and_has_no_sandbox() -> None:
    stage = Stage()
    stage.pod(container(stage.image("job:1", runs_seconds=2.0)), restartPolicy="Never")
    stage.until(lambda: stage.status()["phase"] == "Succeeded")
    assert stage.condition("Initialized") == ("True", "PodCompleted")
    assert stage.condition("ContainersReady") == ("False", "PodCompleted")
    assert stage.condition("PodReadyToStartContainers") == ("False", "")


def test_a_crash_loop_waits_10_20_40_80_160_and_300_seconds_between_end_and_start() -> None:
    stage = Stage()
    stage.pod(container(stage.image("crash:1", runs_seconds=1.0, exit_code=1)))
    starts = stage.starts(seconds=1600)
    pauses = [after - before - 1.0 for before, after in pairwise(starts)]
    # The first restart comes at once; the kubelet looks again up to half the wait later.
    assert len(pauses) >= 8
    assert pauses[0] <= 1.0
    waited = zip((10, 20, 40, 80, 160, 300, 300), pauses[1:], strict=False)
    assert all(delay <= pause <= delay + 30.0 + 1.0 for delay, pause in waited), pauses


def test_a_crash_loop_says_so_in_state_last_state_and_events() -> None:
    stage = Stage()
    pod = stage.pod(container(stage.image("crash:1", runs_seconds=1.0, exit_code=2)))
    stage.until(lambda: stage.state() == ("waiting", "CrashLoopBackOff"))
    described = f"web_shop({pod['metadata']['uid']})"
    app = stage.container()
    assert app["state"]["waiting"]["message"] == f"back-off 10s restarting failed container=app pod={described}"
    assert (app["restartCount"], app["ready"], app["started"]) == (1, False, False)
    ended = app["lastState"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (2, "Error")
    assert ended["containerID"] == app["containerID"]
    assert stage.status()["phase"] == "Running"
    (back_off,) = stage.events("BackOff")
    assert back_off[1] == f"Back-off restarting failed container app in pod {described}"


def test_ten_minutes_of_running_end_a_crash_loop() -> None:
    stage = Stage()
    stage.image("crash:1", runs_seconds=1.0, exit_code=1)
    stage.pod(container("crash:1"))
    stage.until(lambda: stage.container().get("restartCount") == 4)
    cure = stage.world.registry.alter("crash", runs_seconds=None)
    stage.advance(700)
    assert stage.runs()
    stage.world.registry.restore("crash", cure)
    stage.until(lambda: "10s restarting" in str(stage.container()["state"]))


def test_an_oom_kill_is_told_as_such_and_leads_into_the_same_back_off() -> None:
    stage = Stage()
    stage.pod(container(stage.image("leak:1")))
    stage.advance(1)
    stage.kernels[0].kills = lambda _name, age: age >= 5.0
    stage.until(lambda: stage.container().get("lastState"))
    ended = stage.container()["lastState"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (137, "OOMKilled")
    stage.until(lambda: stage.state() == ("waiting", "CrashLoopBackOff"))
    assert stage.container()["restartCount"] == 1


def test_a_failing_liveness_probe_kills_and_restarts_until_the_back_off_bites() -> None:
    stage = Stage()
    stage.image("web:1")
    probe = http("/live", periodSeconds=5, failureThreshold=3)
    pod = stage.pod(container("web:1", livenessProbe=probe))
    stage.until(stage.runs)
    stage.world.registry.alter("web", healthy=False)
    stage.until(lambda: stage.container()["restartCount"] == 1)
    assert stage.events("Unhealthy") == [
        ("Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 503", 3)
    ]
    assert stage.events("Killing") == [("Killing", "Container app failed liveness probe, will be restarted", 1)]
    ended = stage.container()["lastState"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (143, "Error")
    uid = pod["metadata"]["uid"]
    assert stage.machine.probes[uid, "app", "Liveness", "failed"] == 3
    stage.until(lambda: stage.state() == ("waiting", "CrashLoopBackOff"), within=3600)
    assert stage.container()["restartCount"] >= 3


def test_a_program_that_hangs_is_killed_at_the_end_of_its_grace_period() -> None:
    stage = Stage()
    stage.image("web:1")
    probe = http("/live", periodSeconds=5, failureThreshold=1, terminationGracePeriodSeconds=12)
    stage.pod(container("web:1", livenessProbe=probe))
    stage.until(stage.runs)
    stage.world.registry.alter("web", hangs_after=0.0)
    killing = stage.until(lambda: stage.events("Killing"))
    restarted = stage.until(lambda: stage.container()["restartCount"] == 1)
    assert 12 <= restarted - killing <= 13
    ended = stage.container()["lastState"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (137, "Error")
    message = stage.events("Unhealthy")[0][1]
    target = f'Get "http://{stage.status()["podIP"]}:8080/live"'
    assert (
        message
        == f"Liveness probe failed: {target}: context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    )


def test_init_containers_run_one_after_the_other_before_the_rest() -> None:
    stage = Stage()
    inits = [container(stage.image(f"init-{each}:1", runs_seconds=5.0), name=f"init-{each}") for each in (1, 2)]
    stage.pod(container(stage.image("web:1")), initContainers=inits)
    stage.until(lambda: stage.runs("init-1"))
    assert stage.state() == ("waiting", "PodInitializing")
    assert stage.state("init-2") == ("waiting", "PodInitializing")
    assert stage.condition("Initialized") == ("False", "ContainersNotInitialized")
    stage.until(lambda: stage.runs("init-2"))
    assert stage.state("init-1") == ("terminated", "Completed")
    assert stage.container("init-1")["ready"]
    assert stage.status()["phase"] == "Pending"
    stage.until(stage.runs)
    assert stage.condition("Initialized") == ("True", "")
    assert [each["name"] for each in stage.status()["initContainerStatuses"]] == ["init-1", "init-2"]


@pytest.mark.parametrize(
    ("policy", "state", "phase"),
    [
        pytest.param("Always", ("waiting", "CrashLoopBackOff"), "Pending", id="it is tried again"),
        pytest.param("Never", ("terminated", "Error"), "Failed", id="without restarts the pod has failed"),
    ],
)
def test_an_init_container_that_fails(policy: str, state: tuple[str, str], phase: str) -> None:
    stage = Stage()
    init = container(stage.image("init:1", runs_seconds=1.0, exit_code=1), name="init")
    stage.pod(container(stage.image("web:1")), initContainers=[init], restartPolicy=policy)
    stage.until(lambda: stage.state("init") == state and stage.status()["phase"] == phase)
    assert stage.state()[0] != "running"


def test_a_sidecar_s_startup_probe_gates_what_comes_after_it() -> None:
    stage = Stage()
    sidecar = container(
        stage.image("proxy:1", start_seconds=20.0),
        name="proxy",
        restartPolicy="Always",
        startupProbe=http(periodSeconds=1, failureThreshold=60),
    )
    stage.pod(container(stage.image("web:1")), initContainers=[sidecar])
    stage.until(lambda: stage.runs("proxy"))
    stage.advance(15)
    assert not stage.container("proxy")["started"]
    assert (stage.state(), stage.status()["phase"]) == (("waiting", "PodInitializing"), "Pending")
    stage.until(stage.runs, within=15)
    assert stage.container("proxy")["started"]
    assert stage.runs("proxy")


def test_sidecars_run_for_the_pod_s_life_and_end_in_reverse_when_its_containers_are_done() -> None:
    stage = Stage()
    sidecars = [container(stage.image(f"{each}:1"), name=each, restartPolicy="Always") for each in ("one", "two")]
    job = container(stage.image("job:1", runs_seconds=30.0))
    stage.pod(job, initContainers=sidecars, restartPolicy="Never")
    stage.until(stage.runs)
    assert stage.runs("one")
    assert stage.runs("two")
    ends: dict[str, float] = {}

    def succeeded() -> bool:
        for name in ("app", "one", "two"):
            if stage.state(name)[0] == "terminated":
                ends.setdefault(name, stage.world.now)
        return bool(stage.status()["phase"] == "Succeeded")

    stage.until(succeeded)
    assert [message for _, message, _ in stage.events("Killing")] == [
        "Stopping container two",
        "Stopping container one",
    ]
    finished = {name: stage.container(name)["state"]["terminated"]["finishedAt"] for name in ("app", "one", "two")}
    assert finished["app"] < finished["two"] <= finished["one"]


def test_a_sidecar_that_dies_is_restarted_while_the_pod_runs() -> None:
    stage = Stage()
    sidecar = container(stage.image("proxy:1", runs_seconds=10.0), name="proxy", restartPolicy="Always")
    stage.pod(container(stage.image("web:1")), initContainers=[sidecar], restartPolicy="Never")
    stage.until(stage.runs)
    stage.until(lambda: stage.container("proxy")["restartCount"] >= 2)
    assert stage.status()["phase"] == "Running"
    assert stage.container()["restartCount"] == 0


def test_a_deleted_pod_ends_gracefully_says_how_and_is_removed() -> None:
    stage = Stage()
    pod = stage.pod(container(stage.image("web:1"), livenessProbe=http(), readinessProbe=http()))
    stage.until(stage.ready)
    stage.store.delete("pods", pod, grace=30)
    seen = []
    stage.store.listeners.append(lambda change: seen.append(change) if change.resource == "pods" else None)
    stage.until(lambda: stage.found() is None, within=10)
    assert stage.events("Killing") == [("Killing", "Stopping container app", 1)]
    last = seen[-2].object["status"]
    assert last["phase"] == "Succeeded"
    assert last["containerStatuses"][0]["state"]["terminated"]["reason"] == "Completed"
    assert (stage.machine.pods, stage.machine.probes) == ({}, {})


def test_a_deleted_pod_that_hangs_takes_its_whole_grace_period() -> None:
    stage = Stage()
    stage.image("web:1")
    pod = stage.pod(container("web:1"))
    stage.until(stage.runs)
    stage.world.registry.alter("web", hangs_after=0.0)
    stage.advance(1)
    begun = stage.world.now
    stage.store.delete("pods", pod, grace=40)
    assert 40 <= stage.until(lambda: stage.found() is None) - begun <= 43


def test_readiness_is_probed_to_the_end_but_liveness_is_not() -> None:
    stage = Stage()
    stage.image("web:1")
    probe = http(periodSeconds=1)
    pod = stage.pod(container("web:1", livenessProbe=probe, readinessProbe=probe))
    uid = pod["metadata"]["uid"]
    stage.until(stage.ready)
    stage.world.registry.alter("web", hangs_after=0.0)
    stage.advance(1)
    stage.store.delete("pods", pod, grace=20)
    stage.advance(5)
    assert {row[2] for row in stage.machine.probes} == {"Readiness"}
    assert stage.machine.probes[uid, "app", "Readiness", "failed"] >= 4
    stage.until(lambda: not stage.ready(), within=5)


def test_a_pod_deleted_while_its_image_cannot_be_pulled_is_removed_too() -> None:
    stage = Stage()
    stage.world.registry.withhold("gone:1")
    pod = stage.pod(container("gone:1"))
    stage.until(lambda: stage.state()[1] == "ImagePullBackOff")
    seen = []
    stage.store.listeners.append(lambda change: seen.append(change) if change.resource == "pods" else None)
    stage.store.delete("pods", pod, grace=30)
    stage.until(lambda: stage.found() is None, within=10)
    ended = seen[-2].object["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (ended["reason"], ended["exitCode"]) == ("ContainerStatusUnknown", 137)
    assert seen[-2].object["status"]["phase"] == "Failed"


def test_a_pod_removed_by_force_ends_on_its_node_without_a_word() -> None:
    stage = Stage()
    pod = stage.pod(container(stage.image("web:1")))
    stage.until(stage.runs)
    stage.store.delete("pods", pod)
    stage.until(lambda: not stage.machine.pods, within=5)
    assert stage.found() is None


def test_a_pod_made_again_under_its_name_is_another_pod() -> None:
    stage = Stage()
    image = stage.image("web:1")
    pod = stage.pod(container(image))
    stage.until(stage.runs)
    stage.store.delete("pods", pod)
    again = stage.pod(container(image))
    stage.until(stage.ready)
    stage.advance(10)
    assert list(stage.machine.pods) == [again["metadata"]["uid"]]
    assert stage.status()["podIP"] == "10.244.7.3"


def test_a_completed_pod_is_removed_when_it_is_deleted() -> None:
    stage = Stage()
    pod = stage.pod(container(stage.image("job:1", runs_seconds=1.0)), restartPolicy="Never")
    stage.until(lambda: stage.status()["phase"] == "Succeeded")
    stage.advance(60)
    stage.store.delete("pods", pod, grace=30)
    stage.advance(1)
    assert stage.found() is None


def test_a_static_pod_is_named_by_its_hash_on_the_node_and_outlives_its_mirror() -> None:
    stage = Stage()
    annotations = {"kubernetes.io/config.mirror": "abc", "kubernetes.io/config.hash": "abc"}
    pod = stage.pod(container(stage.image("etcd:1")), annotations=annotations)
    stage.until(stage.runs)
    first = stage.container()["containerID"]
    assert list(stage.machine.pods) == ["abc"]
    stage.store.delete("pods", pod, grace=30)
    stage.advance(2)
    again = stage.found()
    assert again is not None
    assert again["metadata"]["uid"] != pod["metadata"]["uid"]
    assert stage.container()["containerID"] == first
    assert stage.ready()


def test_nothing_is_left_of_pods_that_come_and_go() -> None:
    stage = Stage()
    image = stage.image("job:1", runs_seconds=1.0)
    for each in range(40):
        pod = stage.pod(container(image, readinessProbe=http()), name=f"job-{each}", restartPolicy="Never")
        stage.until(partial(stage.succeeded, f"job-{each}"))
        stage.store.delete("pods", pod, grace=30)
        stage.advance(30)
    kubelet = stage.kubelets._kubelets["n1"]
    assert (stage.machine.pods, stage.machine.probes, kubelet.workers) == ({}, {}, {})
    assert len(kubelet._node._due) < 20
    assert stage.store.count("pods") == 0


def test_the_same_seed_gives_the_same_objects() -> None:
    def play() -> list[object]:
        stage = Stage(seed=7)
        stage.pod(container(stage.image("crash:1", runs_seconds=3.0, exit_code=1), livenessProbe=http()))
        stage.pod(container(stage.image("web:1", start_seconds=2.0), readinessProbe=http()), name="other")
        stage.advance(900)
        assert stage.world.now == START + 900
        return [*stage.store.all("pods"), *stage.store.all("events"), *stage.store.all("nodes")]

    assert play() == play()
