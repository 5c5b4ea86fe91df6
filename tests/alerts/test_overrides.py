"""`python -m alerts --values`: the rules with what a user sets, or a refusal that names it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from alerts import overrides, pack
from alerts.__main__ import FILE, main
from alerts.rules import page
from kube_headroom.errors import UsageError
from tests.alerts.overriding import ALL, NODES, REFUSED, TAKEN, Values


def rules(values: Values) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the alerts and recordings by name and severity."""
    document = yaml.safe_load(page(pack.groups(), overrides.values(values, "values.yaml")))
    return {
        (rule.get("alert") or rule["record"], rule.get("labels", {}).get("severity", "")): rule
        for group in document["groups"]
        for rule in group["rules"]
    }


@pytest.mark.parametrize("name", REFUSED)
def test_a_value_that_cannot_be_is_named(name: str) -> None:
    values, words = REFUSED[name]

    with pytest.raises(UsageError) as refused:
        overrides.values(values, "values.yaml")

    assert str(refused.value).startswith("values.yaml: ")
    assert all(word in str(refused.value) for word in words)


@pytest.mark.parametrize("name", TAKEN)
def test_no_parameter_stays_open(name: str) -> None:
    text = page(pack.groups(), overrides.values(TAKEN[name], "values.yaml"))

    assert not re.search("[\ue000-\uf8ff]", text)


def test_nothing_set_is_what_is_generated() -> None:
    assert page(pack.groups(), overrides.values({}, "values.yaml")) == FILE.read_text()


def test_what_is_set_is_what_the_rules_say() -> None:
    found = rules(ALL)
    crash = found["HeadroomCrashLoop", "warning"]

    assert crash["for"] == "90s"
    assert ">= 5" in " ".join(crash["expr"].split())
    assert "[1h30m]" in crash["expr"]
    assert 'severity="warning"' in crash["expr"]
    assert "< 0.4" in " ".join(crash["expr"].split())
    assert crash["labels"] == {"severity": "warning", "on": "{{ $labels.namespace }}", "team": "platform"}
    assert crash["annotations"]["note"] == ALL["annotations"]["note"]
    assert crash["annotations"]["runbook_url"] == "https://docs.example.com/runbooks/HeadroomCrashLoop"
    assert crash["annotations"]["dashboard_url"].startswith(
        "https://grafana.example.com/d/headroom-workload?var-cluster="
    )
    assert ("HeadroomCrashLoop", "info") in found
    assert not [name for name, _ in found if name == "HeadroomSLONoData"]


def test_every_series_of_an_exporter_is_narrowed_and_every_aggregation_keeps_the_cluster() -> None:
    for (name, _), rule in rules(ALL).items():
        if name == "HeadroomWatchdog":
            continue
        told = re.findall(r"(?<![:\w])headroom_\w+(.{0,30})", rule["expr"])
        assert all(after.startswith('{environment="production"') for after in told), name
        assert re.findall(r"(?:\bby|\bon) \((?!k8s_cluster[,)])", rule["expr"]) == [], name


def test_without_cluster_label_nothing_asks_for_one() -> None:
    for rule in rules({"clusterLabel": ""}).values():
        asked = "".join((rule["expr"], *rule.get("annotations", {}).values()))
        assert not re.search(r"cluster[,)=!]|labels\.cluster|var-cluster", asked)


@pytest.mark.parametrize(
    "values",
    [NODES, {"alerts": {"HeadroomNodeNotReady": {"severity": {"critical": "warning"}}}}],
    ids=["off", "a ticket"],
)
def test_a_workload_on_a_lost_node_pages_for_itself_where_nodes_do_not(values: Values) -> None:
    asked = " ".join(rules(values)["HeadroomWorkloadUnavailable", "critical"]["expr"].split())

    assert "last_over_time(headroom_node_ready[5m])) == 2" in asked
    assert "last_over_time(headroom_node_ready[5m])) == 0" not in asked


def test_the_command_writes_what_it_is_told_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given, written = tmp_path / "values.yaml", tmp_path / "rules.yaml"
    given.write_text(json.dumps(ALL))

    assert main(["--values", str(given), "--output", str(written)]) == 0
    assert main(["--values", str(given), "--output", "-"]) == 0
    assert capsys.readouterr().out == written.read_text() == page(pack.groups(), overrides.values(ALL, ""))


BROKEN = {
    "a file that is not there": (None, "No such file"),
    "a file that is no YAML": ("a: [", "expected a file of YAML"),
    "a list": ("[]", "expected a mapping"),
    "an unknown key": ("threshold: {}", "did you mean thresholds?"),
    "a value of the chart's": ("prometheusRule: {enabled: true}", "prometheusRule is unknown"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_command_names_the_file_that_it_cannot_use(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, words = BROKEN[name]
    given, written = tmp_path / "values.yaml", tmp_path / "rules.yaml"
    if text is not None:
        given.write_text(text)

    assert main(["--values", str(given), "--output", str(written)]) == 2
    told = capsys.readouterr().err
    assert str(given) in told
    assert words in told
    assert not written.exists()


def test_the_command_names_the_file_that_it_cannot_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--output", str(tmp_path / "nowhere" / "rules.yaml")]) == 2
    assert "--output" in capsys.readouterr().err


def test_values_alone_leave_the_generated_files_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["--values", str(tmp_path / "values.yaml")])
