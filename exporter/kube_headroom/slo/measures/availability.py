"""Availability: the seconds in which a workload that wants replicas has as many ready ones as it needs."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

from kube_headroom.catalogue.metric import Sample
from kube_headroom.model import Controller
from kube_headroom.slo.measures.account import Account, microseconds
from kube_headroom.slo.objective import ClusterIndicator
from kube_headroom.snapshot import WorkloadSnapshot

CONTROLLED = ("Deployment", "StatefulSet", "DaemonSet")
"""Kinds whose controller says how many replicas are desired and ready: without it neither is known."""


class Lowest:
    """The lowest number of replicas that was desired at any time of the last `settle` seconds."""

    __slots__ = ("_falls", "_settle")

    def __init__(self, settle: int, desired: int) -> None:
        self._settle = settle
        # Rising numbers, each with the moment at which the next took its place; the last is desired still.
        self._falls: deque[tuple[int, float]] = deque([(desired, math.inf)])

    @property
    def desired(self) -> int:
        """What is desired now."""
        return self._falls[-1][0]

    @property
    def value(self) -> int:
        """What was desired all the time."""
        return self._falls[0][0]

    @property
    def until(self) -> float:
        """When the value changes by time alone, in microseconds; infinite if it does not."""
        return self._falls[0][1] + self._settle

    def expire(self) -> None:
        """Forget the lowest, its time being over."""
        self._falls.popleft()

    def want(self, desired: int, at: int) -> None:
        """Desire another number from `at` on."""
        if desired == self.desired:
            return
        last, _ = self._falls.pop()
        self._falls.append((last, at))
        while self._falls and self._falls[-1][0] >= desired:
            self._falls.pop()
        self._falls.append((desired, math.inf))


class Availability:
    """Time-weighted; `needed` = ceil(share x the lowest desired of the last `settle` seconds), nothing counts while none is desired."""

    __slots__ = ("_account", "_at", "_lowest", "_ready", "_settle", "_share")

    def __init__(self, indicator: ClusterIndicator, account: Account, _: float) -> None:
        self._share = indicator.needed
        self._settle = microseconds(indicator.settle)
        self._account = account
        self._at = 0
        self._ready = 0
        self._lowest: Lowest | None = None

    def see(self, snapshot: WorkloadSnapshot, _: Sequence[Sample], now: float) -> bool:
        """Take the counts of the controller, or of the pods where none is read."""
        self.settle(now)
        counts = _counts(snapshot)
        if counts is None:
            self._lowest = None
            return False
        desired, self._ready = counts
        if self._lowest is None:
            self._lowest = self._begun(snapshot, desired)
        self._lowest.want(desired, self._at)
        return True

    def settle(self, now: float) -> None:
        """Count the seconds since the last look, cut where what is needed changes."""
        end, lowest = microseconds(now), self._lowest
        while lowest is not None and self._at < end:
            until = int(min(end, lowest.until))
            seconds = until - self._at if lowest.desired > 0 else 0
            needed = math.ceil(self._share * lowest.value)
            self._account.add(seconds, seconds if self._ready < needed else 0)
            self._at = until
            if lowest.until <= self._at:
                lowest.expire()
        self._at = max(self._at, end)

    def _begun(self, snapshot: WorkloadSnapshot, desired: int) -> Lowest:
        """What was desired before we looked is unknown, and taken to be what is desired now; but a workload began with nothing."""
        created = snapshot.controller.metadata.created if snapshot.controller is not None else 0.0
        began = microseconds(created)
        if began + self._settle <= self._at:
            return Lowest(self._settle, desired)
        lowest = Lowest(self._settle, 0)
        lowest.want(desired, min(began, self._at))
        return lowest


def _counts(snapshot: WorkloadSnapshot) -> tuple[int, int] | None:
    """Desired and ready replicas; what is being deleted is desired no more. None while they are unknown."""
    controller = snapshot.controller
    if isinstance(controller, Controller):
        if controller.metadata.deleting:
            return 0, 0
        return controller.replicas.desired, controller.replicas.ready
    if snapshot.workload.workload_kind in CONTROLLED:
        return None
    pods = [pod for pod in snapshot.pods if not pod.terminal and not pod.deleting]
    return len(pods), sum(pod.ready for pod in pods)
