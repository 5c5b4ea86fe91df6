"""When a container that could not be started, or ended too soon, is tried again."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from kube_headroom.simulator.kubelet.backoff import duration
from kube_headroom.simulator.kubelet.containers import PodContainer, Reason
from kube_headroom.simulator.kubelet.node import Node
from kube_headroom.simulator.store import Object

RETRY_SECONDS = 10.0
RESYNC_SECONDS = 60.0
JITTER = 0.5


class Attempt(NamedTuple):
    """How the start of a container went; `retry` is when its back-off ends."""

    failed: bool = False
    retry: float | None = None


def hold_back(node: Node, pod: Object, container: PodContainer, ended: float) -> float | None:
    """Return when a container may be started again, None if it may now (kuberuntime_manager.go, doBackOff).

    `ended` is when an instance last did; a container that has to wait is told why, and so is the pod by an event.
    """
    metadata = pod["metadata"]
    key = (metadata["uid"], container.name)
    if not node.crashes.waits_since(key, ended, node.now):
        node.crashes.next(key, ended, node.now)
        return None
    described = f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
    told = f"Back-off restarting failed container {container.name} in pod {described}"
    node.record(pod, ("Warning", "BackOff", told), container.field_path)
    delay = node.crashes.delay(key)
    message = f"back-off {duration(delay)} restarting failed container={container.name} pod={described}"
    container.reason = Reason("CrashLoopBackOff", message)
    return ended + delay


def retry_wait(attempts: Sequence[Attempt], now: float, chance: Random) -> float:
    """Return the seconds until the kubelet looks again after a failure (pod_workers.go, completeWork)."""
    ends = [attempt.retry for attempt in attempts if attempt.retry is not None]
    wait = min(max(min(ends) - now, 0.0), RESYNC_SECONDS) if ends else RETRY_SECONDS
    return wait * (1.0 + JITTER * chance.random())
