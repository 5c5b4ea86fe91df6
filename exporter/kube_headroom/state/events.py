"""Events: counted per workload by the growth of their counts, a bounded vocabulary of reasons, nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from kube_headroom.catalogue import workloads as series
from kube_headroom.catalogue.labels import Workload
from kube_headroom.model import Event
from kube_headroom.state.ledger import Ledger
from kube_headroom.state.workloads import Workloads

OTHER = "other"
EVENT_TYPES = ("Normal", "Warning")
PENDING_LIMIT = 10_000
WORKLOAD_KINDS = frozenset(
    ("Pod", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "HorizontalPodAutoscaler")
)
"""Kinds whose events belong to a workload; those of others (nodes, claims) are not counted here."""


class Events:
    """Counts of events; one whose workload is not known yet waits, and is counted as unattributed when it waits too long.

    `workload_of` names the workload of an event's involved object, None while it is not known.
    """

    def __init__(
        self,
        workloads: Workloads,
        ledger: Ledger,
        workload_of: Callable[[Event], Workload | None],
        reasons: Collection[str],
    ) -> None:
        self.unattributed = 0
        self._workloads = workloads
        self._ledger = ledger
        self._workload_of = workload_of
        self._reasons = frozenset(reasons)
        self._pending: dict[str, tuple[Event, float]] = {}

    def upsert(self, event: Event, now: float) -> None:
        """Count what the event says beyond what was counted of it."""
        uid = event.metadata.uid
        if event.involved_kind not in WORKLOAD_KINDS:
            return
        if uid not in self._ledger.events and not self._ledger.counts_from_zero(event.metadata.created):
            self._ledger.set_event(uid, event.count)
            return
        workload = self._workload_of(event)
        if workload is not None:
            self._pending.pop(uid, None)
            self._add(event, workload)
        elif uid in self._pending or len(self._pending) < PENDING_LIMIT:
            _, since = self._pending.get(uid, (event, now))
            self._pending[uid] = (event, since)
        else:
            self._lose(event)

    def remove(self, event: Event) -> None:
        """Let go of an event that expired."""
        uid = event.metadata.uid
        if uid in self._pending:
            self._lose(event)
        self._ledger.forget_event(uid)

    def replace(self, namespace: str, events: Mapping[str, Event], now: float) -> None:
        """Take a whole list; what it lacks has expired. A list of one namespace cannot tell that of the others."""
        for event in events.values():
            self.upsert(event, now)
        if not namespace:
            for uid in [uid for uid in self._ledger.events if uid not in events]:
                self._ledger.forget_event(uid)

    def retry(self, now: float, owner_wait: float) -> None:
        """Count the events whose workload came meanwhile."""
        for event, since in [*self._pending.values()]:
            workload = self._workload_of(event)
            if workload is not None:
                del self._pending[event.metadata.uid]
                self._add(event, workload)
            elif now - since >= owner_wait:
                self._lose(event)

    def _add(self, event: Event, workload: Workload) -> None:
        uid = event.metadata.uid
        before = self._ledger.events.get(uid, 0)
        grown = event.count - before if event.count >= before else event.count
        if grown:
            reason = event.reason if event.reason in self._reasons else OTHER
            event_type = event.event_type if event.event_type in EVENT_TYPES else OTHER
            self._workloads.entry(workload).count(series.EVENTS, (reason, event_type), grown)
        self._ledger.set_event(uid, event.count)

    def _lose(self, event: Event) -> None:
        uid = event.metadata.uid
        self._pending.pop(uid, None)
        self.unattributed += max(0, event.count - self._ledger.events.get(uid, 0))
        self._ledger.set_event(uid, event.count)
