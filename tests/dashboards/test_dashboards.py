"""What holds for every dashboard of ours, beyond what Grafana's linter asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest

from dashboards.links import WAYS_DOWN
from dashboards.panels import INTERVAL, graph, table
from dashboards.questions import ANY, GREEN, ORANGE, RED, Column, Limits, Question, Role, Series, unit_id
from dashboards.slo import STATES
from dashboards.uids import CLUSTER
from kube_headroom.catalogue import nodes
from kube_headroom.catalogue.exporter import EXPORTER_METRICS
from kube_headroom.catalogue.metric import Unit
from kube_headroom.catalogue.metrics import CLUSTER_METRICS
from kube_headroom.catalogue.promql import sum_by
from kube_headroom.catalogue.selection import value
from kube_headroom.catalogue.slo import SLO_METRICS
from tests.dashboards.boards import DASHBOARDS, Panel, Target, panels, targets
from tests.dashboards.grafana_model import reread

each_dashboard = pytest.mark.parametrize("uid", DASHBOARDS)
each_panel = pytest.mark.parametrize("panel", list(panels()), ids=lambda panel: panel.name)
each_target = pytest.mark.parametrize("target", list(targets()), ids=lambda target: target.name)


@each_dashboard
def test_grafana_reads_and_writes_a_dashboard_without_loss(uid: str) -> None:
    assert list(lost(DASHBOARDS[uid], reread(DASHBOARDS[uid]))) == []


def test_a_misplaced_option_is_lost_in_the_round_trip() -> None:
    document = json.loads(json.dumps(DASHBOARDS[CLUSTER]))
    document["panels"][1]["options"]["fontSize"] = "100%"

    assert list(lost(document, reread(document))) == [".panels[1].options.fontSize"]


def lost(ours: Any, theirs: Any, at: str = "") -> Iterator[str]:
    """Where what Grafana's model holds is not what we wrote."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key, value in ours.items():
            yield from lost(value, theirs.get(key), f"{at}.{key}") if key in theirs else [f"{at}.{key}"]
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from lost(one, other, f"{at}[{index}]")
    elif ours != theirs:
        yield at


@each_dashboard
def test_the_schema_is_one_that_grafana_migrates_without_loss(uid: str) -> None:
    assert DASHBOARDS[uid]["schemaVersion"] >= 39
    assert not {"rows", "style", "hideControls", "sharedCrosshair", "__inputs"} & set(DASHBOARDS[uid])


@each_dashboard
def test_panels_have_ids_and_places_of_their_own(uid: str) -> None:
    drawn = DASHBOARDS[uid]["panels"]
    cells = [
        {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        for place in (panel["gridPos"] for panel in drawn)
    ]

    assert len({panel["id"] for panel in drawn}) == len(drawn)
    assert all(0 <= x < 24 for taken in cells for x, _ in taken)
    assert not any(one & other for one, other in combinations(cells, 2))


@each_dashboard
def test_dashboards_lead_to_each_other_and_keep_time_and_variables(uid: str) -> None:
    (link,) = DASHBOARDS[uid]["links"]

    assert (link["type"], link["keepTime"], link["includeVars"]) == ("dashboards", True, True)
    assert set(link["tags"]) <= set(DASHBOARDS[uid]["tags"])


@pytest.mark.parametrize("uid", WAYS_DOWN)
def test_rows_lead_to_variables_that_are_there(uid: str) -> None:
    urls = {url for url in re.findall(r"/d/[^\"]+", json.dumps(DASHBOARDS)) if url.startswith(f"/d/{uid}?")}
    names = [variable["name"] for variable in DASHBOARDS[uid]["templating"]["list"]]

    assert urls
    for url in urls:
        assert "${__url_time_range}" in url
        assert "${datasource:queryparam}" in url
        assert "${cluster:queryparam}" in url
        assert re.findall(r"var-(\w+)=", url) == names[2:]


@each_panel
def test_a_panel_asks_no_more_often_than_is_scraped(panel: Panel) -> None:
    intervals = [panel.json["interval"], *(target["interval"] for target in panel.json["targets"])]

    assert intervals == [INTERVAL] * len(intervals)


@each_panel
def test_a_panel_says_what_no_answer_means(panel: Panel) -> None:
    assert panel.json["fieldConfig"]["defaults"]["noValue"]


@each_panel
def test_verdicts_have_their_colours_alone(panel: Panel) -> None:
    config = panel.json["fieldConfig"]
    steps = [step["color"] for step in config["defaults"]["thresholds"]["steps"]]
    fixed = {
        each["value"]["fixedColor"]
        for override in config["overrides"]
        for each in override["properties"]
        if each["id"] == "color"
    }

    assert steps in (["text"], [GREEN, ORANGE], [GREEN, ORANGE, RED], [RED, ORANGE, GREEN])
    assert fixed <= set(Role)
    meant = [option for mapping in config["defaults"].get("mappings", ()) for option in mapping["options"].values()]
    assert {(option["text"], option["color"]) for option in meant} <= set(STATES)


@each_target
def test_a_query_asks_for_series_of_the_catalogue(target: Target) -> None:
    emitted = {metric.name for metric in (*CLUSTER_METRICS, *EXPORTER_METRICS, *SLO_METRICS)}

    assert set(re.findall(r"headroom_\w+", target.json["expr"])) <= emitted


@pytest.mark.parametrize(
    ("limits", "colours"),
    [
        pytest.param(Limits(1, 2), ((None, GREEN), (1, ORANGE), (2, RED)), id="high is bad"),
        pytest.param(Limits(2, 1), ((None, RED), (1, ORANGE), (2, GREEN)), id="low is bad"),
        pytest.param(ANY, ((None, GREEN), (0.5, ORANGE), (float("inf"), RED)), id="nothing is ever red"),
    ],
)
def test_limits_become_colours(limits: Limits, colours: tuple[tuple[float | None, str], ...]) -> None:
    assert limits.steps() == colours


@pytest.mark.parametrize(
    ("unit", "per_second"),
    [
        pytest.param(Unit.TIMESTAMP_SECONDS, False, id="a Unix time"),
        pytest.param(Unit.RATIO, True, id="a share per second"),
    ],
)
def test_numbers_that_nobody_can_read_are_refused(unit: Unit, per_second: bool) -> None:
    with pytest.raises(ValueError, match="are not for people; ask for an age or a share"):
        unit_id(unit, per_second=per_second)


ASKED = Question("Nodes", "Nodes that are ready.", Unit.NONE, "No node is known")
READY = sum_by(value(nodes.NODE_READY), "node")


def test_a_legend_of_a_label_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Nodes: .* has no node_pool for the legend \{\{node_pool}}"):
        graph(ASKED, Series(READY, "{{node_pool}}"))


def test_a_column_of_other_rows_is_refused() -> None:
    by_pool = sum_by(value(nodes.POOL_NODES), "node_pool")

    with pytest.raises(ValueError, match=r"Nodes: rows of .* expected the same labels"):
        table(ASKED, Column("Ready", READY, Unit.NONE), Column("Pool", by_pool, Unit.NONE))
