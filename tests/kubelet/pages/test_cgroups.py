"""What paths and labels tell of a cgroup."""

from __future__ import annotations

import pytest

from kube_headroom.kubelet.pages.cgroups import NOBODY, Identity, Path, identity, path

UID = "5cdf53a1-4358-424f-867c-fb13761210a8"
SYSTEMD_UID = UID.replace("-", "_")
HASH = "0b2c4f6a8e1d3c5b7a9f0e2d4c6b8a1f"
ID = "7928a5a37d4eb3b9054a494f633a203d2c9be097e7dc684a0ddd0ba679a668cc"

KIND = "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice"

POD = Path(UID, "", own=True)
CONTAINER = Path(UID, ID, own=False)
WITHIN = Path(UID, "", own=False)
ELSEWHERE = Path("", "", own=False)

PATHS = {
    "cgroupfs, guaranteed pod": (f"/kubepods/pod{UID}", POD),
    "cgroupfs, burstable pod": (f"/kubepods/burstable/pod{UID}", POD),
    "cgroupfs, container": (f"/kubepods/besteffort/pod{UID}/{ID}", CONTAINER),
    "cgroupfs, mirror pod": (f"/kubepods/burstable/pod{HASH}/{ID}", Path(HASH, ID, own=False)),
    "cgroupfs, CRI-O": (f"/kubepods/burstable/pod{UID}/crio-{ID}", CONTAINER),
    "systemd, pod": (f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{SYSTEMD_UID}.slice", POD),
    "systemd, guaranteed pod": (f"/kubepods.slice/kubepods-pod{SYSTEMD_UID}.slice", POD),
    "systemd, containerd": (f"/kubepods.slice/kubepods-pod{SYSTEMD_UID}.slice/cri-containerd-{ID}.scope", CONTAINER),
    "systemd, CRI-O": (f"/kubepods.slice/kubepods-pod{SYSTEMD_UID}.slice/crio-{ID}.scope", CONTAINER),
    "systemd, Docker": (f"/kubepods.slice/kubepods-pod{SYSTEMD_UID}.slice/docker-{ID}.scope", CONTAINER),
    "systemd, mirror pod": (f"/kubepods.slice/kubepods-burstable-pod{HASH}.slice", Path(HASH, "", own=True)),
    "CRI-O's monitor": (f"/kubepods.slice/kubepods-pod{SYSTEMD_UID}.slice/crio-conmon-{ID}.scope", WITHIN),
    "below a container": (f"/kubepods/pod{UID}/{ID}/init.scope", WITHIN),
    "below a container of crun": (f"/kubepods.slice/kubepods-pod{SYSTEMD_UID}.slice/crio-{ID}.scope/container", WITHIN),
    "something else in a pod": (f"/kubepods/pod{UID}/x", WITHIN),
    "kind": (f"/kubelet/kubepods/burstable/pod{UID}/{ID}", CONTAINER),
    "kind with systemd": (
        f"{KIND}/kubelet-kubepods-burstable-pod{SYSTEMD_UID}.slice/cri-containerd-{ID}.scope",
        CONTAINER,
    ),
    "a node in Docker": (f"/docker/{ID}/kubelet/kubepods/pod{UID}/{ID}", CONTAINER),
    "drivers that disagree": (
        f"/system.slice/containerd.service/kubepods-pod{SYSTEMD_UID}.slice:cri-containerd:{ID}",
        CONTAINER,
    ),
    "the root": ("/", ELSEWHERE),
    "parent of pods": ("/kubepods/burstable", ELSEWHERE),
    "systemd's parent of pods": ("/kubepods.slice/kubepods-burstable.slice", ELSEWHERE),
    "Podman": (f"/machine.slice/libpod-{ID}.scope", ELSEWHERE),
    "a service": ("/system.slice/podsearch.service", ELSEWHERE),
    "a line break": (f"/kubepods/pod{UID}/{ID}\n{ID}", WITHIN),
    "nothing": ("", ELSEWHERE),
}


@pytest.mark.parametrize(("name", "told"), PATHS.values(), ids=PATHS)
def test_a_path_tells_pod_and_container(name: str, told: Path) -> None:
    assert path(name) == told


NAMES = {"namespace": "shop", "pod": "store"}
IN_POD = {"id": f"/kubepods/pod{UID}/{ID}"}
OWN = {"id": f"/kubepods/pod{UID}"}

ROWS = {
    "a container": (
        {"container": "web", "image": "web:1", **IN_POD, **NAMES},
        Identity(UID, ID, "shop", "store", "web"),
    ),
    "a container without an image": (
        {"container": "web", **IN_POD, **NAMES},
        Identity(UID, ID, "shop", "store", "web"),
    ),
    "a container at a path of another kind": (
        {"container": "web", "id": "/elsewhere", **NAMES},
        Identity("", "", "shop", "store", "web"),
    ),
    "a pod": ({"container": "", "image": "", "name": "", **OWN, **NAMES}, Identity(UID, "", "shop", "store", "")),
    "a pod that the kubelet does not know": (OWN, Identity(UID, "", "", "", "")),
    "a pod at a path of another kind": ({"id": "/elsewhere", **NAMES}, Identity("", "", "shop", "store", "")),
    "a container without names": (IN_POD, Identity(UID, ID, "", "", "")),
    "a sandbox of containerd": ({"container": "", "image": "pause:3", "name": ID, **IN_POD, **NAMES}, NOBODY),
    "a sandbox without an image": ({"container": "", **IN_POD, **NAMES}, NOBODY),
    "a sandbox of dockershim": ({"container": "POD", "image": "pause:3", **IN_POD, **NAMES}, NOBODY),
    "a sandbox without names": ({"image": "registry.k8s.io/pause:3.10", **IN_POD}, NOBODY),
    "a container outside of pods": ({"container": "web", "id": f"/docker/{ID}"}, NOBODY),
    "a cgroup within a container": ({"container": "", "id": f"/kubepods/pod{UID}/{ID}/init.scope"}, NOBODY),
    "a parent of pods": ({"container": "", "id": "/kubepods/burstable"}, NOBODY),
    "the root": ({"container": "", "id": "/"}, NOBODY),
    "a row without labels": ({}, NOBODY),
}


@pytest.mark.parametrize(("labels", "told"), ROWS.values(), ids=ROWS)
def test_labels_and_path_tell_whose_row_it_is(labels: dict[str, str], told: Identity) -> None:
    assert identity(labels) == told
