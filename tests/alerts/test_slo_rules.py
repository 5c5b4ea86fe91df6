"""What holds for the default SLO rules whatever evaluates them."""

from __future__ import annotations

import re
from pathlib import Path

import promql_parser
import pytest

from alerts import slo
from alerts.layout import pretty
from alerts.parameters import CLUSTER, RUNBOOKS
from alerts.rules import Alert, Recording
from alerts.values import DEFAULTS
from kube_headroom.catalogue.exporter import EXPORTER_METRICS
from kube_headroom.catalogue.labels import Slo
from kube_headroom.catalogue.metrics import CLUSTER_METRICS
from kube_headroom.catalogue.parameter import defaulted
from kube_headroom.catalogue.recorded import ALERTS
from kube_headroom.catalogue.slo import SLO_METRICS
from kube_headroom.catalogue.vector import seconds
from kube_headroom.slo.windows import WINDOWS

GROUPS = slo.groups()
RULES = [rule for group in GROUPS for rule in group.rules]
ALERT_RULES = [rule for rule in RULES if isinstance(rule, Alert)]
RECORDINGS = [rule for rule in RULES if isinstance(rule, Recording)]
RECORDED = {rule.series.name for rule in RECORDINGS}
EMITTED = {metric.name for metric in (*CLUSTER_METRICS, *EXPORTER_METRICS, *SLO_METRICS)}
FOLDER = Path(__file__).parents[2] / "docs/runbooks"


def names_in(text: str) -> set[str]:
    return set(re.findall(r"(?:slo:)?headroom_[a-z_]+(?::[a-z_]+[0-9]+[mhd])?", text))


def test_every_window_is_recorded_once() -> None:
    windows = [window for recorded in slo.RECORDED.values() for window in recorded]

    assert windows == list(WINDOWS)
    assert len(RECORDINGS) == len(RECORDED) == 3 * len(WINDOWS)


def test_recorded_series_are_named_by_level_metric_and_operation() -> None:
    assert all(re.fullmatch(r"slo:headroom_slo_[a-z_]+:(ratio_)?increase[0-9]+[mhd]", name) for name in RECORDED)


@pytest.mark.parametrize("interval", slo.RECORDED)
def test_what_was_recorded_is_remembered_for_two_evaluations(interval: str) -> None:
    assert seconds(slo.MEMORY[interval]) > 2 * seconds(interval)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: getattr(rule, "name", "") or rule.series.name)
def test_every_rule_asks_for_series_that_exist_by_the_whole_identity(rule: Alert | Recording) -> None:
    text = defaulted(str(rule.query))
    grouped = [set(labels.split(", ")) for labels in re.findall(r"(?:by|on) \(([^)]*)\)", text)]

    assert names_in(text) <= RECORDED | EMITTED | {ALERTS.name}
    assert all(labels >= {CLUSTER.default, *Slo._fields} or labels == {CLUSTER.default} for labels in grouped)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: getattr(rule, "name", "") or rule.series.name)
def test_a_query_means_the_same_over_several_lines(rule: Alert | Recording) -> None:
    written, query = DEFAULTS.written(pretty(rule.query)), defaulted(str(rule.query))

    assert promql_parser.parse(written).prettify() == promql_parser.parse(query).prettify()
    assert " ".join(written.split()).replace("( ", "(").replace(" )", ")") == normal(query)


def normal(query: str) -> str:
    """A query with the spaces and durations that the parser writes."""
    return query.replace("75s", "1m15s").replace(", alertstate", ",alertstate").replace(", severity", ",severity")


@pytest.mark.parametrize("alert", ALERT_RULES, ids=lambda alert: alert.name)
def test_every_alert_has_a_runbook_whose_series_exist(alert: Alert) -> None:
    runbook = (FOLDER / f"{alert.name}.md").read_text()

    assert alert.annotations["runbook_url"] == f"{RUNBOOKS}/{alert.name}"
    assert runbook.startswith(f"# {alert.name}\n")
    assert f"Severity: {alert.severity}." in runbook
    assert names_in(runbook) <= RECORDED | EMITTED
    for chapter in ("Meaning", "Impact", "Look", "Causes, most likely first", "Mitigation", "Tuning"):
        assert f"\n## {chapter}\n" in runbook


def test_a_rule_that_keeps_the_labels_of_the_scrape_is_refused() -> None:
    bare = RECORDINGS[0].query.__class__("up", ("instance",), frozenset(), aggregated=False, shape=RULES[0].query.shape)

    with pytest.raises(ValueError, match="keeps the labels of the scrape"):
        Alert("Bare", bare, "warning", {}).document()
    with pytest.raises(ValueError, match="exactly the series' labels"):
        RECORDINGS[0]._replace(query=bare).document()
