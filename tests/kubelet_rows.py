"""Rows of kubelets' pages in a few words: what a test does not name is absent."""

from __future__ import annotations

from typing import Any

from kube_headroom.readings import (
    CadvisorPage,
    Cgroup,
    Pressure,
    ProbeCount,
    ProbesPage,
    Reading,
    ResourcePage,
    Usage,
)
from tests.stage import Stage

MEBI = 1 << 20


def usage(cpu: float | None, at: float | None, *, pod: str = "web-1", container: str = "app", **fields: Any) -> Usage:
    """A container's row of `/metrics/resource`; `memory` in MiB, 100 if not said."""
    memory = fields.pop("memory", 100.0)
    return Usage(
        namespace=fields.pop("namespace", "shop"),
        pod=pod,
        container=container,
        cpu=None if cpu is None else Reading(cpu, at),
        working_set=None if memory is None else Reading(memory * MEBI, at),
        started=fields.pop("started", None),
        **fields,
    )


def resource(*rows: Usage, node_cpu: Reading | None = None, **fields: Any) -> ResourcePage:
    known: dict[str, Any] = {"pods": (), "node_working_set": None, "failed": False}
    return ResourcePage(containers=rows, node_cpu=node_cpu, **(known | fields))


def cgroup(at: float | None, *, pod: str = "web-1", container: str = "", **values: Any) -> Cgroup:
    """A cgroup; `cfs` are (periods, throttled periods, throttled seconds), PSI are (waiting, stalled) seconds."""
    periods, throttled_periods, seconds = values.pop("cfs", (None, None, None))
    pressures = {
        f"{kind}_pressure": Pressure(*(Reading(one, at) for one in values.pop(f"{kind}_psi")))
        for kind in ("cpu", "memory", "io")
        if f"{kind}_psi" in values
    }
    return Cgroup(
        pod_uid=values.pop("uid", f"uid-{pod}"),
        container_id=values.pop("run", ""),
        namespace=values.pop("namespace", "shop"),
        pod=pod,
        container=container,
        periods=_reading(periods, at),
        throttled_periods=_reading(throttled_periods, at),
        throttled_seconds=_reading(values.pop("throttled", seconds), at),
        cpu=_reading(values.pop("cpu", None), at),
        working_set=_reading(values.pop("working_set", None), at),
        **pressures,
        **values,
    )


def cadvisor(*cgroups: Cgroup, pressure: bool = True, labelled: bool = True) -> CadvisorPage:
    return CadvisorPage(
        pods=tuple(one for one in cgroups if not one.container),
        containers=tuple(one for one in cgroups if one.container),
        pressure=pressure,
        labelled=labelled,
    )


def probe(
    successful: int = 0, failed: int = 0, unknown: int = 0, *, kind: str = "liveness", pod: str = "web-1", **fields: Any
) -> ProbeCount:
    known = {"pod_uid": f"uid-{pod}", "namespace": "shop", "pod": pod, "container": "app"}
    return ProbeCount(probe=kind, successful=successful, failed=failed, unknown=unknown, **(known | fields))


def probes(*rows: ProbeCount, started: float | None = 500.0) -> ProbesPage:
    return ProbesPage(probes=rows, started=started)


def total(stage: Stage, name: str, *words: str) -> float | None:
    """Publish, and return the sum of a metric's series that hold every word, None if there is none."""
    found = [value for labels, value in stage.values(name).items() if all(word in labels for word in words)]
    return sum(found) if found else None


def refused(stage: Stage) -> dict[str, int]:
    return stage.inventory.losses().rows_refused


def _reading(value: float | None, at: float | None) -> Reading | None:
    return None if value is None else Reading(value, at)
