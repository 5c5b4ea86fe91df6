"""Rollout success: new templates that replaced all pods of the old one, against those that got stuck."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from kube_headroom.catalogue.metric import Sample
from kube_headroom.model import Controller
from kube_headroom.slo.amount import SCALE
from kube_headroom.slo.measures.account import Account
from kube_headroom.slo.objective import ClusterIndicator
from kube_headroom.snapshot import WorkloadSnapshot


class _Rollout(Enum):
    NONE = 1
    GOING_ON = 2
    STUCK = 3


class RolloutSuccess:
    """A rollout is an event once: good when all replicas are new and ready, bad when it gets stuck, whatever follows.

    Not counted: one whose workload is deleted or scaled to nothing meanwhile, and one that was stuck before we watched.
    """

    __slots__ = ("_account", "_rollout")

    def __init__(self, _: ClusterIndicator, account: Account, __: float) -> None:
        self._account = account
        self._rollout: _Rollout | None = None

    def see(self, snapshot: WorkloadSnapshot, _: Sequence[Sample], __: float) -> bool:
        """Take the rollout as it stands."""
        controller = snapshot.controller
        if not isinstance(controller, Controller):
            return False
        counts = controller.replicas
        if controller.metadata.deleting or not counts.desired:
            self._rollout = _Rollout.NONE
        elif snapshot.rollout_stuck:
            if self._rollout in (_Rollout.NONE, _Rollout.GOING_ON):
                self._account.add(SCALE, SCALE)
            self._rollout = _Rollout.STUCK
        elif counts.changing:
            if self._rollout is not _Rollout.STUCK:
                self._rollout = _Rollout.GOING_ON
        elif _is_whole(controller):
            if self._rollout is _Rollout.GOING_ON:
                self._account.add(SCALE, 0)
            self._rollout = _Rollout.NONE
        self._rollout = self._rollout or _Rollout.NONE
        return True

    def settle(self, now: float) -> None:
        """Nothing happens by time alone: the state room tells when a rollout is stuck."""


def _is_whole(controller: Controller) -> bool:
    """Whether every replica is ready and, where the counts tell, new; a partition keeps some of a StatefulSet's old."""
    counts = controller.replicas
    new = counts.updated >= counts.desired or controller.kind == "StatefulSet"
    return new and not counts.rolling and counts.ready >= counts.desired
