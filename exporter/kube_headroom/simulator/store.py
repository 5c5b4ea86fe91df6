"""The simulated etcd: every object by kind, every write with a revision, a log of changes for watches.

Objects are plain JSON dictionaries that nobody changes once they are stored: a writer hands in a new one.
"""

from __future__ import annotations

import random
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from kube_headroom.simulator.kinds import BY_PLURAL

Object = dict[str, Any]
Name = tuple[str, str]
"""Namespace ("" for what has none) and name."""

KEPT_CHANGES = 20_000
WITHOUT_GENERATION = frozenset(
    {
        "leases",
        "limitranges",
        "namespaces",
        "nodes",
        "persistentvolumeclaims",
        "persistentvolumes",
        "resourcequotas",
        "services",
    }
)
"""Resources whose `spec` changes without `metadata.generation` counting it."""
_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"  # what generateName may add (apimachinery, util/rand)


class Change(NamedTuple):
    """One write; `before` is None for a creation, `object` is the last state for a deletion."""

    revision: int
    type: Literal["ADDED", "MODIFIED", "DELETED"]
    resource: str
    object: Object
    before: Object | None


class ConflictError(Exception):
    """The write cannot be done as things stand; `reason` is the API's Status reason."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


Admission = Callable[[str, Object], Object]
"""Resource and new object in, object with defaults out; raises ConflictError (Forbidden) to refuse it."""


class Store:
    """Objects, their owners and nodes, and the changes of late; `clock` gives Unix seconds."""

    def __init__(self, clock: Callable[[], float], chance: random.Random) -> None:
        self._clock = clock
        self._chance = chance
        self._objects: dict[str, dict[Name, Object]] = {plural: {} for plural in BY_PLURAL}
        self._owned: dict[str, dict[tuple[str, Name], None]] = {}
        self._on_node: dict[str, dict[Name, None]] = {}
        self.revision = 1
        self.compacted = 0
        """Changes up to this revision are forgotten: a watch from before it is answered 410."""
        self.log: deque[Change] = deque()
        self.admissions: list[Admission] = []
        self.completions: list[Admission] = []
        """What fills in what a changed spec leaves out, as decoding does; creations get it from their admissions."""
        self.listeners: list[Callable[[Change], None]] = []

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        """Return the object as stored, never to be changed in place."""
        return self._objects[resource].get((namespace, name))

    def all(self, resource: str, namespace: str = "") -> list[Object]:
        """Return the resource's objects, oldest first, of one namespace or of all."""
        objects = self._objects[resource]
        return [found for (place, _), found in objects.items() if not namespace or place == namespace]

    def count(self, resource: str) -> int:
        """Return how many objects of the resource exist."""
        return len(self._objects[resource])

    def owned(self, uid: str, resource: str) -> list[Object]:
        """Return the objects of a resource whose controller is `uid`, oldest first."""
        return [self._objects[kind][name] for kind, name in self._owned.get(uid, ()) if kind == resource]

    def pods_on(self, node: str) -> list[Object]:
        """Return the pods bound to a node, in the order they were bound."""
        return [self._objects["pods"][name] for name in self._on_node.get(node, ())]

    def create(self, resource: str, new: Object) -> Object:
        """Store a new object; fills what the API server fills in metadata. Raises ConflictError for a known name."""
        metadata = dict(new["metadata"])
        if "name" not in metadata:
            metadata["name"] = metadata["generateName"] + self.suffix()
        described = BY_PLURAL[resource]
        name = (metadata.get("namespace", ""), metadata["name"])
        if name in self._objects[resource]:
            raise ConflictError("AlreadyExists", f'{resource} "{metadata["name"]}" already exists')
        metadata.setdefault("uid", str(uuid.UUID(int=self._chance.getrandbits(128), version=4)))
        metadata.setdefault("creationTimestamp", timestamp(self._clock()))
        if "spec" in new and resource not in WITHOUT_GENERATION:
            metadata["generation"] = 1
        created = {"apiVersion": described.api_version, "kind": described.kind, **new, "metadata": metadata}
        for admit in self.admissions:
            created = admit(resource, created)
        return self._write("ADDED", resource, created, None)

    def suffix(self, length: int = 5) -> str:
        """Return letters as generateName adds them."""
        return "".join(self._chance.choice(_SUFFIX) for _ in range(length))

    def replace(self, resource: str, new: Object) -> Object:
        """Store a known object's new state; nothing happens if nothing differs. Raises ConflictError if it is gone."""
        metadata = new["metadata"]
        before = self.get(resource, metadata.get("namespace", ""), metadata["name"])
        if before is None:
            raise ConflictError("NotFound", f'{resource} "{metadata["name"]}" not found')
        if new.get("spec") != before.get("spec"):
            for complete in self.completions:
                new = complete(resource, new)
        if new == before:
            return before
        if "generation" in metadata and new.get("spec") != before.get("spec"):
            new = {**new, "metadata": {**metadata, "generation": before["metadata"]["generation"] + 1}}
        return self._write("MODIFIED", resource, new, before)

    def change(self, resource: str, old: Object, **parts: Any) -> Object:  # noqa: ANN401  JSON
        """Replace whole top-level parts (`spec`, `status`) of the object named by `old`, and fields of `metadata`.

        Starts from what is stored now, not from `old`, as a patch does. Raises ConflictError if it is gone.
        """
        metadata = old["metadata"]
        current = self.get(resource, metadata.get("namespace", ""), metadata["name"])
        if current is None or current["metadata"]["uid"] != metadata["uid"]:
            raise ConflictError("NotFound", f'{resource} "{metadata["name"]}" not found')
        merged = {**current["metadata"], **parts.pop("metadata", {})}
        return self.replace(resource, {**current, **parts, "metadata": merged})

    def delete(self, resource: str, old: Object, *, grace: float = 0) -> None:
        """Delete an object; with `grace` seconds it is only marked, and whoever runs it removes it. Gone is no error."""
        metadata = old["metadata"]
        current = self.get(resource, metadata.get("namespace", ""), metadata["name"])
        if current is None or current["metadata"]["uid"] != metadata["uid"]:
            return
        if grace > 0:
            if "deletionTimestamp" not in current["metadata"]:
                end = timestamp(self._clock() + grace)
                marks = {"deletionTimestamp": end, "deletionGracePeriodSeconds": int(grace)}
                if "generation" in current["metadata"]:
                    marks["generation"] = current["metadata"]["generation"] + 1
                self.change(resource, current, metadata=marks)
            return
        self._write("DELETED", resource, current, current)

    def compact(self) -> None:
        """Forget the log, so that every watch from before now is answered 410."""
        self.log.clear()
        self.compacted = self.revision

    def changes_after(self, revision: int) -> Iterator[Change]:
        """Return the logged changes after a revision, oldest first."""
        newer = []
        for change in reversed(self.log):
            if change.revision <= revision:
                break
            newer.append(change)
        return reversed(newer)

    def _write(
        self, kind: Literal["ADDED", "MODIFIED", "DELETED"], resource: str, new: Object, before: Object | None
    ) -> Object:
        self.revision += 1
        written = {**new, "metadata": {**new["metadata"], "resourceVersion": str(self.revision)}}
        metadata = written["metadata"]
        name = (metadata.get("namespace", ""), metadata["name"])
        gone = kind == "DELETED"
        if gone:
            del self._objects[resource][name]
        else:
            self._objects[resource][name] = written
        self._index(resource, name, before, None if gone else written)
        change = Change(self.revision, kind, resource, written, before)
        self.log.append(change)
        if len(self.log) > KEPT_CHANGES:
            self.compacted = self.log.popleft().revision
        for listen in self.listeners:
            listen(change)
        return written

    def _index(self, resource: str, name: Name, before: Object | None, after: Object | None) -> None:
        """Move the object between owners and nodes; an unchanged place keeps its turn."""
        old, new = _owner_uid(before), _owner_uid(after)
        if old != new:
            _move(self._owned, old, new, (resource, name))
        if resource == "pods":
            old, new = _node(before), _node(after)
            if old != new:
                _move(self._on_node, old, new, name)


def controller(stored: Object) -> Object | None:
    """Return the owner reference of the object's controller."""
    for reference in stored["metadata"].get("ownerReferences", ()):
        if reference.get("controller"):
            return dict(reference)
    return None


def owner_reference(owner: Object) -> Object:
    """Return the reference that makes `owner` an object's controller."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def timestamp(moment: float) -> str:
    """Return Unix seconds as the API writes them: RFC 3339, whole seconds, Z."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> float:
    """Return the Unix seconds of a timestamp that the API wrote."""
    return datetime.fromisoformat(text).timestamp()


def _owner_uid(stored: Object | None) -> str:
    owner = controller(stored) if stored else None
    return owner["uid"] if owner else ""


def _node(stored: Object | None) -> str:
    return stored["spec"].get("nodeName", "") if stored else ""


def _move(index: dict[str, dict[Any, None]], old: str, new: str, entry: object) -> None:
    if old:
        del index[old][entry]
        if not index[old]:
            del index[old]
    if new:
        index.setdefault(new, {})[entry] = None
