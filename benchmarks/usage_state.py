"""What kubelets' readings cost our collector: a page applied, a container retained, a round published, a save.

`python -m benchmarks.usage_state [PODS]` needs no other program and prints a JSON object.
"""

from __future__ import annotations

import gc
import json
import sys
import time
import tracemalloc
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from kube_headroom import readings, signals
from kube_headroom.catalogue.metrics import CLUSTER_METRICS
from kube_headroom.exposition.page import Page
from kube_headroom.model import Fact
from kube_headroom.readings import CadvisorPage, Cgroup, Pressure, Reading, ResourcePage, Usage
from kube_headroom.resources import PodResources
from kube_headroom.state.checkpoint import Checkpoint, Identity
from kube_headroom.state.inventory import Inventory, Limits
from kube_headroom.state.ledger import Ledger
from kube_headroom.state.usage.limits import UsageLimits
from tests.facts import container, node, pod, reference, replica_set, status

START = 1_000_000.0
PODS_PER_NODE = 20
PODS_PER_WORKLOAD = 8
CONTAINERS = ("app", "proxy")
SIZE = PodResources(
    containers=tuple(
        container(name, {"cpu": "1", "memory": "1Gi"}, {"cpu": "2", "memory": "2Gi"}) for name in CONTAINERS
    )
)


class Figures(NamedTuple):
    """Two containers a pod, 40 a node: microseconds, bytes and counts as the names say."""

    containers: int
    retained_bytes_per_container: float
    resource_page_microseconds: float
    cadvisor_page_microseconds: float
    round_microseconds_per_workload: float
    round_milliseconds: float
    samples: int
    save_bytes_per_container: float
    save_milliseconds_under_lock: float
    save_milliseconds: float


def rows_of(index: int, at: float) -> tuple[readings.Page, ...]:
    """Both pages of one node; every figure has moved since the last."""
    grown = at - START
    names = [f"web-{index * PODS_PER_NODE + number}" for number in range(PODS_PER_NODE)]
    usage = tuple(
        Usage("shop", name, each, Reading(grown * 0.3, at - 1), Reading(1e8 + grown, at - 1), START - 500)
        for name in names
        for each in CONTAINERS
    )
    cgroups = tuple(_cgroup(name, each, grown, at - 2) for name in names for each in CONTAINERS)
    pods = tuple(_cgroup(name, "", grown * 2, at - 3) for name in names)
    node_cpu = Reading(grown * 12, at)
    return (
        ResourcePage(usage, (), node_cpu, Reading(9e9, at), failed=False),
        CadvisorPage(pods, cgroups, pressure=True, labelled=True),
    )


def _cgroup(name: str, each: str, grown: float, at: float) -> Cgroup:
    pressure = None if each else Pressure(Reading(grown * 0.1, at), Reading(grown * 0.05, at))
    return Cgroup(
        pod_uid=f"uid-{name}",
        container_id=f"{hash((name, each)) & (1 << 63) - 1:064x}"[::-1] if each else "",
        namespace="shop",
        pod=name,
        container=each,
        cpu=Reading(grown * 0.3, at),
        periods=Reading(grown * 10, at),
        throttled_periods=Reading(grown, at),
        throttled_seconds=Reading(grown * 0.2, at),
        working_set=Reading(1e8, at),
        cpu_pressure=pressure,
        memory_pressure=pressure,
        io_pressure=pressure,
    )


def measure(pods: int) -> Figures:
    """Build a cluster, read every node a few times, and take the figures."""
    now = START
    ledger = Ledger(START)
    limits = Limits(60.0, 600.0, 30.0, 600.0, 1000, frozenset(), 36, UsageLimits(publish_every=0, save_every=0))
    inventory = Inventory(limits, ledger, lambda: now)
    nodes = pods // PODS_PER_NODE
    facts: list[Fact] = [
        pod(
            f"web-{index}",
            node=f"node-{index // PODS_PER_NODE}",
            controller=reference("ReplicaSet", f"rs-{index // PODS_PER_WORKLOAD}"),
            resources=SIZE,
            statuses=tuple(status(name) for name in CONTAINERS),
        )
        for index in range(pods)
    ]
    workloads = {
        f"rs-{index}": replica_set(f"rs-{index}", f"deploy-{index}") for index in range(pods // PODS_PER_WORKLOAD + 1)
    }
    inventory.replace("nodes", "", {str(each): node(f"node-{each}") for each in range(nodes)})
    inventory.replace("replicasets", "", {f"uid-{name}": fact for name, fact in workloads.items()})
    inventory.replace("pods", "", {fact.uid: fact for fact in facts if hasattr(fact, "uid")})
    page = Page(CLUSTER_METRICS)
    _publish(inventory, page)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    seconds = [0.0, 0.0]
    for turn in range(1, 5):
        now = START + 30 * turn
        for index in range(nodes):
            for kind, one in enumerate(rows_of(index, now)):
                if turn > 2:
                    tracemalloc.stop()
                begun = time.process_time()
                inventory.page(f"node-{index}", one, now)
                seconds[kind] += (time.process_time() - begun) * (turn > 2)
        if turn == 2:
            gc.collect()
            retained = tracemalloc.get_traced_memory()[0] - before
            tracemalloc.stop()
            _publish(inventory, page)
    begun = time.process_time()
    samples = _publish(inventory, page)
    published = time.process_time() - begun
    containers = pods * len(CONTAINERS)
    size, locked, saved = _save(inventory, ledger)
    return Figures(
        containers=containers,
        retained_bytes_per_container=retained / containers,
        resource_page_microseconds=seconds[0] / nodes / 2 * 1e6,
        cadvisor_page_microseconds=seconds[1] / nodes / 2 * 1e6,
        round_microseconds_per_workload=published / len(workloads) * 1e6,
        round_milliseconds=published * 1e3,
        samples=samples,
        save_bytes_per_container=size / containers,
        save_milliseconds_under_lock=locked * 1e3,
        save_milliseconds=saved * 1e3,
    )


def _publish(inventory: Inventory, page: Page) -> int:
    count = 0
    for key, snapshot in inventory.snapshots(inventory.changes()):
        samples = () if snapshot is None else tuple(signals.samples(key[0], snapshot))
        count += len(samples)
        page.put(key, samples)
    page.body()
    return count


def _save(inventory: Inventory, ledger: Ledger) -> tuple[int, float, float]:
    with TemporaryDirectory() as folder:
        checkpoint = Checkpoint(Path(folder) / "state.db", Identity("cluster", ""))
        checkpoint.resume(ledger, now=START, max_age=1e9)
        begun = time.process_time()
        rows = inventory.take_changes()
        locked = time.process_time() - begun
        checkpoint.save(rows, START + 100)
        saved = time.process_time() - begun - locked
        size = (Path(folder) / "state.db-wal").stat().st_size
        checkpoint.close()
    return size, locked, saved


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)._asdict(), indent=2))
