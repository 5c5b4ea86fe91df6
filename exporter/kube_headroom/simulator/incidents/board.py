"""The incidents that run and those to come: begun and ended by name, now or by a schedule."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import NamedTuple

from kube_headroom.errors import UsageError
from kube_headroom.simulator.incidents.catalogue import INCIDENTS, Incident
from kube_headroom.simulator.incidents.plays import Playing
from kube_headroom.simulator.incidents.target import Target, find, nearest
from kube_headroom.simulator.world import World


class Planned(NamedTuple):
    """An incident to come: `at` seconds from now, for so many `seconds` (None: until it is ended)."""

    at: float
    name: str
    target: str | None = None
    seconds: float | None = None


class Running(NamedTuple):
    """An incident that runs; times in Unix seconds, `until` None where nobody said."""

    name: str
    target: str
    since: float
    until: float | None


class _Open(NamedTuple):
    running: Running
    playing: Playing


class Incidents:
    """The part of the world that lets incidents happen."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._open: dict[tuple[str, str], _Open] = {}
        self._planned: list[tuple[float, int, Planned]] = []
        self._count = 0

    def begin(self, name: str, *, target: str | None = None, seconds: float | None = None) -> Running:
        """Begin an incident; of one that runs already, only the end is set anew.

        Raises UsageError with the nearest name for an unknown incident or target.
        """
        incident = known(name)
        found = find(self._world.store, incident.resources, target, incident.usual)
        now = self._world.now
        until = None if seconds is None else now + seconds
        key = (name, str(found))
        before = self._open.get(key)
        if before is not None:
            running = before.running._replace(until=until)
            self._open[key] = _Open(running, before.playing)
            return running
        running = Running(name, str(found), now, until)
        self._open[key] = _Open(running, _begun(incident, self._world, found))
        return running

    def end(self, name: str, *, target: str | None = None) -> tuple[Running, ...]:
        """End an incident, on one target or on all; raises UsageError when it does not run."""
        known(name)
        keys = [key for key in self._open if key[0] == name and target in (None, key[1])]
        if not keys:
            where = f" on {target}" if target else ""
            raise UsageError(f"{name} does not run{where}; running: {', '.join(map('@'.join, self._open)) or 'none'}")
        return tuple(self._close(key) for key in keys)

    def running(self) -> tuple[Running, ...]:
        """Return what runs, the longest first."""
        return tuple(opened.running for opened in self._open.values())

    def plan(self, entries: Sequence[Planned]) -> None:
        """Let incidents begin later; raises UsageError at once for what cannot happen."""
        for entry in entries:
            incident = known(entry.name)
            find(self._world.store, incident.resources, entry.target, incident.usual)
            self._count += 1
            heapq.heappush(self._planned, (self._world.now + entry.at, self._count, entry))

    def step(self, now: float) -> None:
        """Begin what is due, go on with what runs, end what is over."""
        while self._planned and self._planned[0][0] <= now:
            _, _, entry = heapq.heappop(self._planned)
            self.begin(entry.name, target=entry.target, seconds=entry.seconds)
        for key, opened in [*self._open.items()]:
            until = opened.running.until
            if until is not None and now >= until:
                self._close(key)
            else:
                next(opened.playing, None)

    def _close(self, key: tuple[str, str]) -> Running:
        opened = self._open.pop(key)
        opened.playing.close()
        return opened.running


def known(name: str) -> Incident:
    """Return the incident of a name; raises UsageError with the nearest one."""
    incident = INCIDENTS.get(name)
    if incident is None:
        raise UsageError(f"no such incident {name!r}{nearest(name, list(INCIDENTS))}; known: {', '.join(INCIDENTS)}")
    return incident


def _begun(incident: Incident, world: World, target: Target) -> Playing:
    """Set the causes at once, so that what cannot be set is told to whoever asked."""
    playing = incident.play(world, target)
    next(playing)
    return playing
