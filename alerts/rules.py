"""What a rule file is: groups of recordings and alerts as data, rendered as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import promql_parser
import yaml

from kube_headroom.catalogue.metric import Gauge
from kube_headroom.catalogue.vector import Vector


class Recording(NamedTuple):
    """A series that Prometheus records from a query with exactly its labels."""

    series: Gauge[Any]
    query: Vector

    def document(self) -> dict[str, Any]:
        """Return the rule as YAML has it; ValueError where the query has other labels than the series."""
        if not self.query.aggregated or set(self.query.labels) != set(self.series.label_names):
            message = f"{self.series.name} is recorded from {self.query}; aggregate it by exactly the series' labels"
            raise ValueError(message)
        return {"record": self.series.name, "expr": pretty(self.query)}


class Alert(NamedTuple):
    """An alert; `wait` is how long its query must answer before it fires, "" for at once.

    `condition` is the part of the query that people ask by hand: without owner, and without what holds an alert.
    """

    name: str
    query: Vector
    severity: str
    annotations: Mapping[str, str]
    wait: str = ""
    condition: Vector | None = None

    def document(self) -> dict[str, Any]:
        """Return the rule as YAML has it; ValueError where labels of the scrape would split the alert."""
        if not self.query.aggregated:
            message = f"{self.name} asks {self.query}, which keeps the labels of the scrape; aggregate it"
            raise ValueError(message)
        document: dict[str, Any] = {"alert": self.name, "expr": pretty(self.query)}
        if self.wait:
            document["for"] = self.wait
        return document | {"labels": {"severity": self.severity}, "annotations": dict(self.annotations)}


class Group(NamedTuple):
    """Rules that are evaluated one after the other, every `interval`."""

    name: str
    interval: str
    rules: tuple[Recording | Alert, ...]

    def document(self) -> dict[str, Any]:
        """Return the group as YAML has it."""
        return {"name": self.name, "interval": self.interval, "rules": [rule.document() for rule in self.rules]}


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as they stand, and indents lists."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def pretty(query: Vector) -> str:
    """Return a query as people read it, over several lines where it is long."""
    return str(promql_parser.parse(str(query)).prettify()) + "\n"


def page(groups: tuple[Group, ...]) -> str:
    """Return a file of rules that Prometheus, Thanos, Mimir and vmalert load."""
    body = yaml.dump(
        {"groups": [group.document() for group in groups]}, Dumper=_Dumper, sort_keys=False, width=float("inf")
    )
    return f"# Generated from alerts/ by `make generate`; changes here are lost.\n{body}"
