"""The chart's own files agree with each other, with the settings and with the wheel; no other program is needed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from alerts.shape import levels
from alerts.shape import schema as rules_schema
from alerts.thresholds import THRESHOLDS, Amount
from kube_headroom.catalogue.vector import number
from kube_headroom.settings import SETTINGS
from tools.chart_schema import CHART, FILE, OWNED, page, schema

ROOT = CHART.parents[1]
VALUES = (CHART / "values.yaml").read_text()


def test_the_schema_is_what_the_values_and_the_settings_say() -> None:
    assert FILE.read_bytes() == page().encode(), "run make generate"


def test_the_chart_brings_the_version_that_is_here() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())

    assert chart["appVersion"] == project["version"]


def paths(values: Mapping[str, Any], parent: str = "") -> Iterator[str]:
    """Return the path of every value that a user sets by itself."""
    whole = {"resources", "podSecurityContext", "securityContext", "livenessProbe", "readinessProbe", "labels"}
    for name, value in values.items():
        if isinstance(value, Mapping) and value and name not in whole and "severity" not in value:
            yield from paths(value, f"{parent}{name}.")
        else:
            yield f"{parent}{name}"


def documented(text: str) -> dict[str, str]:
    """Return the first comment line above each key of values.yaml, by the key's path."""
    found: dict[str, str] = {}
    place: list[tuple[int, str]] = []
    comment = ""
    for line in text.splitlines():
        if key := re.match(r"( *)([A-Za-z]\w*):", line):
            depth = len(key[1])
            place = [(other, name) for other, name in place if other < depth] + [(depth, key[2])]
            found[".".join(name for _, name in place)] = comment
            comment = ""
        elif line.strip().startswith("#"):
            comment = comment or line.strip()
        else:
            comment = ""
    return found


@pytest.mark.parametrize("path", tuple(paths(yaml.safe_load(VALUES))))
def test_every_value_is_explained(path: str) -> None:
    assert documented(VALUES)[path].startswith("# --")


def test_thresholds_are_those_of_the_table_in_its_words() -> None:
    for threshold in THRESHOLDS:
        default = number(threshold.default) if isinstance(threshold, Amount) else threshold.default
        assert f"\n    # -- {threshold.meaning}\n    {threshold.name}: {default}\n" in VALUES


def test_alerts_are_those_that_there_are_all_of_them_on() -> None:
    alerts = yaml.safe_load(VALUES)["rules"]["alerts"]

    assert alerts == {
        alert: {"enabled": True, "severity": {level: level for level in of}} for alert, of in levels().items()
    }
    for alert in alerts:
        assert documented(VALUES)[f"rules.alerts.{alert}"] == f"# -- docs/runbooks/{alert}.md"


def test_every_value_of_the_rules_is_one_of_the_chart() -> None:
    assert {*yaml.safe_load(VALUES)["rules"]} == {*rules_schema(), "prometheusRule", "configMap"}


def test_every_setting_but_those_of_the_chart_can_be_given() -> None:
    assert {*schema()["properties"]["settings"]["properties"], *OWNED} == {setting.name for setting in SETTINGS}
