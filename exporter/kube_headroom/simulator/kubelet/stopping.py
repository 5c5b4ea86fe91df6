"""How a pod's containers are stopped: in which order, how long each takes, what becomes of those that never ran."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from kube_headroom.simulator.kubelet.containers import KILLED, TERMINATED, PodContainer, of_kind
from kube_headroom.simulator.kubelet.runtime import RunningContainer

STOP_SECONDS = (0.1, 1.9)
"""What a program takes to end after SIGTERM."""
LEAST_GRACE = 2.0
"""A container has at least this long to end (minimumGracePeriodInSeconds)."""


def order_of_end(containers: Sequence[PodContainer]) -> list[list[PodContainer]]:
    """Return who is stopped together: the containers first, then the sidecars, the last one first (KEP-753)."""
    sidecars = [[sidecar] for sidecar in reversed(of_kind(containers, "sidecar"))]
    return [of_kind(containers, "init", "main"), *sidecars]


def end_of(process: RunningContainer, grace: float, now: float, chance: Random) -> tuple[float, int]:
    """Return the seconds that a process takes to end after SIGTERM, and its exit code.

    One that hangs is killed when the grace period is over; one that has not started, or is not well, dies of the
    signal; any other handles it and ends well.
    """
    program = process.program
    age = now - process.started
    grace = max(grace, LEAST_GRACE)
    if program.hangs_after is not None and age >= program.hangs_after:
        return grace, KILLED
    handles = age >= program.start_seconds and program.healthy
    return min(chance.uniform(*STOP_SECONDS), grace), 0 if handles else TERMINATED


def note_unlocated(containers: Sequence[PodContainer]) -> None:
    """Let containers that never ran end too, unless the pod was never initialized (status_manager.go, TerminatePod)."""
    if not all(each.ready or each.id for each in of_kind(containers, "init", "sidecar")):
        return
    for container in of_kind(containers, "main"):
        if container.terminated is None:
            container.terminated = {
                "exitCode": KILLED,
                "reason": "ContainerStatusUnknown",
                "message": "The container could not be located when the pod was terminated",
                "startedAt": None,
                "finishedAt": None,
            }
