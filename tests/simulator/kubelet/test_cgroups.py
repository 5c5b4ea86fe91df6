"""Names and limits of the cgroups that a kubelet makes."""

from __future__ import annotations

from typing import Any

import pytest

from kube_headroom.simulator.kubelet.cgroups import container_cgroup, pod_cgroup
from kube_headroom.simulator.kubelet.runtime import Cgroup, Machine

UID = "0aa9e4ae-cdc2-452d-977d-3fe0764a7184"
SLICE = f"{UID.replace('-', '_')}.slice"
ID = "5f" * 32
LIMITED: dict[str, Any] = {"name": "a", "resources": {"limits": {"cpu": "200m", "memory": "64Mi"}}}
FREE: dict[str, Any] = {"name": "b"}
SIDECAR = {**LIMITED, "name": "s", "restartPolicy": "Always"}
ONE_SHOT = {"name": "i", "resources": {}}


def machine(**parts: Any) -> Machine:
    return Machine(name="n1", cores=4.0, memory_bytes=1, disk_bytes=1, boot=0.0, **parts)


def pod(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"uid": UID}, "spec": spec}


@pytest.mark.parametrize(
    ("driver", "flavour", "quality", "expected"),
    [
        ("cgroupfs", "containerd", "Guaranteed", f"/kubepods/pod{UID}/{ID}"),
        ("cgroupfs", "containerd", "Burstable", f"/kubepods/burstable/pod{UID}/{ID}"),
        (
            "systemd",
            "containerd",
            "Burstable",
            f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{SLICE}/cri-containerd-{ID}.scope",
        ),
        (
            "systemd",
            "cri-o",
            "BestEffort",
            f"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{SLICE}/crio-{ID}.scope",
        ),
        (
            "systemd",
            "containerd",
            "Guaranteed",
            f"/kubepods.slice/kubepods-pod{SLICE}/cri-containerd-{ID}.scope",
        ),
    ],
)
def test_a_containers_cgroup_is_named_as_driver_and_runtime_do(
    driver: Any, flavour: Any, quality: str, expected: str
) -> None:
    where = machine(cgroup_driver=driver, flavour=flavour)
    parent = pod_cgroup(where, pod(containers=[FREE]), quality, 0.0)
    assert container_cgroup(where, parent, FREE, ID, 0.0).path == expected


@pytest.mark.parametrize(
    ("spec", "quota", "memory"),
    [
        pytest.param({"containers": [LIMITED]}, 0.2, 64 * 2**20, id="one container's limits are its pod's"),
        pytest.param({"containers": [LIMITED, LIMITED]}, 0.4, 128 * 2**20, id="limits add up"),
        pytest.param({"containers": [LIMITED, FREE]}, None, None, id="one container without limits frees the pod"),
        pytest.param(
            {"initContainers": [SIDECAR], "containers": [LIMITED]}, 0.4, 128 * 2**20, id="a native sidecar counts"
        ),
        pytest.param(
            {"initContainers": [ONE_SHOT], "containers": [LIMITED]}, 0.2, 64 * 2**20, id="a one-shot does not"
        ),
        pytest.param(
            {"resources": {"limits": {"cpu": "1"}}, "containers": [LIMITED, FREE]},
            1.0,
            None,
            id="a pod-level limit wins, for its own resource",
        ),
    ],
)
def test_a_pod_is_limited_where_all_its_containers_are(
    spec: dict[str, Any], quota: float | None, memory: int | None
) -> None:
    made = pod_cgroup(machine(), pod(**spec), "Burstable", 5.0)
    assert (made.quota, made.memory_limit, made.created) == (quota, memory, 5.0)


@pytest.mark.parametrize(
    ("resources", "weight"), [({}, 2.0), ({"requests": {"cpu": "1m"}}, 2.0), ({"requests": {"cpu": "500m"}}, 512.0)]
)
def test_cpu_is_shared_by_request(resources: dict[str, Any], weight: float) -> None:
    parent = Cgroup(path="/p", created=0.0)
    assert container_cgroup(machine(), parent, {"name": "a", "resources": resources}, ID, 0.0).weight == weight


def test_a_static_pods_cgroup_has_the_hash_of_its_file_for_a_uid() -> None:
    mirror = pod(containers=[FREE])
    mirror["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "ab12", "kubernetes.io/config.hash": "ab12"}
    made = pod_cgroup(machine(cgroup_driver="cgroupfs"), mirror, "Burstable", 0.0)
    assert made.path == "/kubepods/burstable/podab12"
