"""What an incident befalls: a workload or a node, found by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rapidfuzz import process

from kube_headroom.errors import UsageError
from kube_headroom.simulator.store import Object, Store


class Target(NamedTuple):
    """An object that an incident befalls; `namespace` is "" for a node."""

    resource: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    def read(self, store: Store) -> Object | None:
        """Return the object as it stands, None when it is gone."""
        return store.get(self.resource, self.namespace, self.name)


def find(store: Store, resources: Sequence[str], asked: str | None, usual: str) -> Target:
    """Return what is asked for, else the usual target, else the first of the first resource that has any.

    Raises UsageError with the nearest name for what does not exist.
    """
    known = {str(target): target for target in _targets(store, resources)}
    if asked is None:
        chosen = known.get(usual) or next(iter(known.values()), None)
        if chosen is None:
            raise UsageError(f"the simulated cluster has none of: {', '.join(resources)}")
        return chosen
    if asked not in known:
        raise UsageError(
            f"no such target {asked!r}, expected one of the {' or '.join(resources)}{nearest(asked, known)}"
        )
    return known[asked]


def nearest(asked: str, known: Sequence[str] | dict[str, Target]) -> str:
    """Return `; did you mean ...?` for the known name that is most like the one asked for, "" where none is."""
    found = process.extractOne(asked, list(known), score_cutoff=55)
    return f"; did you mean {found[0]}?" if found else ""


def _targets(store: Store, resources: Sequence[str]) -> Iterator[Target]:
    for resource in resources:
        for stored in store.all(resource):
            yield Target(resource, stored["metadata"].get("namespace", ""), stored["metadata"]["name"])
