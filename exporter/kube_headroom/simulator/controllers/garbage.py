"""Garbage collection: dependents of what is gone, ended pods, namespaces that are deleted; not pods of lost nodes."""

from __future__ import annotations

from typing import Any, Literal

from kube_headroom.simulator.controllers import pods
from kube_headroom.simulator.controllers.admission import forbidden
from kube_headroom.simulator.controllers.timers import Timers
from kube_headroom.simulator.kinds import BY_KIND, BY_PLURAL, RESOURCES
from kube_headroom.simulator.store import Change, Object, Store, controller, timestamp
from kube_headroom.simulator.world import Marks, World

TERMINATED_POD_THRESHOLD = 12_500
"""The controller manager's `--terminated-pod-gc-threshold`."""
POD_CHECK_SECONDS = 20.0
NAMESPACE_CHECK_SECONDS = 5.0
FOREGROUND = "foregroundDeletion"
_OWNERS = tuple(resource.plural for resource in RESOURCES if resource.plural != "events")
_CONTENT = tuple(resource.plural for resource in RESOURCES if resource.namespaced)

Propagation = Literal["Background", "Foreground", "Orphan"]
Place = tuple[str, str, str]
"""Resource, namespace and name."""


def delete(world: World, resource: str, old: Object, propagation: Propagation = "Background") -> None:
    """Delete an object as the API server does for a propagation policy; `Garbage` does the rest as time goes by.

    Foreground leaves the object, marked, until its dependents are gone; Orphan takes their owner from them.
    A namespace is marked Terminating and emptied, whatever the policy.
    """
    store = world.store
    if resource == "namespaces":
        _mark(world, resource, old, status={**old.get("status", {}), "phase": "Terminating"})
    elif resource == "pods":
        pods.delete_pod(store, old)
    elif propagation == "Foreground" and _dependents(store, old["metadata"]["uid"]):
        _mark(world, resource, old, finalizers=[*old["metadata"].get("finalizers", ()), FOREGROUND])
    else:
        if propagation == "Orphan":
            for plural, dependent in _dependents(store, old["metadata"]["uid"]):
                _disown(store, plural, dependent, old["metadata"]["uid"])
        store.delete(resource, old)


class Garbage:
    """Deletes what its owner or its namespace left behind, and ended pods beyond the threshold."""

    def __init__(self, world: World, *, terminated_pods: int = TERMINATED_POD_THRESHOLD) -> None:
        self._world = world
        self._store = world.store
        self._threshold = terminated_pods
        self._marks = Marks(world.store, _OWNERS)
        self._gone: list[str] = []
        """Owners that were deleted; a name that is made again at once hides this from the marks."""
        self._ended: dict[tuple[str, str], None] = {}
        """Pods in a terminal phase."""
        self._foreground: dict[Place, None] = {}
        self._emptying: Timers[str] = Timers()
        self._pod_check = world.now
        world.store.admissions.append(self._admit)
        world.store.listeners.append(self._hear)

    def step(self, now: float) -> None:
        """Delete what became garbage since the last step."""
        gone, self._gone = self._gone, []
        for uid in gone:
            for plural, dependent in _dependents(self._store, uid):
                delete(self._world, plural, dependent)
        for change in self._marks.take():
            self._notice(change, now)
        for place in list(self._foreground):
            self._finish_foreground(place)
        for namespace in self._emptying.take(now):
            self._empty(namespace, now)
        if now >= self._pod_check:
            self._pod_check = now + POD_CHECK_SECONDS
            self._reap_ended()

    def _hear(self, change: Change) -> None:
        if change.type == "DELETED" and change.resource != "events":
            self._gone.append(change.object["metadata"]["uid"])

    def _admit(self, resource: str, new: Object) -> Object:
        """Refuse new objects in a namespace that is going; events are let in, whose writers never look."""
        namespace = new["metadata"].get("namespace")
        if namespace and resource != "events":
            found = self._store.get("namespaces", "", namespace)
            if found is not None and "deletionTimestamp" in found["metadata"]:
                raise forbidden(
                    resource,
                    new,
                    f"unable to create new content in namespace {namespace} because it is being terminated",
                )
        return new

    def _notice(self, change: Change, now: float) -> None:
        metadata = change.object["metadata"]
        place = (change.resource, metadata.get("namespace", ""), metadata["name"])
        gone = change.type == "DELETED"
        if not gone and self._owner_is_gone(change.object):
            delete(self._world, change.resource, change.object)
        elif not gone and FOREGROUND in metadata.get("finalizers", ()):
            self._foreground[place] = None
            for plural, dependent in _dependents(self._store, metadata["uid"]):
                delete(self._world, plural, dependent, "Foreground")
        if change.resource == "pods":
            self._notice_pod(change.object, gone=gone)
        elif change.resource == "namespaces" and (gone or "deletionTimestamp" in metadata):
            self._emptying.wake(metadata["name"], now)

    def _owner_is_gone(self, stored: Object) -> bool:
        """Tell whether the object's controller is of a kind that we keep, and not there."""
        owner = controller(stored)
        described = BY_KIND.get(owner["kind"]) if owner else None
        if owner is None or described is None or described.api_version != owner["apiVersion"]:
            return False
        namespace = stored["metadata"].get("namespace", "") if described.namespaced else ""
        found = self._store.get(described.plural, namespace, owner["name"])
        return found is None or found["metadata"]["uid"] != owner["uid"]

    def _notice_pod(self, pod: Object, *, gone: bool) -> None:
        name = (pod["metadata"]["namespace"], pod["metadata"]["name"])
        if gone or not pods.is_terminal(pod):
            self._ended.pop(name, None)
        else:
            self._ended[name] = None
        if not gone and pods.is_terminating(pod) and not pod["spec"].get("nodeName"):
            self._store.delete("pods", pod)

    def _finish_foreground(self, place: Place) -> None:
        owner = self._store.get(*place)
        if owner is None or FOREGROUND not in owner["metadata"].get("finalizers", ()):
            del self._foreground[place]
        elif not _dependents(self._store, owner["metadata"]["uid"]):
            del self._foreground[place]
            self._store.delete(place[0], owner)

    def _empty(self, namespace: str, now: float) -> None:
        """Delete what a namespace holds, look again until it holds nothing, then let it go."""
        left = 0
        for plural in _CONTENT:
            for content in self._store.all(plural, namespace):
                delete(self._world, plural, content)
                left += self._store.get(plural, namespace, content["metadata"]["name"]) is not None
        found = self._store.get("namespaces", "", namespace)
        if left:
            self._emptying.wake(namespace, now + NAMESPACE_CHECK_SECONDS)
        elif found is not None:
            self._store.delete("namespaces", found)

    def _reap_ended(self) -> None:
        """Delete the ended pods beyond the threshold: evicted ones first, then the oldest."""
        surplus = len(self._ended) - self._threshold
        if surplus <= 0:
            return
        ended = [pod for name in self._ended if (pod := self._store.get("pods", *name))]
        for pod in sorted(ended, key=_reaping_order)[:surplus]:
            self._store.delete("pods", pod)


def _reaping_order(pod: Object) -> tuple[bool, str, str]:
    metadata = pod["metadata"]
    return pod["status"].get("reason") != "Evicted", metadata["creationTimestamp"], metadata["name"]


def _dependents(store: Store, uid: str) -> list[tuple[str, Object]]:
    return [(plural, dependent) for plural in BY_PLURAL for dependent in store.owned(uid, plural)]


def _disown(store: Store, resource: str, dependent: Object, uid: str) -> None:
    references = [one for one in dependent["metadata"]["ownerReferences"] if one["uid"] != uid]
    store.change(resource, dependent, metadata={"ownerReferences": references})


def _mark(world: World, resource: str, old: Object, **parts: Any) -> None:  # noqa: ANN401  JSON
    """Set an object's deletion time and the given parts, once."""
    if "deletionTimestamp" in old["metadata"]:
        return
    marks: dict[str, Any] = {"deletionTimestamp": timestamp(world.now), "deletionGracePeriodSeconds": 0}
    if "finalizers" in parts:
        marks["finalizers"] = parts.pop("finalizers")
    world.store.change(resource, old, metadata=marks, **parts)
