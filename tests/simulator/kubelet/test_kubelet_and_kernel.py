"""Kubelet and kernel together: causes in programs become what the API tells; and what a tick of both costs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from kube_headroom.simulator.kubelet.kernel import Kernel
from kube_headroom.simulator.kubelet.runtime import Machine
from tests.simulator.kubelet.node_stage import START, GiB, Stage, container, http

MiB = 2**20


def test_a_program_that_leaks_is_killed_at_its_limit_again_and_again() -> None:
    stage = Stage(kernel=Kernel)
    image = stage.image("leak:1", memory_bytes=30 * MiB, memory_growth=2.0 * MiB)
    stage.pod(container(image, resources={"limits": {"memory": "64Mi"}}))
    stage.until(lambda: stage.container().get("restartCount") == 3, within=1200)
    last = stage.container()["lastState"]["terminated"]
    assert (last["exitCode"], last["reason"]) == (137, "OOMKilled")
    assert stage.status()["phase"] == "Running"


@pytest.mark.parametrize(
    ("limit", "ready"),
    [
        pytest.param("100m", False, id="a program with a twentieth of the CPU it wants misses its probes"),
        pytest.param("4", True, id="with enough of it it answers"),
    ],
)
def test_throttling_fails_probes(limit: str, ready: bool) -> None:
    stage = Stage(kernel=Kernel, rate=100.0)
    image = stage.image("web:1", cpu_per_request=0.02, latency=0.1)
    probe = http(periodSeconds=5)
    stage.pod(container(image, resources={"limits": {"cpu": limit}}, readinessProbe=probe))
    stage.until(stage.runs)
    shown = []
    for _ in range(300):
        stage.advance(1)
        shown.append(stage.ready())
    # It may have been lucky for a while.
    assert (sum(shown[60:]) > 0.9 * len(shown[60:])) is ready
    failures = sum(count for row, count in stage.machine.probes.items() if row[3] == "failed")
    assert (failures > 20) is not ready


def test_a_node_that_runs_full_evicts_before_its_kernel_has_to_kill() -> None:
    stage = Stage(kernel=Kernel)
    stage.machine.memory_bytes = 2 * GiB
    stage.pod(container(stage.image("leak:1", memory_growth=2.0 * MiB)), name="leak")
    stage.pod(container(stage.image("web:1", memory_bytes=300.0 * MiB)))
    stage.until(lambda: stage.status("leak")["phase"] == "Failed", within=1200)
    assert stage.status("leak")["reason"] == "Evicted"
    assert stage.container(pod="leak")["state"]["terminated"]["reason"] != "OOMKilled"
    assert stage.status()["phase"] == "Running"


def test_a_tick_costs_what_is_due() -> None:
    """150 containers with two probes each on 12 nodes, their kernels left out, take few calls a tick."""
    stage = Stage()
    for each in range(2, 13):
        machine = Machine(name=f"n{each}", cores=4.0, memory_bytes=8 * GiB, disk_bytes=100 * GiB, boot=START)
        stage.world.machines[machine.name] = machine
        stage.store.create("nodes", {"metadata": {"name": machine.name}, "spec": {}, "status": {}})
    web = container(stage.image("web:1"), readinessProbe=http(), livenessProbe=http())
    for each in range(150):
        stage.pod(web, name=f"web-{each}", nodeName=f"n{each % 12 + 1}")
    stage.until(lambda: all(stage.ready(f"web-{each}") for each in range(150)), within=120)
    revision = stage.store.revision
    calls = _calls(lambda: stage.advance(100))
    assert stage.store.revision - revision < 130, "more is written than leases and node reports"
    assert calls / 100 < 1500


def _calls(work: Callable[[], object]) -> int:
    """Return how many functions a piece of work calls."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls
