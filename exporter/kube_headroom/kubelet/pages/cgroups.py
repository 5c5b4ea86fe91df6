"""Whose cgroup a row speaks of: a pod's own, a container's, or one that is left out; from its labels and its path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

_POD = re.compile(
    r"kubepods(?:[/-](?:burstable|besteffort|guaranteed))?([/-])pod([^/.:]+)(?:\.slice)?(?:[/:](.+))?\Z", re.DOTALL
)
"""cgroupfs: kubepods/burstable/podUID/ID; systemd: kubepods-burstable-podUID.slice/cri-containerd-ID.scope.

Whatever stands before, as on nodes that are containers themselves, says nothing. Where the runtime and the kubelet
disagree about the driver, it is kubepods-burstable-podUID.slice:cri-containerd:ID.
"""
_CONTAINER = re.compile(r"(?:[a-z][a-z-]*[-:])?([0-9a-f]{32,})(?:\.scope)?")
_MONITOR = "crio-conmon-"


class Identity(NamedTuple):
    """The first fields of a `Cgroup`, "" for what a row does not tell."""

    pod_uid: str
    container_id: str
    namespace: str
    pod: str
    container: str


NOBODY = Identity("", "", "", "", "")
"""Whose rows are left out."""


class Path(NamedTuple):
    """A cgroup's path: its pod's uid, its container's id, and whether it is the pod's own."""

    pod_uid: str
    container_id: str
    own: bool


_NOWHERE = Path("", "", own=False)


def path(name: str) -> Path:
    """Return what a path tells; all empty if it is of no pod.

    The uid of a mirror pod is its configuration's hash, which has no dashes; systemd's names have underscores
    for them (kubelet, cm/cgroup_manager_linux.go: escapeSystemdCgroupName). Cgroups below a container's tell its
    pod only.
    """
    found = _POD.search(name)
    if found is None:
        return _NOWHERE
    form, uid, below = found.groups()
    if form == "-":
        uid = uid.replace("_", "-")
    if below is None:
        return Path(uid, "", own=True)
    container = _CONTAINER.fullmatch(below)
    if container is None or below.startswith(_MONITOR):
        return Path(uid, "", own=False)
    return Path(uid, container[1], own=False)


def identity(labels: Mapping[str, str]) -> Identity:
    """Return whose row it is, `NOBODY` for one to leave out.

    Left out are parents of pods, other programs' cgroups, sandboxes (container is "POD" on dockershim and
    cri-dockerd, "" beside an image on containerd), monitors of CRI-O, and cgroups within containers. An image is
    not asked for: some runtimes have none (kubernetes#96980). Rows without names are told by their path, a sandbox
    among them by its image if there is one.
    """
    container, namespace, pod = labels.get("container", ""), labels.get("namespace", ""), labels.get("pod", "")
    where = path(labels.get("id", ""))
    if container:
        if container == "POD" or not namespace or not pod:
            return NOBODY
        return Identity(where.pod_uid, where.container_id, namespace, pod, container)
    image = labels.get("image", "")
    if where.own or (pod and not where.pod_uid and not image and not labels.get("name")):
        return Identity(where.pod_uid, "", namespace, pod, "")
    if pod or not where.container_id or image.rsplit("/", 1)[-1].startswith("pause"):
        return NOBODY
    return Identity(where.pod_uid, where.container_id, "", "", "")
