"""Pods as replicas of a workload: which ones count, how they are made from a template, and what is told of them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from typing import NamedTuple

from kube_headroom.simulator.controllers.pods import condition, delete_pod, is_terminal, is_terminating
from kube_headroom.simulator.events import Recorder, Reporter
from kube_headroom.simulator.store import ConflictError, Object, Store, moment, owner_reference

SAFE_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
"""What hashes in names are written with (apimachinery, util/rand `SafeEncodeString`)."""
_LONGEST_PREFIX = 58
"""What generateName keeps of a name, so that five letters fit behind it (apiserver, names/generate.go)."""


def available_at(pod: Object, min_ready_seconds: int) -> float | None:
    """Return when a ready pod counts as available (Unix seconds), None for one that is not ready."""
    ready = condition(pod, "Ready")
    if ready is None or ready["status"] != "True":
        return None
    return moment(ready["lastTransitionTime"]) + min_ready_seconds if min_ready_seconds else 0.0


def is_available(pod: Object, min_ready_seconds: int, now: float) -> bool:
    """Tell whether the pod has been ready for `min_ready_seconds`."""
    since = available_at(pod, min_ready_seconds)
    return since is not None and since <= now


def next_available(pods: Iterable[Object], min_ready_seconds: int, now: float) -> float | None:
    """Return when the next ready pod becomes available, None if none will by waiting."""
    if not min_ready_seconds:
        return None
    times = (available_at(pod, min_ready_seconds) for pod in pods)
    return min((at for at in times if at is not None and at > now), default=None)


def is_active(pod: Object) -> bool:
    """Tell whether a controller counts the pod as one of its replicas."""
    return not is_terminal(pod) and not is_terminating(pod)


def leaving(pods: Iterable[Object]) -> int:
    """Count the pods that are deleted and still run."""
    return sum(is_terminating(pod) and not is_terminal(pod) for pod in pods)


def template_hash(template: Object) -> str:
    """Return a hash of a pod template, of as many letters as the real one; equal templates hash alike."""
    checksum = zlib.crc32(json.dumps(template, sort_keys=True).encode())
    return "".join(SAFE_LETTERS[ord(digit) % len(SAFE_LETTERS)] for digit in str(checksum))


def from_template(template: Object, owner: Object) -> Object:
    """Return the pod that a controller makes of its template, without a name yet."""
    described = template.get("metadata", {})
    return {
        "metadata": {
            **{part: described[part] for part in ("labels", "annotations", "finalizers") if part in described},
            "generateName": f"{owner['metadata']['name']}-"[:_LONGEST_PREFIX],
            "namespace": owner["metadata"]["namespace"],
            "ownerReferences": [owner_reference(owner)],
        },
        "spec": template["spec"],
    }


def without_zeros(status: Object) -> Object:
    """Return a status without the fields that the API leaves out when they are empty."""
    return {name: value for name, value in status.items() if value not in (0, [], None)}


class Teller(NamedTuple):
    """Creates and deletes pods for a controller, which tells of it in its owner's events."""

    store: Store
    events: Recorder
    reporter: Reporter

    def create(self, pod: Object, owner: Object) -> Object:
        """Create a pod. Raises ConflictError if admission refuses it."""
        try:
            created = self.store.create("pods", pod)
        except ConflictError as error:
            self.events.record(owner, "Warning", "FailedCreate", f"Error creating: {error}", self.reporter)
            raise
        name = created["metadata"]["name"]
        self.events.record(owner, "Normal", "SuccessfulCreate", f"Created pod: {name}", self.reporter)
        return created

    def create_many(self, pods: Iterable[Object], owner: Object) -> None:
        """Create pods in batches of 1, 2, 4 and so on; the first refusal ends it after its batch.

        The batches keep a quota from being asked a thousand times in vain (replica_set.go, `slowStartBatch`).
        Raises the ConflictError of the refusal.
        """
        remaining = list(pods)
        size = 1
        while remaining:
            refusal: ConflictError | None = None
            for pod in remaining[:size]:
                try:
                    self.create(pod, owner)
                except ConflictError as error:
                    refusal = refusal or error
            if refusal is not None:
                raise refusal
            remaining = remaining[size:]
            size *= 2

    def delete(self, pod: Object, owner: Object) -> None:
        """Delete a pod, which its kubelet ends."""
        delete_pod(self.store, pod)
        message = f"Deleted pod: {pod['metadata']['name']}"
        self.events.record(owner, "Normal", "SuccessfulDelete", message, self.reporter)
