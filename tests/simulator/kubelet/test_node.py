"""A node's heartbeat, and what a lost network, a reboot and machines that come and go do to its pods."""

from __future__ import annotations

from itertools import pairwise

from kube_headroom.simulator.kubelet.runtime import Machine
from kube_headroom.simulator.store import Object, moment
from tests.simulator.kubelet.node_stage import START, GiB, Stage, container, http


def test_a_node_renews_its_lease_every_ten_seconds() -> None:
    stage = Stage()
    renewals: list[float] = []
    lease: Object = {}
    for _ in range(61):
        stage.advance(1)
        lease = stage.store.get("leases", "kube-node-lease", "n1") or {}
        renewed = moment(lease["spec"]["renewTime"])
        if renewed not in renewals:
            renewals.append(renewed)
    assert all(after - before == 10 for before, after in pairwise(renewals[1:]))
    assert len(renewals) >= 6
    assert lease["spec"]["holderIdentity"] == "n1"
    assert lease["spec"]["renewTime"].endswith(".000000Z")


def test_a_node_reports_at_once_and_then_every_five_minutes_unless_something_changes() -> None:
    stage = Stage()
    stage.advance(1)
    first = _conditions(stage)
    assert {kind: (each["status"], each["reason"]) for kind, each in first.items()} == {
        "MemoryPressure": ("False", "KubeletHasSufficientMemory"),
        "DiskPressure": ("False", "KubeletHasNoDiskPressure"),
        "PIDPressure": ("False", "KubeletHasSufficientPID"),
        "Ready": ("True", "KubeletReady"),
    }
    beats = set()
    for _ in range(900):
        stage.advance(1)
        beats.add(_conditions(stage)["Ready"]["lastHeartbeatTime"])
    assert len(beats) in (3, 4)
    assert _conditions(stage)["Ready"]["lastTransitionTime"] == first["Ready"]["lastTransitionTime"]


def test_what_others_know_of_a_node_stays() -> None:
    stage = Stage()
    node = stage.store.get("nodes", "", "n1")
    assert node is not None
    custom = {"type": "KernelDeadlock", "status": "False"}
    stage.store.change("nodes", node, status={**node["status"], "conditions": [custom], "capacity": {"cpu": "4"}})
    stage.advance(2)
    assert _conditions(stage)["KernelDeadlock"] == custom
    assert (stage.store.get("nodes", "", "n1") or {})["status"]["capacity"] == {"cpu": "4"}


def test_without_the_network_containers_run_on_and_nobody_hears_of_them() -> None:
    stage = Stage()
    stage.image("web:1")
    stage.pod(container("web:1", readinessProbe=http(periodSeconds=1)))
    stage.until(stage.ready)
    stage.advance(20)
    before, revision = stage.container(), stage.store.revision
    stage.machine.up = False
    stage.world.registry.alter("web", ready=False)
    stage.advance(120)
    assert stage.store.revision == revision
    assert stage.ready()
    stage.machine.up = True
    stage.advance(1)
    assert not stage.ready()
    assert (stage.container()["containerID"], stage.container()["restartCount"]) == (before["containerID"], 0)


def test_without_the_network_the_lease_grows_old() -> None:
    stage = Stage()
    stage.advance(20)
    stage.machine.up = False
    lease = stage.store.get("leases", "kube-node-lease", "n1")
    stage.advance(100)
    assert stage.store.get("leases", "kube-node-lease", "n1") == lease
    stage.machine.up = True
    stage.advance(1)
    renewed = stage.store.get("leases", "kube-node-lease", "n1")
    assert renewed is not None
    assert moment(renewed["spec"]["renewTime"]) == stage.world.now


def test_pods_deleted_or_bound_meanwhile_are_seen_to_on_return() -> None:
    stage = Stage()
    image = stage.image("web:1")
    deleted = stage.pod(container(image), name="deleted")
    forced = stage.pod(container(image), name="forced")
    stage.until(lambda: stage.runs(pod="deleted") and stage.runs(pod="forced"))
    stage.machine.up = False
    stage.store.delete("pods", deleted, grace=30)
    stage.store.delete("pods", forced)
    again = stage.pod(container(image), name="forced")
    stage.advance(300)
    assert stage.found("deleted") is not None
    assert len(stage.machine.pods) == 2
    stage.machine.up = True
    stage.until(lambda: stage.found("deleted") is None and stage.ready("forced"), within=20)
    assert list(stage.machine.pods) == [again["metadata"]["uid"]]


def test_what_a_node_lifecycle_controller_wrote_meanwhile_is_put_right() -> None:
    stage = Stage()
    pod = stage.pod(container(stage.image("web:1")))
    stage.until(stage.ready)
    stage.machine.up = False
    status = stage.status()
    unready = [{**each, "status": "False"} if each["type"] == "Ready" else each for each in status["conditions"]]
    stage.store.change("pods", pod, status={**status, "conditions": unready})
    stage.advance(60)
    assert not stage.ready()
    stage.machine.up = True
    stage.advance(2)
    assert stage.ready()


def test_a_pod_that_ends_without_the_network_is_told_of_on_return() -> None:
    stage = Stage()
    stage.pod(container(stage.image("job:1", runs_seconds=30.0)), restartPolicy="Never")
    stage.until(stage.runs)
    stage.machine.up = False
    stage.advance(120)
    assert stage.status()["phase"] == "Running"
    stage.machine.up = True
    stage.until(lambda: stage.status()["phase"] == "Succeeded", within=3)


def test_after_a_reboot_containers_are_restarted_in_new_sandboxes() -> None:
    stage = Stage()
    init = container(stage.image("init:1", runs_seconds=1.0), name="init")
    stage.pod(container(stage.image("web:1"), readinessProbe=http()), initContainers=[init])
    stage.until(stage.ready)
    sandbox = next(iter(stage.machine.pods.values())).sandbox_id
    boot_id = (stage.store.get("nodes", "", "n1") or {})["status"]["nodeInfo"]["bootID"]
    stage.machine.up = stage.machine.powered = False
    ticks = stage.kernels[0].ticks
    stage.advance(90)
    assert stage.kernels[0].ticks == ticks
    stage.machine.up = stage.machine.powered = True
    stage.machine.boot = stage.world.now
    stage.advance(1)
    stage.until(lambda: stage.ready() and stage.container()["restartCount"] == 1, within=30)
    lost = stage.container()["lastState"]["terminated"]
    assert (lost["exitCode"], lost["reason"]) == (255, "Unknown")
    assert stage.container("init")["restartCount"] == 1
    assert next(iter(stage.machine.pods.values())).sandbox_id != sandbox
    assert stage.events("SandboxChanged")[0][1] == "Pod sandbox changed, it will be killed and re-created."
    new_id = (stage.store.get("nodes", "", "n1") or {})["status"]["nodeInfo"]["bootID"]
    assert new_id != boot_id
    assert stage.events("Rebooted", "n1")[0][1] == f"Node n1 has been rebooted, boot id: {new_id}"


def test_a_pod_that_is_never_restarted_has_failed_after_a_reboot() -> None:
    stage = Stage()
    stage.pod(container(stage.image("job:1")), restartPolicy="Never")
    stage.until(stage.runs)
    stage.machine.boot = stage.world.now
    stage.until(lambda: stage.status()["phase"] == "Failed", within=10)
    assert stage.container()["state"]["terminated"]["reason"] == "Unknown"
    assert stage.machine.pods == {}


def test_machines_come_and_go() -> None:
    stage = Stage()
    image = stage.image("web:1")
    machine = Machine(name="n2", cores=2.0, memory_bytes=GiB, disk_bytes=GiB, boot=START)
    stage.world.machines["n2"] = machine
    stage.store.create("nodes", {"metadata": {"name": "n2"}, "spec": {}, "status": {}})
    stage.pod(container(image), nodeName="n2")
    stage.until(stage.ready, within=30)
    del stage.world.machines["n2"]
    stage.advance(100)
    assert len(stage.kernels) == 2
    assert machine.pods


def test_a_claim_keeps_its_bytes_when_its_pod_moves() -> None:
    stage = Stage()
    claim: Object = {
        "metadata": {"name": "data", "namespace": "shop"},
        "spec": {"resources": {"requests": {"storage": "10Gi"}}},
        "status": {"capacity": {"storage": "10Gi"}},
    }
    stage.store.create("persistentvolumeclaims", claim)
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    image = stage.image("db:1")
    pod = stage.pod(container(image), volumes=volumes)
    stage.until(stage.runs)
    (running,) = stage.machine.pods.values()
    assert running.claims == ("data",)
    assert stage.machine.volume_capacities == {("shop", "data"): 10 * GiB}
    stage.machine.volumes["shop", "data"] = 7.0 * GiB
    stage.store.delete("pods", pod, grace=30)
    stage.until(lambda: stage.found() is None)
    assert (stage.machine.volumes, stage.machine.volume_capacities) == ({}, {})
    stage.pod(container(image), volumes=volumes)
    stage.until(stage.runs)
    assert stage.machine.volumes == {("shop", "data"): 7.0 * GiB}


def _conditions(stage: Stage) -> dict[str, Object]:
    node = stage.store.get("nodes", "", "n1")
    assert node is not None
    return {each["type"]: each for each in node["status"]["conditions"]}
