"""All workloads, which of them changed, and when time alone will change one."""

from __future__ import annotations

import heapq

from kube_headroom.catalogue.labels import Workload
from kube_headroom.catalogue.metric import Sample
from kube_headroom.state.entry import Entry
from kube_headroom.state.ownership import Owners

SHOWN_HOLDS = 3
"""A workload that is gone still shows its counters for so many times as long as a newborn counter is held at 0.

What it counted last, as a bare pod does that is evicted, is then scraped twice after its own hold.
"""


class Workloads:
    """Entries by workload; an empty one is kept a while, since the same name made again is the same workload."""

    def __init__(self, owners: Owners, *, hold: float, kept_after: float) -> None:
        self.entries: dict[Workload, Entry] = {}
        self.changed: set[Workload] = set()
        self.resized: set[Workload] = set()
        self.departed: set[Workload] = set()
        """Those that are gone and still show their counters, those that came back since among them."""
        self._owners = owners
        self._hold = hold
        self._kept_after = kept_after
        self._due: list[tuple[float, Workload]] = []

    def entry(self, workload: Workload) -> Entry:
        """Return the workload's entry, made on first use, and mark it changed."""
        self.changed.add(workload)
        entry = self.entries.get(workload)
        if entry is None:
            entry = self.entries[workload] = Entry(workload, self._hold)
        return entry

    def settle(self, entry: Entry, now: float) -> None:
        """Note whether the workload still exists after a change."""
        if not entry.empty:
            entry.vacated_at = None
        elif entry.vacated_at is None:
            entry.vacated_at = now
            self.departed.add(entry.workload)
            self.wake(entry.workload, now + SHOWN_HOLDS * self._hold)
            self.wake(entry.workload, now + self._kept_after)

    def wake(self, workload: Workload, at: float) -> None:
        """Mark the workload changed when `at` comes."""
        heapq.heappush(self._due, (at, workload))

    def tick(self, now: float) -> None:
        """Mark what time changed, and drop what has been empty for long enough."""
        while self._due and self._due[0][0] <= now:
            _, workload = heapq.heappop(self._due)
            entry = self.entries.get(workload)
            if entry is None:
                continue
            if entry.vacated_at is not None and entry.vacated_at + self._kept_after <= now and not entry.autoscalers:
                del self.entries[workload]
                self._owners.release(workload)
            else:
                self.changed.add(workload)

    def counters(self, entry: Entry, now: float) -> tuple[Sample, ...]:
        """Return a workload's counters as they may be shown, and mark it changed when a held one may be."""
        shown = tuple(entry.tally.samples(now))  # begins the hold of what is new, which `due` then knows
        due = entry.tally.due(now)
        if due is not None:
            self.wake(entry.workload, due)
        return shown

    def last_counters(self, workload: Workload, now: float) -> tuple[Sample, ...]:
        """Return the counters of a workload that went lately, none if it counted nothing."""
        entry = self.entries.get(workload)
        if entry is None or entry.vacated_at is None or now >= entry.vacated_at + SHOWN_HOLDS * self._hold:
            self.departed.discard(workload)
            return ()
        return self.counters(entry, now) if entry.tally.counted else ()

    def of_namespace(self, namespace: str) -> list[Workload]:
        """Return the workloads of a namespace."""
        return [workload for workload in self.entries if workload.namespace == namespace]

    def on_node(self, node: str) -> list[Workload]:
        """Return the workloads with a pod on the node; a walk over all pods, for the rare change of a node."""
        return [
            workload for workload, entry in self.entries.items() if any(pod.node == node for pod in entry.pods.values())
        ]
