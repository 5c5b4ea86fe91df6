"""Volumes: the last figures of each claim, per node that has it mounted, withdrawn when that node falls silent."""

from __future__ import annotations

import math

from kube_headroom.readings import Volume, VolumesPage
from kube_headroom.snapshot import VolumeSnapshot

Claim = tuple[str, str]


class Volumes:
    """Figures by claim and node; `changed` are the claims to show anew."""

    def __init__(self, stale_after: float) -> None:
        self.changed: set[Claim] = set()
        self._stale_after = stale_after
        self._told_at: dict[str, float] = {}
        self._of_node: dict[str, dict[Claim, Volume]] = {}
        self._nodes_of: dict[Claim, set[str]] = {}

    def take(self, node: str, page: VolumesPage, now: float) -> None:
        """Take a node's page as a whole: a claim that it lacks is mounted there no longer."""
        rows = {(row.namespace, row.claim): row for row in page.volumes}
        before = self._of_node.get(node, {})
        for claim in before.keys() - rows.keys():
            self._unmount(claim, node)
        for claim, row in rows.items():
            self._nodes_of.setdefault(claim, set()).add(node)
            if before.get(claim) != row:
                self.changed.add(claim)
        self._of_node[node] = rows
        self._told_at[node] = now

    def drop(self, node: str) -> None:
        """Forget a node."""
        for claim in self._of_node.pop(node, {}):
            self._unmount(claim, node)
        self._told_at.pop(node, None)

    def expire(self, now: float) -> None:
        """Forget the figures of nodes that fell silent."""
        for node in [node for node, told in self._told_at.items() if now - told > self._stale_after]:
            self.drop(node)

    def snapshot(self, claim: Claim) -> VolumeSnapshot | None:
        """View a claim, None if no node tells of it; of several nodes the largest of each figure."""
        rows = [self._of_node[node][claim] for node in sorted(self._nodes_of.get(claim, ()))]
        if not rows:
            return None
        return VolumeSnapshot(
            *claim,
            _highest([row.capacity_bytes for row in rows]),
            _highest([row.used_bytes for row in rows]),
            _highest([row.inodes for row in rows]),
            _highest([row.inodes_used for row in rows]),
        )

    def _unmount(self, claim: Claim, node: str) -> None:
        self.changed.add(claim)
        nodes = self._nodes_of[claim]
        nodes.discard(node)
        if not nodes:
            del self._nodes_of[claim]


def _highest(values: list[float | None]) -> float | None:
    return max((value for value in values if value is not None and 0 <= value < math.inf), default=None)
