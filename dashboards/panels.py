"""The house style: what every panel and dashboard looks like. The only importer of grafanalib."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from string import ascii_uppercase
from typing import Any, Final, NamedTuple

from grafanalib import core
from grafanalib._gen import DashboardEncoder

from dashboards import clusters
from dashboards.links import ways_down
from dashboards.questions import Column, Limits, Question, Role, Series, Variable, label_title, unit_id
from dashboards.schema import modern
from kube_headroom.catalogue.metric import Unit

INTERVAL: Final = "30s"
"""No point is asked for more often than it is scraped, and no rate has fewer than four scrapes (2 minutes)."""

COLUMNS: Final = 24
HEIGHTS: Final = {"stat": 5, "timeseries": 8, "table": 8, "state-timeline": 7}
"""In rows of the grid; a stat of fewer than five has no room for its past."""
TAG: Final = "headroom"

REFRESHES: Final = ["30s", "1m", "5m", "15m", "30m", "1h"]

_LOOKS: Final[dict[Role, list[dict[str, Any]]]] = {
    Role.LIMIT: [{"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [10, 10]}}],
    Role.USED: [{"id": "custom.fillOpacity", "value": 10}],
}
_LABEL_IN_LEGEND: Final = re.compile(r"{{(\w+)}}")
_NO_VERDICT: Final = ((None, "text"),)

_SOFT_TOP: Final = {
    (Unit.NONE, False): 1,
    (Unit.NONE, True): 0.1,
    (Unit.CORES, False): 0.1,
    (Unit.RATIO, False): 0.01,
}
"""How far an axis reaches at least: where all is 0, Grafana's own reaches to 100 of whatever it is."""

_NARROW: Final = 60
"""Least width of a column in pixels; at Grafana's 150 the values of four columns would be out of sight."""

_WORDS: Final = {"matcher": {"id": "byType", "options": "string"}, "properties": [{"id": "noValue", "value": "-"}]}
"""A label without a value; else its cell would say what a whole panel without data means."""


class Panel(NamedTuple):
    """A panel before it has its place; `width` is of 24."""

    drawn: Any
    width: int


class Row(NamedTuple):
    """A headline and the panels below it, from left to right."""

    title: str
    panels: tuple[Panel, ...]


class Board(NamedTuple):
    """A dashboard; `uid` is its address for ever."""

    uid: str
    title: str
    description: str
    variables: tuple[Variable, ...]
    rows: tuple[Row, ...]

    def document(self) -> dict[str, Any]:
        """Return the JSON that Grafana imports."""
        dashboard = core.Dashboard(
            uid=self.uid,
            title=self.title,
            description=self.description,
            tags=[TAG],
            editable=False,
            graphTooltip=core.GRAPH_TOOLTIP_MODE_SHARED_CROSSHAIR,
            timezone="browser",
            refresh="1m",
            time=core.Time("now-6h", "now"),
            timePicker=core.TimePicker(REFRESHES, []),
            links=[_to_the_others()],
            templating=core.Templating(list=[_DATASOURCE, *map(_template, (clusters.VARIABLE, *self.variables))]),
            panels=list(_placed(self.rows)),
        ).auto_panel_ids()
        return modern(json.loads(json.dumps(dashboard.to_json_data(), cls=DashboardEncoder)))


def graph(question: Question, *series: Series, limits: Limits | None = None, width: int = 12) -> Panel:
    """Draw lines over time, with dashes where limits make them a matter of concern."""
    drawn = core.TimeSeries(
        **_asked(question, series),
        unit=unit_id(question.unit, per_second=question.per_second),
        axisLabel="cores" if question.unit is Unit.CORES else "",
        axisSoftMin=0,
        showPoints="never",
        colorMode="palette-classic-by-name",
        overrides=_coloured(series),
        tooltipMode="multi",
        tooltipSort="desc",
        stacking={"mode": "none", "group": "A"},
        thresholdsStyleMode="dashed" if limits else "off",
        extraJson=_defaults(question, limits, axisSoftMax=_SOFT_TOP.get((question.unit, question.per_second))),
    )
    return Panel(drawn, width)


def stat(question: Question, *series: Series, limits: Limits | None = None, width: int = 6) -> Panel:
    """Show the newest value of each series, with its past behind it."""
    drawn = core.Stat(
        **_asked(question, series),
        format=unit_id(question.unit, per_second=question.per_second),
        reduceCalc="lastNotNull",
        color={"mode": "thresholds"},
        extraJson=_defaults(question, limits),
    )
    return Panel(drawn, width)


def table(question: Question, *columns: Column, ascending: bool = False, width: int = 8) -> Panel:
    """List what there is at the end of the time range, sorted by the first column; labels lead to what they name."""
    labels = columns[0].query.labels
    for column in columns:
        if set(column.query.labels) != set(labels):
            message = f"{question.title}: rows of {column.query} are not those of {columns[0].query}; expected the same labels"
            raise ValueError(message)
    drawn = core.Table(
        **_asked(question, [Series(column.query, "") for column in columns], instant=True),
        unit="short",
        transformations=_one_table(labels, columns),
        overrides=[_WORDS, *map(_column_style, columns), *ways_down(labels)],
        sortBy=[core.TableSortByField(columns[0].title, desc=not ascending)],
        extraJson=_defaults(question, None, minWidth=_NARROW),
    )
    return Panel(drawn, width)


def states(question: Question, series: Series, meanings: Sequence[tuple[str, str]], *, width: int = 24) -> Panel:
    """Show which state was in force when: a line for each series, whose values 1, 2, ... mean a state and its colour."""
    options = {
        str(value): {"text": name, "color": colour, "index": value - 1}
        for value, (name, colour) in enumerate(meanings, start=1)
    }
    drawn = core.StateTimeline(
        **_asked(question, [series]),
        mappings=[{"type": "value", "options": options}],
        showValue="never",
        extraJson=_defaults(question, None),
    )
    return Panel(drawn, width)


def _asked(question: Question, series: Sequence[Series], *, instant: bool = False) -> dict[str, Any]:
    for one in series:
        if unknown := set(_LABEL_IN_LEGEND.findall(one.legend)) - set(one.query.labels):
            message = f"{question.title}: {one.query} has no {', '.join(unknown)} for the legend {one.legend}"
            raise ValueError(message)
    targets = [
        core.Target(
            expr=clusters.of_the_chosen(one.query),
            legendFormat=one.legend,
            refId=reference,
            instant=instant,
            interval=INTERVAL,
            format="table" if instant else "time_series",
        )
        for reference, one in zip(ascii_uppercase, series, strict=False)
    ]
    return {
        "title": question.title,
        "description": question.sentence,
        "dataSource": "${datasource}",
        "interval": INTERVAL,
        "targets": targets,
    }


def _defaults(question: Question, limits: Limits | None, **custom: float | None) -> dict[str, Any]:
    """What grafanalib's builders have no word for, or an old one."""
    given: dict[str, Any] = {"noValue": question.without, "thresholds": _thresholds(limits)}
    if known := {name: value for name, value in custom.items() if value is not None}:
        given["custom"] = known
    return {"fieldConfig": {"defaults": given}}


def _thresholds(limits: Limits | None) -> dict[str, Any]:
    steps = limits.steps() if limits else _NO_VERDICT
    reached = [{"color": colour, "value": value} for value, colour in steps if value != float("inf")]
    return {"mode": "absolute", "steps": reached}


def _coloured(series: Iterable[Series]) -> list[dict[str, Any]]:
    return [
        {
            "matcher": {"id": "byFrameRefID", "options": reference},
            "properties": [
                {"id": "color", "value": {"mode": _mode(one), "fixedColor": one.role.value}},
                *_LOOKS.get(one.role, ()),
            ],
        }
        for reference, one in zip(ascii_uppercase, series, strict=False)
        if one.role
    ]


def _mode(series: Series) -> str:
    """Several lines of one role are shades of its colour."""
    return "shades" if _LABEL_IN_LEGEND.search(series.legend) else "fixed"


def _one_table(labels: tuple[str, ...], columns: Sequence[Column]) -> list[dict[str, Any]]:
    """Merge the columns' answers by their labels, and give them their heads and order."""
    # Grafana calls a value by its query only where there are several.
    heads = ["Value"] if len(columns) == 1 else [f"Value #{reference}" for reference in ascii_uppercase]
    titles = {label: label_title(label) for label in labels}
    titles |= {head: column.title for head, column in zip(heads, columns, strict=False)}
    organize = {
        "excludeByName": {"Time": True},
        "indexByName": {name: place for place, name in enumerate(titles)},
        "renameByName": titles,
    }
    return [{"id": "merge", "options": {}}, {"id": "organize", "options": organize}]


def _column_style(column: Column) -> dict[str, Any]:
    properties: list[dict[str, Any]] = [{"id": "unit", "value": unit_id(column.unit)}]
    if column.unit is not Unit.NONE:
        properties.append({"id": "decimals", "value": 2})
    if column.limits:
        properties += [
            {"id": "thresholds", "value": _thresholds(column.limits)},
            {"id": "custom.cellOptions", "value": {"type": "color-text"}},
        ]
    return {"matcher": {"id": "byName", "options": column.title}, "properties": properties}


def _placed(rows: Iterable[Row]) -> Iterable[Any]:
    """Give every panel its place, from left to right and from top to bottom."""
    top = 0
    for row in rows:
        yield core.RowPanel(title=row.title, gridPos=core.GridPos(h=1, w=COLUMNS, x=0, y=top))
        top, left, tallest = top + 1, 0, 0
        for panel in row.panels:
            height = HEIGHTS[panel.drawn.to_json_data()["type"]]
            if left + panel.width > COLUMNS:
                top, left, tallest = top + tallest, 0, 0
            panel.drawn.gridPos = core.GridPos(h=height, w=panel.width, x=left, y=top)
            left, tallest = left + panel.width, max(tallest, height)
            yield panel.drawn
        top += tallest


def _template(variable: Variable) -> Any:  # noqa: ANN401 - grafanalib has no types
    return core.Template(
        name=variable.label,
        label=variable.title,
        query=f"label_values({_among(variable)}, {variable.label})",
        dataSource="${datasource}",
        includeAll=variable.all_of_them,
        allValue=".*" if variable.all_of_them else None,
        refresh=core.REFRESH_ON_TIME_RANGE_CHANGE,
        sort=core.SORT_ALPHA_ASC,
    )


def _among(variable: Variable) -> str:
    """What a variable's values are taken from: those of the chosen cluster, once it is chosen."""
    return str(variable.among) if variable is clusters.VARIABLE else clusters.of_the_chosen(variable.among)


def _to_the_others() -> Any:  # noqa: ANN401 - grafanalib has no types
    return core.DashboardLink(title="Headroom", tags=[TAG], asDropdown=True, keepTime=True, includeVars=True)


_DATASOURCE: Final = core.Template(name="datasource", label="Data source", type="datasource", query="prometheus")
