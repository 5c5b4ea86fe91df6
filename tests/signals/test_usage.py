"""One snapshot of usage in, its lines out."""

from __future__ import annotations

from typing import Any

import pytest

from kube_headroom import signals
from kube_headroom.catalogue import usage as series
from kube_headroom.catalogue.labels import Workload, WorkloadContainerProbe
from kube_headroom.exposition.render import render
from kube_headroom.snapshot import (
    ContainerUsage,
    NodeUsageSnapshot,
    PoolUsageSnapshot,
    UsageSnapshot,
    VolumeSnapshot,
)

WEB = Workload("shop", "Deployment", "web")
SILENT = ContainerUsage("app", None, None, None, None, None, 7.5, ())
FULL = ContainerUsage("app", 200.0, 0.5, 400.0, 150.0, 0.75, 7.5, (10.0, 4.0, 0.5))


def view(*containers: ContainerUsage, **fields: Any) -> UsageSnapshot:
    known: dict[str, Any] = {"expected": 2, "measured": 1, "throttled": None, "pressure": (), "probes": ()}
    return UsageSnapshot(workload=WEB, containers=containers, **(known | fields))


def lines(scope: str, snapshot: object) -> list[str]:
    """The lines without prefix and workload labels."""
    text = b"".join(render(signals.samples(scope, snapshot)).values()).decode()
    workload = 'namespace="shop",workload_kind="Deployment",workload="web"'
    short = (line.replace("headroom_", "").replace(workload, "").replace("{,", "{") for line in text.splitlines())
    return sorted(line.replace("{}", "") for line in short)


COVERAGE = ["workload_containers_expected 2", "workload_containers_measured 1"]


@pytest.mark.parametrize(
    ("snapshot", "expected"),
    [
        pytest.param(view(), COVERAGE, id="coverage is always said"),
        pytest.param(
            view(SILENT),
            [*COVERAGE, 'workload_cpu_usage_seconds_total{container="app"} 7.5'],
            id="what is not measured has no gauge and keeps its counter",
        ),
        pytest.param(
            view(FULL),
            [
                *COVERAGE,
                'workload_cpu_cfs_periods_total{container="app"} 10',
                'workload_cpu_cfs_throttled_periods_total{container="app"} 4',
                'workload_cpu_cfs_throttled_seconds_total{container="app"} 0.5',
                'workload_cpu_request_measured_cores{container="app"} 0.5',
                'workload_cpu_usage_seconds_total{container="app"} 7.5',
                'workload_memory_limit_usage_peak_ratio{container="app"} 0.75',
                'workload_memory_request_measured_bytes{container="app"} 400',
                'workload_memory_working_set_bytes{container="app"} 200',
                'workload_memory_working_set_peak_bytes{container="app"} 150',
            ],
            id="a container that is measured tells all",
        ),
        pytest.param(
            view(throttled=0.0, pressure=(1.0, 0.5, None, None, 0.0, 0.0)),
            [
                *COVERAGE,
                "workload_cpu_throttled_seconds_total 0",
                'workload_pressure_stalled_seconds_total{resource="cpu"} 0.5',
                'workload_pressure_stalled_seconds_total{resource="io"} 0',
                'workload_pressure_waiting_seconds_total{resource="cpu"} 1',
                'workload_pressure_waiting_seconds_total{resource="io"} 0',
            ],
            id="pressure is told of the resources that have it",
        ),
        pytest.param(
            view(probes=(series.PROBES.at(WorkloadContainerProbe(*WEB, "app", "liveness"), 3),)),
            [*COVERAGE, 'workload_probes_total{container="app",probe="liveness"} 3'],
            id="probes are passed on as the state room shows them",
        ),
    ],
)
def test_of_a_workload(snapshot: UsageSnapshot, expected: list[str]) -> None:
    assert lines("usage", snapshot) == sorted(expected)


@pytest.mark.parametrize(
    ("scope", "snapshot", "expected"),
    [
        pytest.param(
            "node_usage",
            NodeUsageSnapshot("n", None, None, None, 3, 0, None),
            ['node_containers_expected{node="n"} 3', 'node_containers_measured{node="n"} 0'],
            id="a silent node has its coverage only",
        ),
        pytest.param(
            "node_usage",
            NodeUsageSnapshot("n", 5.0, 0.5, 64.0, 3, 3, -4.0),
            [
                'node_clock_offset_seconds{node="n"} -4',
                'node_containers_expected{node="n"} 3',
                'node_containers_measured{node="n"} 3',
                'node_cpu_usage_seconds_total{node="n"} 5',
                'node_memory_working_set_bytes{node="n"} 64',
            ],
            id="a node that is read tells its usage and its clock",
        ),
        pytest.param(
            "pool_usage",
            PoolUsageSnapshot("p", 0, 9.0, None, None, 0.0, 0.0),
            ['node_pool_cpu_usage_seconds_total{node_pool="p"} 9', 'node_pool_nodes_measured{node_pool="p"} 0'],
            id="a pool of silent nodes keeps its counter and says that none is measured",
        ),
        pytest.param(
            "pool_usage",
            PoolUsageSnapshot("p", 2, 9.0, 1.0, 64.0, 8.0, 128.0),
            [
                'node_pool_cpu_allocatable_measured_cores{node_pool="p"} 8',
                'node_pool_cpu_usage_seconds_total{node_pool="p"} 9',
                'node_pool_memory_allocatable_measured_bytes{node_pool="p"} 128',
                'node_pool_memory_working_set_bytes{node_pool="p"} 64',
                'node_pool_nodes_measured{node_pool="p"} 2',
            ],
            id="a pool stands beside what its measured nodes offer",
        ),
        pytest.param(
            "volumes",
            VolumeSnapshot("shop", "data", 100.0, 40.0, None, None),
            [
                'persistentvolumeclaim_volume_capacity_bytes{namespace="shop",persistentvolumeclaim="data"} 100',
                'persistentvolumeclaim_volume_used_bytes{namespace="shop",persistentvolumeclaim="data"} 40',
            ],
            id="a volume whose driver knows no inodes has none",
        ),
    ],
)
def test_of_what_is_no_workload(scope: str, snapshot: object, expected: list[str]) -> None:
    assert lines(scope, snapshot) == sorted(expected)
