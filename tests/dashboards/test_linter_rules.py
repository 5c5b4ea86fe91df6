"""The rules of Grafana's dashboard linter (github.com/grafana/dashboard-linter), each by its name.

Not followed: template-job, template-instance, target-job and target-instance. Our series have no such labels of their
own, and every query is aggregated by what it is about, so that two exporters or a moved one change nothing;
`test_no_query_knows_who_was_scraped` holds that instead. target-logql and target-logql-auto are about Loki.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import promql_parser
import pytest

from kube_headroom.catalogue.vector import RATE_INTERVAL, seconds
from tests.dashboards.boards import DASHBOARDS, Panel, Target, asked, panels, targets, variables

UNITS = {"bytes", "binBps", "cps", "percentunit", "s", "short"}
"""Those of the linter's list that we use."""

ANYTHING = dict.fromkeys(
    ("cluster", "namespace", "workload_kind", "workload", "slo_service", "slo", "slo_group"), "anything"
)

CHOSEN_CLUSTER = 'cluster=~"$cluster"'

GRAFANAS = "7m"
"""A window that no query of ours names, in the place of Grafana's."""

each_dashboard = pytest.mark.parametrize("uid", DASHBOARDS)
each_panel = pytest.mark.parametrize("panel", list(panels()), ids=lambda panel: panel.name)
each_target = pytest.mark.parametrize("target", list(targets()), ids=lambda target: target.name)
each_variable = pytest.mark.parametrize(
    ("uid", "variable"), [pytest.param(*each, id=f"{each[0]}: {each[1]['name']}") for each in variables()]
)


def nodes(node: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Every node of a parsed query, and those above it."""
    yield node, above
    inside = [getattr(node, name, None) for name in ("lhs", "rhs", "expr", "param", "vector_selector")]
    inside += list(getattr(node, "args", ()) or ())
    for child in inside:
        if isinstance(child, PARTS):
            yield from nodes(child, (*above, node))


PARTS = (
    promql_parser.AggregateExpr, promql_parser.BinaryExpr, promql_parser.Call, promql_parser.MatrixSelector,
    promql_parser.NumberLiteral, promql_parser.ParenExpr, promql_parser.SubqueryExpr, promql_parser.UnaryExpr,
    promql_parser.VectorSelector,
)  # fmt: skip


@each_dashboard
def test_template_datasource(uid: str) -> None:
    (datasource,) = (each for each in DASHBOARDS[uid]["templating"]["list"] if each["type"] == "datasource")

    assert (datasource["name"], datasource["label"], datasource["query"]) == ("datasource", "Data source", "prometheus")


@each_variable
def test_template_label_promql(uid: str, variable: dict[str, Any]) -> None:
    match = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"])

    assert match, uid
    assert match[2] == variable["name"]
    assert isinstance(promql_parser.parse(asked(match[1], ANYTHING)), promql_parser.VectorSelector)


@each_variable
def test_template_on_time_change_reload(uid: str, variable: dict[str, Any]) -> None:
    assert variable["refresh"] == 2, uid
    assert variable["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


@each_panel
def test_panel_datasource(panel: Panel) -> None:
    references = [panel.json["datasource"], *(target["datasource"] for target in panel.json["targets"])]

    assert references == [{"type": "prometheus", "uid": "${datasource}"}] * len(references)


@each_panel
def test_panel_title_description(panel: Panel) -> None:
    assert panel.json["title"]
    assert panel.json["description"].endswith(".")


@each_panel
def test_panel_units(panel: Panel) -> None:
    properties = [each for override in panel.json["fieldConfig"]["overrides"] for each in override["properties"]]
    units = {each["value"] for each in properties if each["id"] == "unit"}
    named = "mappings" if panel.json["type"] == "state-timeline" else "unit"

    assert panel.json["fieldConfig"]["defaults"][named]
    assert units | {panel.json["fieldConfig"]["defaults"].get("unit", "short")} <= UNITS


@each_panel
def test_panel_no_targets(panel: Panel) -> None:
    references = [target["refId"] for target in panel.json["targets"]]

    assert references
    assert len(set(references)) == len(references)


@each_target
def test_target_promql(target: Target) -> None:
    promql_parser.parse(asked(target.json["expr"], ANYTHING))


@each_target
def test_target_rate_interval(target: Target) -> None:
    """Tables have windows of their own: Grafana's grows with the time range, and what is now does not."""
    query = asked(target.json["expr"].replace(RATE_INTERVAL, GRAFANAS), ANYTHING)
    windows = {
        node.args[0].range.total_seconds()
        for node, _ in nodes(promql_parser.parse(query))
        if isinstance(node, promql_parser.Call) and node.func.name in {"rate", "irate"}
    }

    if target.json["instant"]:
        assert seconds(GRAFANAS) not in windows
    else:
        assert windows <= {seconds(GRAFANAS)}


@each_target
def test_target_counter_agg(target: Target) -> None:
    for node, above in nodes(promql_parser.parse(asked(target.json["expr"], ANYTHING))):
        if isinstance(node, promql_parser.VectorSelector) and (node.name or "").endswith("_total"):
            covered, call = above[-1], above[-2]
            assert isinstance(covered, promql_parser.MatrixSelector)
            assert call.func.name in {"rate", "increase"}


@each_target
def test_target_histogram(target: Target) -> None:
    assert "_bucket" not in target.json["expr"], "we have no histograms; a quantile of one needs its rule here"


@each_dashboard
def test_uneditable_dashboard(uid: str) -> None:
    assert DASHBOARDS[uid]["editable"] is False


@each_target
def test_no_query_knows_who_was_scraped(target: Target) -> None:
    query = target.json["expr"].replace(CHOSEN_CLUSTER, "")
    names = re.findall(r"\b(?:job|instance|pod|endpoint|service|cluster)\b", query)

    assert names == []
    for node, above in nodes(promql_parser.parse(asked(target.json["expr"], ANYTHING))):
        if isinstance(node, promql_parser.VectorSelector):
            assert any(isinstance(each, promql_parser.AggregateExpr) for each in above), node.name


@each_target
def test_every_selector_asks_the_chosen_cluster(target: Target) -> None:
    for node, _ in nodes(promql_parser.parse(target.json["expr"].replace(RATE_INTERVAL, GRAFANAS))):
        if isinstance(node, promql_parser.VectorSelector):
            matchers = [(each.name, each.op, each.value) for each in node.matchers.matchers]
            assert [each for each in matchers if each[0] == "cluster"] == [
                ("cluster", promql_parser.MatchOp.Re, "$cluster")
            ], node.name


@each_variable
def test_values_are_those_of_the_chosen_cluster(uid: str, variable: dict[str, Any]) -> None:
    asks = CHOSEN_CLUSTER in variable["query"]

    assert asks == (variable["name"] != "cluster"), uid


@each_dashboard
def test_all_clusters_are_chosen_first_and_match_a_missing_label(uid: str) -> None:
    (variable,) = (each for each in DASHBOARDS[uid]["templating"]["list"] if each["name"] == "cluster")

    assert (variable["allValue"], variable["current"]["value"]) == (".*", "$__all")
