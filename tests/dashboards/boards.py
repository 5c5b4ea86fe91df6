"""The dashboards as Grafana gets them, panel by panel, and their queries as Prometheus gets them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dashboards.__main__ import BOARDS

DASHBOARDS: dict[str, dict[str, Any]] = {
    document["uid"]: document for document in (json.loads(json.dumps(board().document())) for board in BOARDS)
}

MACROS = {"$__rate_interval": "2m"}
"""Grafana's answer for panels whose minimum interval is 30 s, over a short range."""


class Panel(NamedTuple):
    """A panel with its dashboard's uid."""

    dashboard: str
    json: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.dashboard}: {self.json['title']}"


class Target(NamedTuple):
    """A query of a panel."""

    panel: Panel
    json: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.panel.name} {self.json['refId']}"


def panels() -> Iterator[Panel]:
    for uid, dashboard in DASHBOARDS.items():
        yield from (Panel(uid, panel) for panel in dashboard["panels"] if panel["type"] != "row")


def targets() -> Iterator[Target]:
    for panel in panels():
        yield from (Target(panel, target) for target in panel.json["targets"])


def variables() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every variable that asks Prometheus for its values, with its dashboard's uid."""
    for uid, dashboard in DASHBOARDS.items():
        yield from ((uid, variable) for variable in dashboard["templating"]["list"] if variable["type"] == "query")


def asked(query: str, chosen: Mapping[str, str]) -> str:
    """The query with macros and chosen values in place; KeyError for a variable that nobody chose."""
    for macro, meaning in MACROS.items():
        query = query.replace(macro, meaning)
    return re.sub(r"\$(\w+)", lambda match: chosen[match[1]], query)
