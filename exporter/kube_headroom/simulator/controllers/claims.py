"""Claims of pods and their volumes: made when the first pod that uses a claim gets its node, in that node's zone.

Every storage class is treated as `WaitForFirstConsumer`, whatever its `volumeBindingMode` says.
"""

from __future__ import annotations

from typing import NamedTuple

from kube_headroom.simulator.controllers.node_sums import ZONE
from kube_headroom.simulator.events import Reporter
from kube_headroom.simulator.store import Object
from kube_headroom.simulator.world import World

_PROVISIONER = "ebs.csi.aws.com"


class Volumes(NamedTuple):
    """What a pod's claims ask of its node: node selectors of bound volumes, claims that still need one.

    `missing` is the scheduler's message about a claim that does not exist.
    """

    selectors: tuple[Object, ...] = ()
    unbound: tuple[Object, ...] = ()
    missing: str = ""


def volumes_of(world: World, pod: Object) -> Volumes:
    """Return what the claims of a pod ask of its node."""
    selectors: list[Object] = []
    unbound: list[Object] = []
    for volume in pod["spec"].get("volumes", ()):
        if "persistentVolumeClaim" not in volume:
            continue
        name = volume["persistentVolumeClaim"]["claimName"]
        claim = world.store.get("persistentvolumeclaims", pod["metadata"]["namespace"], name)
        if claim is None:
            return Volumes(missing=f'persistentvolumeclaim "{name}" not found')
        bound = world.store.get("persistentvolumes", "", claim["spec"].get("volumeName", ""))
        if bound is None:
            unbound.append(claim)
        elif "required" in bound["spec"].get("nodeAffinity", {}):
            selectors.append(bound["spec"]["nodeAffinity"]["required"])
    return Volumes(tuple(selectors), tuple(unbound))


def provision(world: World, claim: Object, node: Object) -> None:
    """Make a volume of the size that a claim asks for, in a node's zone, and bind them to each other."""
    storage_class = world.store.get("storageclasses", "", claim["spec"].get("storageClassName", ""))
    provisioner = storage_class.get("provisioner", _PROVISIONER) if storage_class else _PROVISIONER
    volume = world.store.create("persistentvolumes", _volume(claim, node, provisioner))
    name = volume["metadata"]["name"]
    bound = {
        "pv.kubernetes.io/bind-completed": "yes",
        "pv.kubernetes.io/bound-by-controller": "yes",
        "volume.kubernetes.io/selected-node": node["metadata"]["name"],
        "volume.kubernetes.io/storage-provisioner": provisioner,
    }
    world.store.change(
        "persistentvolumeclaims",
        claim,
        metadata={"annotations": {**claim["metadata"].get("annotations", {}), **bound}},
        spec={**claim["spec"], "volumeName": name},
        status={
            "phase": "Bound",
            "accessModes": claim["spec"].get("accessModes", []),
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
        },
    )
    message = f"Successfully provisioned volume {name}"
    world.events.record(claim, "Normal", "ProvisioningSucceeded", message, Reporter(provisioner))


def _volume(claim: Object, node: Object, provisioner: str) -> Object:
    metadata, spec = claim["metadata"], claim["spec"]
    zone = node["metadata"].get("labels", {}).get(ZONE)
    terms = [{"matchExpressions": [{"key": ZONE, "operator": "In", "values": [zone]}]}]
    name = f"pvc-{metadata['uid']}"
    return {
        "metadata": {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": provisioner}},
        "spec": {
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "accessModes": spec.get("accessModes", []),
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
            },
            "csi": {"driver": provisioner, "volumeHandle": name},
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": spec.get("storageClassName", ""),
            "volumeMode": spec.get("volumeMode", "Filesystem"),
            **({"nodeAffinity": {"required": {"nodeSelectorTerms": terms}}} if zone else {}),
        },
        "status": {"phase": "Bound"},
    }
