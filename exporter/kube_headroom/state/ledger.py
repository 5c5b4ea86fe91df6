"""The raw baselines: what was counted already, per object, so that nothing counts twice or is lost."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import NamedTuple

from kube_headroom.state.terminations import NEVER_RAN, Baseline
from kube_headroom.state.usage.baselines import NodeBaseline

Containers = dict[str, Baseline]


class Row(NamedTuple):
    """One row of the ledger; `value` is None where the row is to be forgotten."""

    table: str
    key: str
    value: Containers | int | NodeBaseline | None


CONTAINERS, EVENTS, ONCE, USAGE = "containers", "events", "once", "usage"

FETCH_SECONDS = 10.0
"""A page that nobody has fetched after so long is taken for one that nobody will."""


class Shown(NamedTuple):
    """Rows as the page of a moment shows them; Unix time."""

    at: float
    rows: dict[tuple[str, str], Row]


class Ledger:
    """Baselines of containers and events by uid, and the uids whose one end was counted (jobs, evicted pods).

    `usage` holds a check-point's baselines of kubelets' counters by node, until the usage room takes them up;
    `watched_since` is when this process began, or the one whose check-point it took up wrote it last.

    A container that never restarted nor ended has no row: its baseline is `NEVER_RAN`. So after a resume
    what is not in the ledger had not happened yet, and counts from zero.
    """

    def __init__(self, started_at: float, *, resumed: bool = False, saved: bool = True) -> None:
        """`saved` says that somebody takes the changes; nothing else would ever let go of them."""
        self.saved = saved
        self.started_at = started_at
        self.watched_since = started_at
        self.resumed = resumed
        self.usage: dict[str, NodeBaseline] = {}
        self.containers: dict[str, Containers] = {}
        self.events: dict[str, int] = {}
        self.once: set[str] = set()
        self._changed: set[tuple[str, str]] = set()
        self._shown: list[Shown] = []

    def counts_from_zero(self, created: float) -> bool:
        """Whether an object seen for the first time began while we, or the check-point, were watching."""
        return self.resumed or created >= self.started_at

    def baseline(self, uid: str, container: str) -> Baseline:
        """Return the last counted state of a container."""
        row = self.containers.get(uid)
        return NEVER_RAN if row is None else row.get(container, NEVER_RAN)

    def set_baseline(self, uid: str, container: str, baseline: Baseline) -> None:
        """Note what of a container is counted now."""
        if baseline == self.baseline(uid, container):
            return
        self.containers.setdefault(uid, {})[container] = baseline
        self._note((CONTAINERS, uid))

    def set_event(self, uid: str, count: int) -> None:
        """Note how much of an event is counted now."""
        if self.events.get(uid) != count:
            self.events[uid] = count
            self._note((EVENTS, uid))

    def first_time(self, uid: str) -> bool:
        """Note that the one end of an object was counted; False if it was before."""
        if uid in self.once:
            return False
        self.once.add(uid)
        self._note((ONCE, uid))
        return True

    def forget(self, uid: str) -> None:
        """Drop an object that is gone from the API server."""
        if self.containers.pop(uid, None) is not None:
            self._note((CONTAINERS, uid))
        if uid in self.once:
            self.once.discard(uid)
            self._note((ONCE, uid))

    def forget_event(self, uid: str) -> None:
        """Drop an event that is gone from the API server."""
        if self.events.pop(uid, None) is not None:
            self._note((EVENTS, uid))

    def keep_only(self, pods_and_jobs: Collection[str]) -> None:
        """Drop what a check-point knows of objects that a whole list no longer has."""
        for uid in [uid for uid in (*self.containers, *self.once) if uid not in pods_and_jobs]:
            self.forget(uid)

    def mark(self, at: float, fetched: float) -> None:
        """Note that the next page shows what is counted now, and of when the last page is that somebody fetched."""
        if self._changed:
            self._shown.append(Shown(at, self._rows()))
        merged: list[Shown] = []
        for one in self._shown:
            before = merged[-1] if merged else None
            if before and (one.at <= fetched or fetched < before.at <= one.at < at - FETCH_SECONDS):
                merged[-1] = Shown(one.at, before.rows | one.rows)
            else:
                merged.append(one)
        self._shown = merged

    def take_changes(self, fetched: float = math.inf) -> list[Row]:
        """Return the rows that changed since the last call, as the page of `fetched` shows them; by default as they are.

        What no page showed that somebody fetched is kept back: whoever scrapes has not seen it, so that the next
        process must count it.
        """
        if fetched == math.inf:
            self._shown.append(Shown(fetched, self._rows()))
        taken: dict[tuple[str, str], Row] = {}
        while self._shown and self._shown[0].at <= fetched:
            taken.update(self._shown.pop(0).rows)
        return [taken[change] for change in sorted(taken)]

    def give_back(self, rows: Collection[Row]) -> None:
        """Take back rows that could not be written."""
        self._shown.insert(0, Shown(-math.inf, {(row.table, row.key): row for row in rows}))

    def restore(self, rows: Iterator[Row], saved_at: float) -> None:
        """Fill the ledger from a check-point that was written at `saved_at`."""
        self.watched_since = saved_at
        for table, key, value in rows:
            if isinstance(value, NodeBaseline):
                self.usage[key] = value
            elif isinstance(value, dict):
                self.containers[key] = value
            elif table == EVENTS and value is not None:
                self.events[key] = value
            elif table == ONCE:
                self.once.add(key)
        self.resumed = True

    def _note(self, change: tuple[str, str]) -> None:
        if self.saved:
            self._changed.add(change)

    def _rows(self) -> dict[tuple[str, str], Row]:
        rows = {change: Row(*change, self._value(*change)) for change in self._changed}
        self._changed.clear()
        return rows

    def _value(self, table: str, key: str) -> Containers | int | None:
        if table == CONTAINERS:
            row = self.containers.get(key)
            return None if row is None else dict(row)
        if table == EVENTS:
            return self.events.get(key)
        return 1 if key in self.once else None
