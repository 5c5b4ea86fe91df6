"""What brings grafanalib's JSON, of 2016's schema, to today's; what Grafana no longer knows is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

VERSION: Final = 39
"""Grafana 10.4's: every later one takes it as it is or migrates it without loss."""

DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}

_DASHBOARD: Final = (
    "annotations", "description", "editable", "graphTooltip", "links", "panels", "refresh",
    "schemaVersion", "tags", "templating", "time", "timepicker", "timezone", "title", "uid",
)  # fmt: skip
_PANEL: Final = (
    "collapsed", "datasource", "description", "fieldConfig", "gridPos", "id", "interval", "links", "options",
    "panels", "targets", "title", "transformations", "type",
)  # fmt: skip
_TARGET: Final = ("datasource", "editorMode", "expr", "format", "instant", "interval", "legendFormat", "range", "refId")
_VARIABLE: Final = (
    "allValue", "current", "datasource", "definition", "hide", "includeAll", "label", "multi", "name", "options",
    "query", "refresh", "regex", "sort", "type",
)  # fmt: skip
_TIME_PICKER: Final = ("refresh_intervals",)


def modern(dashboard: Mapping[str, Any]) -> dict[str, Any]:
    """Return a dashboard as Grafana writes it today: known keys, no nulls, data sources as references."""
    kept = _kept(dashboard, _DASHBOARD)
    kept["schemaVersion"] = VERSION
    kept["panels"] = [_panel(panel) for panel in dashboard["panels"]]
    kept["templating"] = {"list": [_variable(variable) for variable in dashboard["templating"]["list"]]}
    kept["timepicker"] = _kept(dashboard["timepicker"], _TIME_PICKER)
    return kept


def _panel(panel: Mapping[str, Any]) -> dict[str, Any]:
    kept = _kept(panel, _PANEL)
    if panel["type"] == "row":
        return {key: kept[key] for key in ("collapsed", "gridPos", "id", "panels", "title", "type")}
    kept["datasource"] = DATASOURCE
    kept["targets"] = [_target(target) for target in panel["targets"]]
    if legend := kept["options"].get("legend"):
        legend["showLegend"] = True
    custom = kept["fieldConfig"]["defaults"].get("custom", {})
    if "displayMode" in custom:
        custom["cellOptions"] = {"type": custom.pop("displayMode")}
    if "scaleDistribution" in custom:
        custom["scaleDistribution"] = {"type": "linear"}
    return kept


def _target(target: Mapping[str, Any]) -> dict[str, Any]:
    given = {"datasource": DATASOURCE, "editorMode": "code", "range": not target["instant"]}
    return _kept({**target, **given}, _TARGET)


def _variable(variable: Mapping[str, Any]) -> dict[str, Any]:
    kept = _kept(variable, _VARIABLE) | {"current": {}, "options": []}
    if variable["type"] == "query":
        kept |= {"datasource": DATASOURCE, "definition": variable["query"]}
    if variable["includeAll"]:
        kept["current"] = {"text": "All", "value": "$__all"}
    return kept


def _kept(given: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """Keep the keys that today's schema has, without nulls at any depth."""
    return {key: _without_nulls(given[key]) for key in keys if given.get(key) is not None}


def _without_nulls(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, Mapping):
        # The lowest step of a threshold says null, which means minus infinity.
        return {key: _without_nulls(each) for key, each in value.items() if each is not None or set(value) == _STEP}
    if isinstance(value, list):
        return [_without_nulls(each) for each in value]
    return value


_STEP: Final = {"color", "value"}
