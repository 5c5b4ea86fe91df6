"""Probes: results counted per workload, kubelet restarts told from new results, those of dying pods left out."""

from __future__ import annotations

from kube_headroom.catalogue.labels import WorkloadContainerProbe
from kube_headroom.readings import ProbeCount, ProbesPage
from kube_headroom.state.usage.intake import Intake
from kube_headroom.state.usage.tracks import NodeTrack, PodTrack, ProbeTrack

SAME_START = 1.0


class Probes:
    """Takes the pages of `/metrics/probes`."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def take(self, node: NodeTrack, page: ProbesPage, *, resumed_at: float) -> None:
        """Count a page; a kubelet that began after `resumed_at` (its own clock) counted from 0 under our eyes (R22)."""
        if _restarted(node.kubelet_started, page.started):
            # Every count began anew, also of probes whose row comes back on a later page only.
            for track in (track for pod in node.pods.values() for track in pod.probes):
                track.reset()
        young = page.started is not None and page.started >= resumed_at
        for row in page.probes:
            pod = self._intake.pod_of(node, row.pod_uid, (row.namespace, row.pod))
            if pod is not None:
                self._count(pod, row, zero=pod.new or pod.probed or young)
        if page.started is not None:
            node.kubelet_started = page.started
        for pod in node.pods.values():
            if not pod.probed:
                self._seed(pod)

    def _seed(self, pod: PodTrack) -> None:
        """Expose the failures of every configured probe at 0, now that this node tells of failures."""
        pod.probed = True
        if pod.pod is None:
            return
        for container, probe in pod.pod.probes:
            pod.totals.seed_probe(WorkloadContainerProbe(*pod.workload, container, probe))
            self._intake.changed.add(pod.workload)

    def _count(self, pod: PodTrack, row: ProbeCount, *, zero: bool) -> None:
        track = next((one for one in pod.probes if (one.container, one.probe) == (row.container, row.probe)), None)
        if track is None:
            track = ProbeTrack(row.container, row.probe)
            pod.probes.append(track)
            if not zero:
                track.take(row)
        elif row.successful < track.successful or row.failed < track.failed or row.unknown < track.unknown:
            track.reset()
        grown = row._replace(
            successful=row.successful - track.successful,
            failed=row.failed - track.failed,
            unknown=row.unknown - track.unknown,
        )
        track.take(row)
        if pod.pod is None or pod.pod.deleting:
            grown = grown._replace(failed=0, unknown=0)
        labels = WorkloadContainerProbe(*pod.workload, row.container, row.probe)
        pod.totals.add_probes(labels, grown)
        self._intake.changed.add(pod.workload)


def _restarted(known: float | None, started: float | None) -> bool:
    return known is not None and started is not None and abs(started - known) > SAME_START
