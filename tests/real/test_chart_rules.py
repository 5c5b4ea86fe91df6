"""The chart's rules in the hands of Helm 4 and 3: the generated ones to the byte, and whatever users may set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from alerts import overrides, pack
from alerts.__main__ import FILE
from alerts.rules import page
from tests.alerts.overriding import REFUSED, TAKEN
from tests.real.chart import HELMS, of_kind, only, refusal, render
from tests.real.test_slo_rules import PROMTOOLS, output
from tools.build import program

ON: Mapping[str, Any] = {"prometheusRule": {"enabled": True}, "configMap": {"enabled": True}}


@pytest.fixture(params=HELMS)
def helm(request: pytest.FixtureRequest) -> str:
    """Both Helms in turn."""
    return str(request.param)


def rendered(helm: str, values: Mapping[str, Any], folder: Path) -> str:
    """Return the rule file that the chart installs; the PrometheusRule must say the same."""
    objects = render(helm, {"rules": {**ON, **values}}, folder)
    (text,) = (
        each["data"]["headroom.yaml"] for each in of_kind(objects, "ConfigMap") if "-rules" in each["metadata"]["name"]
    )
    assert only(objects, "PrometheusRule")["spec"] == yaml.load(text, Loader=yaml.CSafeLoader)
    return str(text)


def test_the_defaults_are_the_generated_file_to_the_byte(helm: str, tmp_path: Path) -> None:
    assert rendered(helm, {}, tmp_path).encode() == FILE.read_bytes()


@pytest.mark.parametrize("name", TAKEN)
def test_the_chart_and_the_command_write_the_same(helm: str, name: str, tmp_path: Path) -> None:
    assert rendered(helm, TAKEN[name], tmp_path) == page(pack.groups(), overrides.values(TAKEN[name], "values.yaml"))


@pytest.mark.parametrize("name", TAKEN)
def test_what_users_set_are_rules_of_prometheus_2_and_3_and_of_vmalert(name: str, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(page(pack.groups(), overrides.values(TAKEN[name], "values.yaml")))

    for promtool in PROMTOOLS:
        assert "SUCCESS" in output(program(promtool), "check", "rules", "--lint-fatal", file)
    output(program("vmalert"), "-dryRun", "-rule.validateTemplates", "-rule.validateExpressions", f"-rule={file}")


@pytest.mark.parametrize("name", REFUSED)
def test_a_value_that_cannot_be_is_named(helm: str, name: str, tmp_path: Path) -> None:
    values, words = REFUSED[name]
    told = refusal(helm, {"rules": {**ON, **values}}, tmp_path).replace("/", ".")

    assert all(word in told for word in words)
