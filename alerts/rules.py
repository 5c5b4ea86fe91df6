"""What a rule file is: groups of recordings and alerts as data, and as a text whose values are still open."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import yaml

from alerts.layout import pretty
from alerts.parameters import ANNOTATIONS, CLUSTER, LABELS, severity
from alerts.values import DEFAULTS, Values
from kube_headroom.catalogue.metric import Gauge
from kube_headroom.catalogue.vector import Vector

HEAD: Final = "# Generated from alerts/ by `make generate`; changes here are lost.\n"


class Recording(NamedTuple):
    """A series that Prometheus records from a query with exactly its labels and the cluster's."""

    series: Gauge[Any]
    query: Vector

    def document(self) -> dict[str, Any]:
        """Return the rule as YAML has it; ValueError where the query has other labels than the series."""
        if not self.query.aggregated or set(self.query.labels) != {CLUSTER, *self.series.label_names}:
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
            document["for"] = str(self.wait)
        *annotations, (last, text) = self.annotations.items()
        return document | {
            "labels": {"severity": f"{severity(self.name, self.severity)}{LABELS}"},
            "annotations": {name: _Lines(text) for name, text in (*annotations, (last, f"{text}{ANNOTATIONS}"))},
        }


class Group(NamedTuple):
    """Rules that are evaluated one after the other, every `interval`."""

    name: str
    interval: str
    rules: tuple[Recording | Alert, ...]


class Piece(NamedTuple):
    """Lines of a rule file, which are there while one of these alerts is on; of no alert: always."""

    text: str
    alerts: tuple[str, ...] = ()


class _Lines(str):
    """A text that stands on lines of its own, whatever values come into it."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as they stand, and indents lists."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    lines = "\n" in text or isinstance(text, _Lines)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if lines else None)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(_Lines, _text)


def pieces(groups: tuple[Group, ...]) -> Iterator[Piece]:
    """Return a rule file, its values still open."""
    yield Piece(f"{HEAD}groups:\n")
    for group in groups:
        names = tuple(rule.name for rule in group.rules if isinstance(rule, Alert))
        whole = names if len(names) == len(group.rules) else ()
        yield Piece(
            f"  - name: {group.name}\n    interval: {group.interval}\n    rules:\n", tuple(dict.fromkeys(whole))
        )
        for rule in group.rules:
            text = yaml.dump([rule.document()], Dumper=_Dumper, sort_keys=False, width=float("inf"), allow_unicode=True)
            yield Piece(textwrap.indent(text, " " * 6), (rule.name,) if isinstance(rule, Alert) else ())


def page(groups: tuple[Group, ...], values: Values = DEFAULTS) -> str:
    """Return a file of rules that Prometheus, Thanos, Mimir and vmalert load."""
    return "".join(
        values.written(piece.text) for piece in pieces(groups) if not piece.alerts or any(map(values.on, piece.alerts))
    )
