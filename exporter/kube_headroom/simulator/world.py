"""The simulated world: one clock, one seed, and parts that each do in turn what is due."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol, TypeVar

from kube_headroom.simulator.events import Recorder
from kube_headroom.simulator.kubelet.runtime import Machine
from kube_headroom.simulator.program import Registry
from kube_headroom.simulator.store import Change, Store


class Part(Protocol):
    """Something that acts in the world; called once per tick, in the order the parts were added."""

    def step(self, now: float) -> None:
        """Do what is due at `now` (Unix seconds); costs nothing when nothing is."""


_Kind = TypeVar("_Kind")


class World:
    """Objects, images and parts; the same seed and the same calls give the same bytes."""

    def __init__(self, *, seed: int, start: float, tick: float = 1.0, kubernetes: str = "v1.36.3") -> None:
        """Begin at `start` (Unix seconds) and step by `tick` seconds."""
        self.now = start
        self.tick = tick
        self.kubernetes = kubernetes
        self._seed = seed
        self.store = Store(lambda: self.now, self.chance("store"))
        self.events = Recorder(self.store, lambda: self.now)
        self.registry = Registry()
        self.machines: dict[str, Machine] = {}
        """By node name."""
        self.parts: list[Part] = [self.events]

    def chance(self, *path: str) -> random.Random:
        """Return a stream of random numbers of its own for a name: a new consumer moves nobody else's numbers."""
        return random.Random(f"{self._seed}/{'/'.join(path)}")  # noqa: S311  a simulation, not a secret

    def add(self, *parts: Part) -> None:
        """Let parts act, after those that are there."""
        self.parts.extend(parts)

    def part(self, kind: type[_Kind]) -> _Kind:
        """Return the world's part of a class. Raises LookupError if it has none."""
        for part in self.parts:
            if isinstance(part, kind):
                return part
        raise LookupError(f"this world has no {kind.__name__}")

    def advance(self, until: float) -> None:
        """Step until the clock shows `until`, or the last tick before it."""
        while self.now + self.tick <= until:
            self.now += self.tick
            for part in self.parts:
                part.step(self.now)


class Marks:
    """The names of objects of some resources that changed since they were last taken: a controller's work queue."""

    def __init__(self, store: Store, resources: Sequence[str]) -> None:
        self._resources = frozenset(resources)
        self._changes: dict[tuple[str, str, str], Change] = {}
        store.listeners.append(self._hear)

    def _hear(self, change: Change) -> None:
        if change.resource in self._resources:
            metadata = change.object["metadata"]
            self._changes[change.resource, metadata.get("namespace", ""), metadata["name"]] = change

    def take(self) -> list[Change]:
        """Return the last change of each object, in the order they were first marked, and forget them."""
        taken = list(self._changes.values())
        self._changes.clear()
        return taken
