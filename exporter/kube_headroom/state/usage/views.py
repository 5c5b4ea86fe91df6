"""What the signals see of a workload's usage: sums over its measured containers, beside how many there should be."""

from __future__ import annotations

from collections.abc import Iterable

from kube_headroom.catalogue.labels import Workload
from kube_headroom.snapshot import ContainerUsage, UsageSnapshot
from kube_headroom.state.usage.intake import Intake
from kube_headroom.state.usage.nodes import is_measured
from kube_headroom.state.usage.totals import ContainerTotals, WorkloadTotals
from kube_headroom.state.usage.tracks import PodTrack


class _Sums:
    """Sums of one container over its measured replicas."""

    __slots__ = ("cpu_request", "measured", "memory_request", "working_set")

    def __init__(self) -> None:
        self.measured = 0
        self.working_set = 0.0
        self.cpu_request: float | None = None
        self.memory_request: float | None = None


def usage_of(
    workload: Workload, totals: WorkloadTotals, pods: Iterable[PodTrack], intake: Intake, now: float
) -> UsageSnapshot:
    """View a workload now."""
    sums: dict[str, _Sums] = {}
    expected = measured = 0
    for pod in pods:
        facts = pod.pod
        if facts is None or facts.terminal:
            continue
        needs = intake.needs(facts.resources)
        for status in facts.statuses:
            asked = needs.get(status.name)
            if asked is None or not status.running:
                continue
            expected += asked.runs
            if not is_measured(pod, status.name):
                continue
            measured += asked.runs
            track = pod.container(status.name)
            one = sums.setdefault(status.name, _Sums())
            one.measured += 1
            one.working_set += track.working_set if track is not None else 0.0
            if asked.runs and asked.cpu_request is not None:
                one.cpu_request = (one.cpu_request or 0.0) + asked.cpu_request
            if asked.runs and asked.memory_request is not None:
                one.memory_request = (one.memory_request or 0.0) + asked.memory_request
    names = sorted({*sums, *totals.containers})
    return UsageSnapshot(
        workload=workload,
        expected=expected,
        measured=measured,
        containers=tuple(
            _container(name, sums.get(name), totals.containers.get(name), (now, intake.limits.peak_window))
            for name in names
        ),
        throttled=totals.throttled,
        pressure=tuple(totals.pressure),
        probes=tuple(totals.probes.samples(now)),
    )


def _container(
    name: str, sums: _Sums | None, totals: ContainerTotals | None, window: tuple[float, float]
) -> ContainerUsage:
    peak = totals.peaks.highest(*window) if totals is not None else None
    return ContainerUsage(
        name=name,
        working_set=sums.working_set if sums is not None else None,
        cpu_request=sums.cpu_request if sums is not None else None,
        memory_request=sums.memory_request if sums is not None else None,
        peak=peak[0] if peak is not None else None,
        peak_share=(peak[1] or None) if peak is not None else None,
        cpu_seconds=totals.cpu if totals is not None else None,
        cfs=(*totals.cfs,) if totals is not None and totals.cfs is not None else (),
    )
