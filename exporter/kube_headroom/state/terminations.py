"""Container statuses -> restarts and ends since the last look, each counted once (rules R25 to R27)."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from kube_headroom.model import ContainerStatus, Termination

UNKNOWN = "unknown"
REMEMBERED_ENDS = 4


class Baseline(msgspec.Struct, frozen=True, gc=False):
    """The raw values of a container at the last look: what a check-point keeps.

    `ends` is how many of its runs had ended, `counted` the keys of the latest ones.
    """

    restart_count: int = 0
    ends: int = 0
    counted: tuple[str, ...] = ()


NEVER_RAN = Baseline()


class Progress(NamedTuple):
    """What happened since a baseline: restarts, and the reason of each end."""

    baseline: Baseline
    restarts: int
    reasons: tuple[str, ...]


def end_key(end: Termination) -> str:
    """Identify one end: its container id, or its time where the runtime gave no id."""
    return end.container_id or f"{end.finished_at:.0f}/{end.reason}/{end.exit_code}"


def _ends(status: ContainerStatus) -> int:
    """Count the runs that had ended: a container that waits after a run is counted before its restart is."""
    over = status.terminated is not None or (bool(status.waiting_reason) and status.last_terminated is not None)
    return status.restart_count + over


def baseline_of(status: ContainerStatus) -> Baseline:
    """Take a container as it is, so that only what comes later counts."""
    visible = tuple(end_key(end) for end in (status.last_terminated, status.terminated) if end)
    if not visible and not status.restart_count:
        return NEVER_RAN
    return Baseline(status.restart_count, _ends(status), visible)


def progress(baseline: Baseline, status: ContainerStatus) -> Progress:
    """Compare a status with its baseline.

    A restart count that fell was reset with the node, so its whole new value counts (R25). An end is counted
    once per container id, whatever states show it; ends that left no trace have the reason `unknown` (R26).
    """
    visible = [end for end in (status.last_terminated, status.terminated) if end]
    if status.restart_count == baseline.restart_count and not visible:
        return Progress(baseline, 0, ())
    reset = status.restart_count < baseline.restart_count
    restarts = status.restart_count - (0 if reset else baseline.restart_count)
    fresh = [end for end in visible if end_key(end) not in baseline.counted]
    ends = _ends(status)
    known_ends = 0 if reset else baseline.ends
    lost = max(0, ends - known_ends - len(fresh))
    counted = (*baseline.counted, *(end_key(end) for end in fresh))[-REMEMBERED_ENDS:]
    after = Baseline(status.restart_count, ends if reset else max(ends, known_ends), counted)
    reasons = (*(UNKNOWN for _ in range(lost)), *(end.reason or UNKNOWN for end in fresh))
    return Progress(after if after != baseline else baseline, restarts, reasons)
