"""Rows of `/metrics/cadvisor`: CFS counts of containers, and of pods what their own cgroups hold (R41, R42)."""

from __future__ import annotations

from typing import Final

from kube_headroom.readings import CadvisorPage, Cgroup, Usage
from kube_headroom.state.usage.growth import INVALID, UNLABELLED, gained, reading
from kube_headroom.state.usage.intake import Intake, Moment, born
from kube_headroom.state.usage.rest import Rests
from kube_headroom.state.usage.tracks import ID_LENGTH, ContainerTrack, NodeTrack, PodTrack

NO_PRESSURE: Final = (None, None)
FIRST_PRESSURE: Final = 3
"""The first column of a pod's row that holds PSI."""


class Cgroups:
    """Takes cAdvisor's pages."""

    def __init__(self, intake: Intake, rests: Rests) -> None:
        self._intake = intake
        self._rests = rests

    def take(self, node: NodeTrack, page: CadvisorPage, moment: Moment, *, usage: bool) -> None:
        """Count a page; `usage` says that its CPU and memory count too, for want of `/metrics/resource`."""
        node.pressure = page.pressure
        if not page.labelled:
            self._intake.refused[UNLABELLED] += len(page.containers)
        for row in page.containers if page.labelled else ():
            pod = self._intake.pod_of(node, row.pod_uid, (row.namespace, row.pod))
            if pod is not None:
                self._container(pod, row, moment, usage=usage)
        touched = []
        for row in page.pods:
            pod = self._intake.pod_of(node, row.pod_uid, (row.namespace, row.pod))
            if pod is not None:
                self._pod(pod, row, moment)
                touched.append(pod)
        for pod in touched:
            self._rests.look(pod)

    def _container(self, pod: PodTrack, row: Cgroup, moment: Moment, *, usage: bool) -> None:
        run = row.container_id[:ID_LENGTH]
        track: ContainerTrack | None
        if usage:
            figures = Usage(row.namespace, row.pod, row.container, row.cpu, row.working_set)
            track = self._intake.container(pod, figures, run, moment)
            if track is None:
                return
        else:
            track = pod.container(row.container)
            if track is None:
                track = ContainerTrack(row.container)
                pod.containers.append(track)
        if row.periods is not None:
            at = self._intake.stamp(pod.node, moment, row.periods)
            if at is None or not self._periods(pod, track, row, at):
                return  # the run's next row must still be told from the run before
        if run:
            track.run = run

    def _periods(self, pod: PodTrack, track: ContainerTrack, row: Cgroup, at: float) -> bool:
        """Count what CFS did since the container's last reading; say whether the row was taken."""
        now = reading(at, (row.periods, row.throttled_periods, row.throttled_seconds))
        if now is None:
            self._intake.refused[INVALID] += 1
            return False
        before, run, bounds = track.cfs, row.container_id[:ID_LENGTH], pod.node.ceilings.cfs
        if before is not None and at <= before[0]:
            return False
        if before is None:
            zero = pod.new or track.started >= pod.node.since
            began = track.started if track.started >= pod.node.since else born(pod)
        else:
            zero, began = bool(run and track.run and run != track.run), before[0]
        follows = self._intake.counted_from((track, "cfs"), before, now, began if zero else None, bounds)
        if follows is None:
            return False
        track.cfs = now
        grown = [gained(follows, now, index) for index in (1, 2, 3)]
        pod.totals.container(track.name).add_cfs(*grown)
        self._throttle(pod, containers=grown[2])
        return True

    def _pod(self, pod: PodTrack, row: Cgroup, moment: Moment) -> None:
        at = self._intake.stamp(pod.node, moment, row.cpu, row.throttled_seconds, row.working_set)
        if at is None:
            return
        pressures = [
            one
            for pressure in (row.cpu_pressure, row.memory_pressure, row.io_pressure)
            for one in (NO_PRESSURE if pressure is None else pressure)
        ]
        now = reading(at, (row.cpu, row.throttled_seconds, *pressures))
        if now is None:
            self._intake.refused[INVALID] += 1
            return
        before = pod.row
        if before is not None and at <= before[0]:
            return
        began = born(pod) if before is None and pod.new else None
        follows = self._intake.counted_from((pod, "row"), before, now, began, pod.node.ceilings.pod)
        if follows is None:
            return
        pod.row = now
        pod.cpu += gained(follows, now, 1)
        if row.throttled_seconds is not None:
            self._throttle(pod, own=gained(follows, now, 2))
        if pod.node.pressure:
            totals = pod.totals
            for index, one in enumerate(pressures):
                if one is not None:
                    totals.add_pressure(index, gained(follows, now, FIRST_PRESSURE + index))
        self._intake.changed.add(pod.workload)

    def _throttle(self, pod: PodTrack, *, own: float = 0.0, containers: float = 0.0) -> None:
        """Count by how much the larger of the pod's row and the sum of its containers' has grown (R41)."""
        before = max(pod.throttled, pod.containers_throttled)
        pod.throttled += own
        pod.containers_throttled += containers
        pod.totals.add_throttled(max(pod.throttled, pod.containers_throttled) - before)
        self._intake.changed.add(pod.workload)
