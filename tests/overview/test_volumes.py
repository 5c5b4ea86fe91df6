"""Volumes that are nearly full: agreed upon by two readings."""

from __future__ import annotations

import pytest

from kube_headroom import signals
from kube_headroom.overview.board import Board
from kube_headroom.overview.conditions import VOLUME_PATIENCE
from kube_headroom.snapshot import VolumeSnapshot
from tests.facts import START

GIB = 2.0**30


def findings(*volumes: VolumeSnapshot, after: float = VOLUME_PATIENCE) -> list[str]:
    board = Board()
    for volume in volumes:
        samples = tuple(signals.samples("volumes", volume))
        board.put(("volumes", volume.namespace, volume.claim), volume, samples, START)
    return [
        f"{subject.kind} {subject.name}: {finding.severity}: {finding.text}"
        for subject in board.view((), START + after).subjects
        for finding in subject.findings
    ]


def volume(used: float | None, inodes_used: float | None = None, size: float | None = 10 * GIB) -> VolumeSnapshot:
    return VolumeSnapshot("shop", "data", size, used, 1000.0, inodes_used)


@pytest.mark.parametrize(
    ("measured", "told"),
    [
        pytest.param(volume(8.9 * GIB), [], id="a volume has room"),
        pytest.param(
            volume(9.5 * GIB),
            ["PersistentVolumeClaim data: risk: 95% of the volume used: 9.5 GiB of 10 GiB"],
            id="a volume is nearly full",
        ),
        pytest.param(
            volume(GIB, 960.0),
            ["PersistentVolumeClaim data: risk: 96% of the volume's inodes used: 960 of 1,000"],
            id="a volume is nearly out of inodes",
        ),
        pytest.param(volume(None), [], id="a driver that tells nothing is not a full volume"),
        pytest.param(volume(GIB, size=None), [], id="what has no size has no share"),
    ],
)
def test_volumes(measured: VolumeSnapshot, told: list[str]) -> None:
    assert findings(measured) == told


def test_one_reading_is_not_enough() -> None:
    assert findings(volume(9.5 * GIB), after=VOLUME_PATIENCE - 1) == []


def test_a_volume_that_was_emptied_is_well() -> None:
    assert findings(volume(9.5 * GIB), volume(GIB)) == []
