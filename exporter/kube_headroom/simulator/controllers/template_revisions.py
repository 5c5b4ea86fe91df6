"""The history that a Deployment's ReplicaSets keep: which template each has, and which revision it was."""

from __future__ import annotations

from kube_headroom.simulator.controllers.replicas import template_hash
from kube_headroom.simulator.store import Object, owner_reference

REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
HASH_LABEL = "pod-template-hash"
_LONGEST_NAME = 253
_OWN = (
    REVISION,
    HISTORY,
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "kubectl.kubernetes.io/last-applied-configuration",
    "deprecated.deployment.rollback.to",
)
"""Annotations that are not copied from a Deployment to its ReplicaSets."""


def revision(replica_set: Object) -> int:
    """Return a ReplicaSet's revision, 0 without one."""
    return int(replica_set["metadata"].get("annotations", {}).get(REVISION, 0))


def equal_templates(left: Object, right: Object) -> bool:
    """Tell whether two pod templates are the same but for the label that a Deployment adds."""
    return left["spec"] == right["spec"] and _metadata(left) == _metadata(right)


def _metadata(template: Object) -> tuple[Object, Object]:
    metadata = template.get("metadata", {})
    labels = {name: value for name, value in metadata.get("labels", {}).items() if name != HASH_LABEL}
    return labels, {name: value for name, value in metadata.items() if name != "labels"}


def annotations_of_new(deployment: Object, known: dict[str, str], number: int) -> dict[str, str]:
    """Return the annotations of the ReplicaSet of the present template, whose revision becomes `number` at least.

    A revision that it had before, when it is rolled back to, goes into its history.
    """
    copied = {name: value for name, value in deployment["metadata"].get("annotations", {}).items() if name not in _OWN}
    annotations = {**known, **copied}
    before = known.get(REVISION)
    if before is None or int(before) < number:
        annotations[REVISION] = str(number)
        if before is not None:
            annotations[HISTORY] = ",".join(filter(None, (known.get(HISTORY), before)))
    return annotations


def replica_set_of(deployment: Object, number: int, size: int, sizes: dict[str, str]) -> Object:
    """Return the ReplicaSet of the present template as revision `number`; `sizes` are the annotations of its scale."""
    metadata, spec = deployment["metadata"], deployment["spec"]
    collisions = deployment.get("status", {}).get("collisionCount", 0)
    hashed = template_hash({**spec["template"], "collisions": collisions} if collisions else spec["template"])
    described = spec["template"].get("metadata", {})
    labels = {**described.get("labels", {}), HASH_LABEL: hashed}
    selector = {**spec["selector"], "matchLabels": {**spec["selector"].get("matchLabels", {}), HASH_LABEL: hashed}}
    waiting = {"minReadySeconds": spec["minReadySeconds"]} if "minReadySeconds" in spec else {}
    return {
        "metadata": {
            "name": f"{metadata['name'][: _LONGEST_NAME - len(hashed) - 1]}-{hashed}",
            "namespace": metadata["namespace"],
            "labels": labels,
            "annotations": {**annotations_of_new(deployment, {}, number), **sizes},
            "ownerReferences": [owner_reference(deployment)],
        },
        "spec": {
            "replicas": size,
            **waiting,
            "selector": selector,
            "template": {**spec["template"], "metadata": {**described, "labels": labels}},
        },
        "status": {"replicas": 0},
    }
