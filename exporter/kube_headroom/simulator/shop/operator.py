"""The Kafka operator: it owns its pods directly, through a kind that the API server of most tools never lists."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence

from kube_headroom.simulator.controllers.pods import is_terminal
from kube_headroom.simulator.shop.rows import Workload
from kube_headroom.simulator.shop.templates import claim_spec, pod_labels, pod_spec, stated
from kube_headroom.simulator.store import Object, timestamp
from kube_headroom.simulator.world import Marks, World

API_VERSION = "kafka.strimzi.io/v1"
RECONCILE_SECONDS = 10.0


class KafkaOperator:
    """Creates a Kafka's claims and brokers, and again those that went."""

    def __init__(self, world: World, rows: Sequence[Workload]) -> None:
        self._world = world
        self._marks = Marks(world.store, ["pods"])
        self._brokers = {
            (row.namespace, f"{row.name}-{number}"): row
            for row in rows
            if row.kind == "Kafka"
            for number in range(row.replicas)
        }
        self._missing = dict.fromkeys(self._brokers, world.now)
        """Brokers without a pod, and when to create one."""
        self._uids = {(row.namespace, row.name): _uid(world, row) for row in self._brokers.values()}

    def step(self, now: float) -> None:
        """Note the brokers that went; create what is due."""
        for change in self._marks.take():
            metadata = change.object["metadata"]
            place = (metadata["namespace"], metadata["name"])
            if place not in self._brokers:
                continue
            if change.type == "DELETED":
                self._missing[place] = now + RECONCILE_SECONDS
            elif is_terminal(change.object):  # evicted: nobody else removes a pod of a kind of its own
                self._world.store.delete("pods", change.object)
        due = [place for place, at in self._missing.items() if at <= now]
        for place in due:
            del self._missing[place]
            if self._world.store.get("pods", *place) is None:
                self._create(place)

    def _create(self, place: tuple[str, str]) -> None:
        namespace, name = place
        row = self._brokers[place]
        store = self._world.store
        claim = f"data-{name}"
        if store.get("persistentvolumeclaims", namespace, claim) is None:
            metadata = {"name": claim, "namespace": namespace, "labels": pod_labels(row)}
            store.create("persistentvolumeclaims", {"metadata": metadata, "spec": claim_spec(row.claim)})
        volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]
        store.create(
            "pods",
            {
                "metadata": {
                    "name": name,
                    "namespace": namespace,
                    "labels": {**pod_labels(row), "strimzi.io/cluster": row.name},
                    "annotations": stated(row),
                    "ownerReferences": [self._owner(row)],
                },
                "spec": {**pod_spec(row), "hostname": name, "volumes": volumes},
                "status": {"phase": "Pending"},
            },
        )

    def _owner(self, row: Workload) -> Object:
        return {
            "apiVersion": API_VERSION,
            "kind": "Kafka",
            "name": row.name,
            "uid": self._uids[row.namespace, row.name],
            "controller": True,
            "blockOwnerDeletion": False,
        }


def _uid(world: World, row: Workload) -> str:
    bits = world.chance("kafka", row.namespace, row.name).getrandbits(128)
    return str(uuid.UUID(int=bits, version=4))


def static_pod(row: Workload, node: Object, now: float) -> Object:
    """Return the mirror pod of a manifest in the node's own directory, as its kubelet creates it."""
    name = node["metadata"]["name"]
    hash_ = hashlib.md5(f"{row.namespace}/{row.name}/{name}".encode(), usedforsecurity=False).hexdigest()
    return {
        "metadata": {
            "name": f"{row.name}-{name}",
            "namespace": row.namespace,
            "labels": {**pod_labels(row), "tier": "node"},
            "annotations": {
                "kubernetes.io/config.hash": hash_,
                "kubernetes.io/config.mirror": hash_,
                "kubernetes.io/config.seen": timestamp(now),
                "kubernetes.io/config.source": "file",
                **stated(row),
            },
            "ownerReferences": [
                {
                    "apiVersion": "v1",
                    "kind": "Node",
                    "name": name,
                    "uid": node["metadata"]["uid"],
                    "controller": True,
                }
            ],
        },
        "spec": {
            **{key: value for key, value in pod_spec(row).items() if not key.startswith("serviceAccount")},
            "nodeName": name,
            "tolerations": [{"operator": "Exists", "effect": "NoExecute"}],
        },
        "status": {"phase": "Pending"},
    }
