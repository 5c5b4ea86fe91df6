"""The Deployment controller: one ReplicaSet per pod template, and pods moved from the old ones to the new one."""

from __future__ import annotations

from kube_headroom.simulator.controllers.pods import condition
from kube_headroom.simulator.controllers.queue import Queue
from kube_headroom.simulator.controllers.rollout import Rollout
from kube_headroom.simulator.controllers.rollout_status import deadline, is_complete
from kube_headroom.simulator.store import Object, moment
from kube_headroom.simulator.world import World


class Deployments:
    """A part of the world; the rules are those of `pkg/controller/deployment`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._queue = Queue(world.store, "deployments", ("replicasets",))

    def step(self, now: float) -> None:
        """Take every rollout whose Deployment or ReplicaSets changed a step further."""
        for deployment in self._queue.take(now):
            rollout = Rollout(self._world, deployment, now)
            refused = rollout.run()
            if refused:
                self._queue.failed(deployment, now)
            else:
                self._queue.succeeded(deployment)
            self._look_again(rollout.deployment)

    def _look_again(self, deployment: Object) -> None:
        """Come back when the progress deadline is over, if progress is awaited."""
        seconds = deadline(deployment)
        progressing = condition(deployment, "Progressing")
        if seconds is None or progressing is None or progressing.get("reason") == "ProgressDeadlineExceeded":
            return
        if not is_complete(deployment, deployment.get("status", {})):
            self._queue.again(deployment, moment(progressing["lastUpdateTime"]) + seconds + 1)
