"""What a controller has to look at: what changed, whose pods changed, whose time has come, what failed before."""

from __future__ import annotations

from collections.abc import Sequence

from kube_headroom.simulator.controllers.timers import Timers
from kube_headroom.simulator.kinds import BY_PLURAL
from kube_headroom.simulator.store import Name, Object, Store, controller
from kube_headroom.simulator.world import Marks

FIRST_RETRY_SECONDS = 0.005
LONGEST_RETRY_SECONDS = 1000.0
"""The exponential back-off of client-go's workqueue (DefaultTypedControllerRateLimiter)."""


class Queue:
    """The work queue of a controller of one resource, which wakes for changes of what its objects own."""

    def __init__(self, store: Store, resource: str, owned: Sequence[str]) -> None:
        """Begin with every object that exists."""
        self._store = store
        self._resource = resource
        self._kind = BY_PLURAL[resource].kind
        self._marks = Marks(store, (resource, *owned))
        self._timers: Timers[Name] = Timers()
        self._failures: dict[Name, int] = {}
        self._added: dict[Name, None] = {}
        self.add_all()

    def add_all(self) -> None:
        """Make every object due."""
        self._added.update(dict.fromkeys(name_of(stored) for stored in self._store.all(self._resource)))

    def take(self, now: float) -> list[Object]:
        """Return the objects that are due, once each, as they are stored now."""
        due = self._added
        self._added = {}
        for change in self._marks.take():
            if change.resource == self._resource:
                due[name_of(change.object)] = None
            elif (owner := controller(change.object)) is not None and owner["kind"] == self._kind:
                due[change.object["metadata"].get("namespace", ""), owner["name"]] = None
        due.update(dict.fromkeys(self._timers.take(now)))
        found = []
        for name in due:
            stored = self._store.get(self._resource, *name)
            if stored is not None:
                found.append(stored)
            else:
                self._timers.cancel(name)
                self._failures.pop(name, None)
        return found

    def again(self, stored: Object, at: float) -> None:
        """Return the object again at `at` (Unix seconds), unless it is due before."""
        self._timers.wake(name_of(stored), at)

    def failed(self, stored: Object, now: float) -> None:
        """Return the object again after a back-off that doubles with each failure in a row."""
        name = name_of(stored)
        failures = self._failures.get(name, 0)
        self._failures[name] = failures + 1
        self.again(stored, now + min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2.0 ** min(failures, 30)))

    def succeeded(self, stored: Object) -> None:
        """Forget the object's failures."""
        self._failures.pop(name_of(stored), None)


def name_of(stored: Object) -> Name:
    """Return an object's namespace and name."""
    metadata = stored["metadata"]
    return metadata.get("namespace", ""), metadata["name"]
