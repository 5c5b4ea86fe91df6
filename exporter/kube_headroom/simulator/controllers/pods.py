"""What controllers ask of a pod, and how they delete one."""

from __future__ import annotations

from kube_headroom.simulator.store import Object, Store, timestamp

TERMINAL_PHASES = ("Succeeded", "Failed")
DEFAULT_GRACE_SECONDS = 30


def phase(pod: Object) -> str:
    """Return the pod's phase; Pending until somebody says otherwise."""
    return str(pod.get("status", {}).get("phase", "Pending"))


def is_terminal(pod: Object) -> bool:
    """Tell whether all of the pod's containers ended for good."""
    return phase(pod) in TERMINAL_PHASES


def is_terminating(pod: Object) -> bool:
    """Tell whether the pod was deleted and is still there."""
    return "deletionTimestamp" in pod["metadata"]


def is_ready(pod: Object) -> bool:
    """Tell whether the pod's Ready condition is True."""
    ready = condition(pod, "Ready")
    return ready is not None and ready["status"] == "True"


def condition(stored: Object, type_: str) -> Object | None:
    """Return an object's condition of a type."""
    for found in stored.get("status", {}).get("conditions", ()):
        if found["type"] == type_:
            return dict(found)
    return None


def with_condition(conditions: list[Object], new: Object, now: float) -> list[Object]:
    """Return conditions with one set; its transition time moves only when its status does."""
    old = next((found for found in conditions if found["type"] == new["type"]), None)
    same = old is not None and old["status"] == new["status"] and "lastTransitionTime" in old
    changed = old["lastTransitionTime"] if old is not None and same else timestamp(now)
    written = {**new, "lastTransitionTime": changed}
    if old is None:
        return [*conditions, written]
    return [written if found is old else found for found in conditions]


def grace_seconds(pod: Object) -> int:
    """Return the seconds a pod gets to end: none if it never got a node or has ended (registry/core/pod/strategy.go)."""
    if not pod["spec"].get("nodeName") or is_terminal(pod):
        return 0
    return int(pod["spec"].get("terminationGracePeriodSeconds", DEFAULT_GRACE_SECONDS))


def delete_pod(store: Store, pod: Object) -> None:
    """Delete a pod as a DELETE without options does: its kubelet ends it within its grace period."""
    store.delete("pods", pod, grace=grace_seconds(pod))
