"""A resource's objects as they were at a revision: what the pages of one list show."""

from __future__ import annotations

from typing import NamedTuple

from kube_headroom.simulator.store import Change, Object, Store


class CompactedError(Exception):
    """The revision is older than what the store's log remembers."""


class Snapshot(NamedTuple):
    """Objects in the order of their keys (`namespace/name`, or `name`): etcd's order."""

    keys: tuple[str, ...]
    objects: tuple[Object, ...]


class History:
    """Snapshots of a store; of each resource the one asked for last is kept, for its list's next page."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[str, tuple[int, Snapshot]] = {}
        self._begun = store.revision
        self._last_change: dict[str, int] = {}
        store.listeners.append(self._hear)

    def at(self, resource: str, revision: int) -> Snapshot:
        """Return the resource's objects at a revision that the store has reached; raises CompactedError."""
        if revision < self._store.compacted:
            raise CompactedError
        newer = self._changes(resource, revision)
        state = newer[0].revision - 1 if newer else self._last_change.get(resource, self._begun)
        kept = self._kept.get(resource)
        if kept is None or kept[0] != state:
            kept = (state, self._undone(resource, newer))
            self._kept[resource] = kept
        return kept[1]

    def _hear(self, change: Change) -> None:
        self._last_change[change.resource] = change.revision

    def _changes(self, resource: str, revision: int) -> list[Change]:
        if self._last_change.get(resource, self._begun) <= revision:
            return []
        return [change for change in self._store.changes_after(revision) if change.resource == resource]

    def _undone(self, resource: str, newer: list[Change]) -> Snapshot:
        objects = {key(stored): stored for stored in self._store.all(resource)}
        for change in reversed(newer):
            if change.before is None:
                del objects[key(change.object)]
            else:
                objects[key(change.before)] = change.before
        keys = tuple(sorted(objects))
        return Snapshot(keys, tuple(objects[name] for name in keys))


def key(stored: Object) -> str:
    """Return where etcd keeps an object, below its resource."""
    metadata = stored["metadata"]
    namespace = metadata.get("namespace", "")
    return f"{namespace}/{metadata['name']}" if namespace else str(metadata["name"])
