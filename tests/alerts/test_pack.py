"""What holds for every alert of the pack, whatever evaluates it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import promql_parser
import pytest

from alerts import exporter, nodes, pack, workloads
from alerts import thresholds as table
from alerts.layout import pretty
from alerts.parameters import CLUSTER, GRAFANA, RUNBOOKS
from alerts.rules import Alert
from alerts.thresholds import THRESHOLDS, Amount, Period
from alerts.values import DEFAULTS
from kube_headroom.catalogue.exporter import EXPORTER_METRICS
from kube_headroom.catalogue.metrics import CLUSTER_METRICS
from kube_headroom.catalogue.parameter import defaulted
from kube_headroom.catalogue.slo import SLO_METRICS
from kube_headroom.catalogue.vector import LEAST_RATE_WINDOW_SECONDS, seconds
from tests.alerts.scenes import SCENES

ALERTS = [rule for group in pack.groups() for rule in group.rules if isinstance(rule, Alert)]
OWN = [
    rule
    for group in (*exporter.groups(), *nodes.groups(), *workloads.groups())
    for rule in group.rules
    if isinstance(rule, Alert)
]
EMITTED = {metric.name for metric in (*CLUSTER_METRICS, *EXPORTER_METRICS, *SLO_METRICS)}
FOLDER = Path(__file__).parents[2] / "docs/runbooks"
DASHBOARD_FILES = Path(__file__).parents[2] / "helm/headroom/generated/dashboards"
CHAPTERS = ("Meaning", "Impact", "Look", "Causes, most likely first", "Mitigation", "Tuning", "Query")


def named(rule: Alert) -> str:
    """The alert as a test's id."""
    return f"{rule.name} as {rule.severity}"


def test_every_alert_has_a_runbook_and_the_other_way_round() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == {rule.name for rule in ALERTS}


def test_an_alert_is_told_apart_by_name_and_severity() -> None:
    assert len({(rule.name, rule.severity) for rule in ALERTS}) == len(ALERTS)


@pytest.mark.parametrize("rule", ALERTS, ids=named)
def test_every_alert_is_ours_and_somebodys(rule: Alert) -> None:
    assert rule.name.startswith("Headroom")
    assert rule.severity in ({"none"} if rule.name == "HeadroomWatchdog" else {"critical", "warning"})
    assert rule.annotations["runbook_url"] == f"{RUNBOOKS}/{rule.name}"
    assert rule.annotations["summary"]
    assert "Since " in rule.annotations["description"]


@pytest.mark.parametrize("rule", ALERTS, ids=named)
def test_every_alert_leads_to_the_dashboard_of_its_own_object(rule: Alert) -> None:
    address, _, variables = DEFAULTS.written(rule.annotations["dashboard_url"]).partition("?")
    given = re.findall(r"var-(\w+)=\{\{ \$labels\.(\w+) \| urlquery \}\}", variables)
    dashboard = json.loads((DASHBOARD_FILES / f"{address.removeprefix(f'{GRAFANA.default}/d/')}.json").read_text())
    known = {variable["name"] for variable in dashboard["templating"]["list"]} - {"datasource"}

    assert all(variable == label for variable, label in given)
    assert known <= {variable for variable, _ in given} <= {*map(defaulted, rule.query.labels), CLUSTER.default}
    if rule in OWN:
        assert {variable for variable, _ in given} == {*map(defaulted, rule.query.labels), CLUSTER.default} - {"owner"}


@pytest.mark.parametrize("rule", OWN, ids=named)
def test_every_alert_asks_for_what_exists_and_for_no_pod(rule: Alert) -> None:
    query = defaulted(str(rule.query))
    asked = set(re.findall(r"(?<![:\w])headroom_[a-z_]+", query))
    grouped = {label for labels in re.findall(r"(?:by|on) \(([^)]*)\)", query) for label in labels.split(", ")}

    assert asked <= EMITTED
    assert "pod" not in grouped
    assert not {"job", "instance"} & grouped
    assert CLUSTER.default in grouped or rule.name == "HeadroomWatchdog"


@pytest.mark.parametrize("rule", [rule for rule in OWN if "workload" in rule.query.labels], ids=named)
def test_every_alert_about_a_workload_carries_its_owner(rule: Alert) -> None:
    assert set(rule.query.labels) == {CLUSTER, "namespace", "workload_kind", "workload", "owner"}
    assert "Owner: " in rule.annotations["description"]


@pytest.mark.parametrize("rule", OWN, ids=named)
def test_the_runbook_says_exactly_what_the_rule_asks(rule: Alert) -> None:
    runbook = (FOLDER / f"{rule.name}.md").read_text()
    assert rule.condition is not None

    assert runbook.startswith(f"# {rule.name}\n")
    assert re.search(rf"Severity: [a-z ]*\b{rule.severity}\b[a-z ]*\.", runbook)
    assert tuple(re.findall(r"^## (.*)$", runbook, re.MULTILINE)) == CHAPTERS
    assert f"```promql\n{DEFAULTS.written(pretty(rule.condition))}```" in runbook.split("\n## Query\n")[1]
    assert str(rule.condition) in str(rule.query)
    assert set(re.findall(r"headroom_[a-z_]+", runbook)) <= EMITTED
    for name in re.findall(r"`([a-z_]+)`(?=[^.]*under `rules.thresholds`)", runbook):
        assert name in {threshold.name for threshold in THRESHOLDS}, name


@pytest.mark.parametrize("rule", OWN, ids=named)
def test_every_query_that_people_are_told_to_ask_is_one(rule: Alert) -> None:
    look = (FOLDER / f"{rule.name}.md").read_text().split("```promql\n")[1].split("```")[0]

    for query in re.split(r"\n(?! )", look.strip()):
        promql_parser.parse(query)


@pytest.mark.parametrize("rule", OWN, ids=named)
def test_every_alert_has_a_scene_in_which_it_fires(rule: Alert) -> None:
    own = [scene for scene in SCENES if (scene.trouble.alert, scene.trouble.severity) == (rule.name, rule.severity)]

    assert any(scene.fires for scene in own)
    assert any(scene.fires is None for scene in own) or rule.name == "HeadroomWatchdog"


def test_the_table_holds_every_threshold_once_and_as_its_name_says() -> None:
    written = {name.lower(): found for name, found in vars(table).items() if isinstance(found, Amount | Period)}

    assert written == {threshold.name: threshold for threshold in THRESHOLDS}
    assert all(threshold.meaning.endswith(".") for threshold in THRESHOLDS)


@pytest.mark.parametrize(
    "threshold", [each for each in THRESHOLDS if isinstance(each, Amount)], ids=lambda each: each.name
)
def test_a_share_is_one(threshold: Amount) -> None:
    assert threshold.default > 0
    assert threshold.unit != "ratio" or threshold.default < 1


@pytest.mark.parametrize(
    "period", [each for each in THRESHOLDS if isinstance(each, Period)], ids=lambda each: each.name
)
def test_a_default_is_within_its_bounds(period: Period) -> None:
    assert seconds(period.least) <= period.seconds <= seconds(period.most)


def test_windows_of_rates_are_no_shorter_than_four_scrapes() -> None:
    windows = [each for each in THRESHOLDS if isinstance(each, Period) and not each.name.endswith("_wait")]

    assert seconds(table.RATE) == LEAST_RATE_WINDOW_SECONDS
    assert all(seconds(window.least) >= LEAST_RATE_WINDOW_SECONDS for window in windows)


def test_a_loop_pauses_longer_than_the_kubelet_and_shorter_than_a_ticket_waits() -> None:
    assert 300 < table.LOOP_PAUSE.seconds < table.TICKET_WAIT.seconds
    assert table.LOOP_PAUSE.seconds < table.LOOP_WINDOW.seconds
