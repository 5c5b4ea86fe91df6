"""Mistakes that mypy catches before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from mypy import api

ROOT = Path(__file__).parents[2]

IMPORTS = """\
from kube_headroom.catalogue import nodes, workloads
from kube_headroom.catalogue.labels import Node, Workload
from kube_headroom.catalogue.promql import sum_by
from kube_headroom.catalogue.selection import rate, value
"""

MISTAKES = {
    "the rate of a gauge": (
        'rate(workloads.PODS, "5m")',
        'Argument 1 to "rate" has incompatible type "Gauge[WorkloadPhase]"; expected "Counter[Any]"',
    ),
    "a bare counter as a value": (
        "value(workloads.EVICTIONS)",
        'Argument 1 to "value" has incompatible type "Counter[WorkloadReason]"; expected "Gauge[Any]"',
    ),
    "a metric that is no vector": (
        "sum_by(workloads.PODS)",
        'Argument 1 to "sum_by" has incompatible type "Gauge[WorkloadPhase]"; expected "Vector"',
    ),
    "the labels of another metric": (
        'workloads.PODS_UNSCHEDULABLE.at(Node("a"), 1)',
        'has incompatible type "Node"; expected "Workload"',
    ),
    "a missing label": (
        'workloads.PODS_UNSCHEDULABLE.at(Workload("shop", "Deployment"), 1)',
        'Missing positional argument "workload" in call to "Workload"',
    ),
    "a misspelt symbol": (
        "value(nodes.NODE_REDY)",
        'Module has no attribute "NODE_REDY"; maybe "NODE_READY"?',
    ),
}
LINE = {mistake: number for number, mistake in enumerate(MISTAKES, start=IMPORTS.count("\n") + 1)}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What mypy says of one file that makes every mistake, one a line; it starts only once, for its seconds."""
    folder = tmp_path_factory.mktemp("mypy")
    file = folder / "mistakes.py"
    file.write_text(IMPORTS + "".join(f"{code}\n" for code, _ in MISTAKES.values()), encoding="utf-8")
    output, errors, _ = api.run(
        ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(folder / "cache"), str(file)]
    )
    assert not errors
    return output.splitlines()


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mypy_refuses(mistake: str, report: list[str]) -> None:
    _, message = MISTAKES[mistake]
    found = [line for line in report if f"mistakes.py:{LINE[mistake]}: error:" in line]

    assert len(found) == 1, report
    assert message in found[0]
