"""The default SLO rules in the programs that evaluate them: promtool of Prometheus 2 and 3, vmalert, a real Prometheus."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from alerts.__main__ import FILE
from tests.alerts.scenarios import RUNS, Run
from tools.build import program

PROMTOOLS = ("promtool-2", "promtool")


def output(*command: str | Path) -> str:
    """What a program that must succeed prints."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    printed = done.stdout + done.stderr
    assert done.returncode == 0, f"{command[0]}: {printed[:6000]}"
    return printed


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_in_the_time_of_prometheus_2_and_3(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(json.dumps(run.document(str(FILE))))

    with ThreadPoolExecutor() as both:
        list(both.map(lambda promtool: output(program(promtool), "test", "rules", file), PROMTOOLS))


@pytest.mark.parametrize("promtool", PROMTOOLS)
def test_promtool_finds_nothing_wrong(promtool: str) -> None:
    assert "25 rules found" in output(program(promtool), "check", "rules", "--lint-fatal", FILE)


def test_vmalert_loads_them_with_their_templates() -> None:
    output(program("vmalert"), "-dryRun", "-rule.validateTemplates", "-rule.validateExpressions", f"-rule={FILE}")
