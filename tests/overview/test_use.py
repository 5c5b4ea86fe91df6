"""What a pool uses: known or absent, smoothed, and never mixed over two sets of nodes."""

from __future__ import annotations

import pytest

from kube_headroom.overview.board import Board
from kube_headroom.overview.content import Room
from kube_headroom.snapshot import PoolUsageSnapshot
from tests.facts import START, node
from tests.overview.stage import Scene

GIB = 2.0**30
Reading = tuple[float, int, float | None]
"""Seconds after the start, measured nodes, cores."""


def told(pool: str, measured: int, cores: float | None) -> PoolUsageSnapshot:
    seconds = None if cores is None else 9.0
    return PoolUsageSnapshot(pool, measured, seconds, cores or 0.0, measured * GIB if measured else None, 8.0, 128.0)


def rooms(*readings: Reading, pool: str = "general") -> tuple[Board, Room]:
    stage = Scene()
    stage.relist("nodes", node("node-1"), node("node-2"), node("spot-1", pool="spot"))
    stage.start()
    stage.overview()
    for after, measured, cores in readings:
        stage.board.put(("pool_usage", pool), told(pool, measured, cores), (), START + after)
    (room,) = (room for room in stage.overview().pools if room.pool == pool)
    return stage.board, room


@pytest.mark.parametrize(
    ("readings", "measured", "cores", "memory"),
    [
        pytest.param([], None, None, None, id="no kubelet is read"),
        pytest.param([(0, 2, None)], 2, None, 2 * GIB, id="no node was read twice yet"),
        pytest.param([(0, 2, 1.0), (15, 2, 2.0)], 2, 1.5, 2 * GIB, id="cores are smoothed"),
        pytest.param([(0, 2, 9.0), (15, 2, 1.0), (70, 2, 2.0)], 2, 1.5, 2 * GIB, id="for a minute"),
        pytest.param([(0, 2, 2.0), (15, 1, 1.0)], 1, 1.0, GIB, id="a node that fell silent takes its share along"),
        pytest.param([(0, 2, 2.0), (15, 0, None)], 0, None, None, id="all nodes fell silent"),
    ],
)
def test_a_pools_use(readings: list[Reading], measured: int | None, cores: float | None, memory: float | None) -> None:
    _, room = rooms(*readings)
    assert (room.measured, room.cpu.used, room.memory.used) == (measured, cores, memory)


def test_the_clusters_use_is_that_of_the_pools_that_are_measured() -> None:
    board, _ = rooms((0, 2, 3.0))
    cluster = board.view((), START).cluster
    assert cluster is not None
    assert (cluster.nodes, cluster.measured, cluster.cpu.used, cluster.memory.used) == (3, 2, 3.0, 2 * GIB)
    board.put(("pool_usage", "spot"), told("spot", 1, 1.0), (), START)
    cluster = board.view((), START).cluster
    assert cluster is not None
    assert (cluster.measured, cluster.cpu.used) == (3, 4.0)


def test_use_that_is_told_no_more_is_absent() -> None:
    board, _ = rooms((0, 2, 3.0))
    board.put(("pool_usage", "general"), None, (), START)
    cluster = board.view((), START).cluster
    assert cluster is not None
    assert (cluster.measured, cluster.cpu.used, cluster.memory.used) == (None, None, None)
