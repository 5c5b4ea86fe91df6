"""Scheduling latency: pods that got a node soon enough, judged when they get it or when the time is over."""

from __future__ import annotations

from collections.abc import Sequence

from kube_headroom.catalogue.metric import Sample
from kube_headroom.model import Pod
from kube_headroom.slo.amount import SCALE
from kube_headroom.slo.measures.account import Account
from kube_headroom.slo.objective import ClusterIndicator
from kube_headroom.snapshot import WorkloadSnapshot

LATE_NEWS = 5.0
"""Seconds that the news of a pod bound in time may take to us, before it is judged without them."""


class SchedulingLatency:
    """A pod is an event once; a pod's time begins with its creation, or when its scheduling gates are seen to be gone.

    Not counted: mirror pods and pods made with a node, which no scheduler sees; pods that were bound, or whose time
    was over, before we watched; pods that went before either.
    """

    __slots__ = ("_account", "_gated", "_judged", "_since", "_waiting", "_within")

    def __init__(self, indicator: ClusterIndicator, account: Account, since: float) -> None:
        self._account = account
        self._within = indicator.within
        self._since = since
        self._judged: set[str] = set()
        self._gated: set[str] = set()
        self._waiting: dict[str, float] = {}

    def see(self, snapshot: WorkloadSnapshot, _: Sequence[Sample], now: float) -> bool:
        """Judge the pods that were bound since the last look."""
        for pod in snapshot.pods:
            if pod.uid not in self._judged:
                self._look(pod, now)
        present = {pod.uid for pod in snapshot.pods}
        self._judged &= present
        self._gated &= present
        self._waiting = {uid: start for uid, start in self._waiting.items() if uid in present}
        return True

    def settle(self, now: float) -> None:
        """Judge the pods whose time is over."""
        late = [uid for uid, start in self._waiting.items() if now >= start + self._within + LATE_NEWS]
        for uid in late:
            self._judge(uid, good=False)

    def _look(self, pod: Pod, now: float) -> None:
        if pod.mirror or pod.terminal:
            self._dismiss(pod.uid)
        elif pod.gated:
            self._gated.add(pod.uid)
        elif pod.node:
            self._bound(pod, now)
        elif pod.deleting:
            self._dismiss(pod.uid)
        elif pod.uid not in self._waiting:
            start = now if pod.uid in self._gated else pod.created
            if start < self._since and start + self._within <= now:
                self._dismiss(pod.uid)
            else:
                self._waiting[pod.uid] = start

    def _bound(self, pod: Pod, now: float) -> None:
        watched = pod.uid in self._waiting or pod.uid in self._gated
        if watched or (pod.created >= self._since and pod.scheduled):
            start = self._waiting.get(pod.uid, now if pod.uid in self._gated else pod.created)
            self._judge(pod.uid, good=(pod.scheduled or now) - start <= self._within)
        else:
            self._dismiss(pod.uid)

    def _judge(self, uid: str, *, good: bool) -> None:
        self._account.add(SCALE, 0 if good else SCALE)
        self._dismiss(uid)

    def _dismiss(self, uid: str) -> None:
        self._waiting.pop(uid, None)
        self._judged.add(uid)
