"""The default SLO rules in the programs that evaluate them: promtool of Prometheus 2 and 3, vmalert, a real Prometheus."""

from __future__ import annotations

import json
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from alerts import pack
from alerts.__main__ import FILE
from tests.alerts.scenarios import RUNS, Run
from tests.real.prometheus import Prometheus
from tests.real.waiting import wait_until
from tools.build import program

PROMTOOLS = ("promtool-2", "promtool")
RULES = sum(len(group.rules) for group in pack.groups())


def output(*command: str | Path) -> str:
    """What a program that must succeed prints."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    printed = done.stdout + done.stderr
    assert done.returncode == 0, f"{command[0]}: {printed[:6000]}"
    return printed


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_in_the_time_of_prometheus_2_and_3(run: Run, tmp_path: Path) -> None:
    """Each evaluates the groups of an instant in another order: a Prometheus promises none."""
    groups = [group.name for group in pack.groups()]
    with ThreadPoolExecutor() as both:
        list(both.map(partial(_played, run, tmp_path), PROMTOOLS, (groups, groups[::-1])))


def _played(run: Run, folder: Path, promtool: str, groups: list[str]) -> None:
    file = folder / f"{promtool}.yaml"
    file.write_text(json.dumps({"group_eval_order": groups, **run.document(str(FILE))}))
    output(program(promtool), "test", "rules", file)


@pytest.mark.parametrize("promtool", PROMTOOLS)
def test_promtool_finds_nothing_wrong(promtool: str) -> None:
    assert f"{RULES} rules found" in output(program(promtool), "check", "rules", "--lint-fatal", FILE)


def test_vmalert_loads_them_with_their_templates() -> None:
    output(program("vmalert"), "-dryRun", "-rule.validateTemplates", "-rule.validateExpressions", f"-rule={FILE}")


@pytest.mark.parametrize("name", ["no data", "slow burn"])
def test_in_the_time_of_vmalert(name: str, tmp_path: Path) -> None:
    document = RUNS[name].document(str(FILE))
    for test in document["tests"]:
        test["metricsql_expr_test"] = test.pop("promql_expr_test")
    file = tmp_path / "run.yaml"
    file.write_text(json.dumps(document))

    output(program("vmalert-tool"), "unittest", f"--files={file}")


def test_a_real_prometheus_evaluates_them(tmp_path: Path) -> None:
    hurried = tmp_path / "rules.yaml"
    hurried.write_text(re.sub(r"interval: \d+[sm]", "interval: 1s", FILE.read_text()))
    server = Prometheus(tmp_path, [])
    configuration = tmp_path / "prometheus.yml"
    configuration.write_text(json.dumps({"rule_files": [str(hurried)]}))
    server.process.start()
    try:

        def evaluated() -> list[dict[str, Any]]:
            rules = [rule for group in server.rule_groups() for rule in group["rules"]]
            return rules if all(rule["health"] != "unknown" for rule in rules) else []

        rules = wait_until(evaluated, what="every rule to be evaluated")
    finally:
        server.process.discard()

    assert [rule["lastError"] for rule in rules if rule["health"] != "ok"] == []
    assert len(rules) == RULES
