"""What a user sets in place of our defaults, in the shape of the chart's `rules`; refuses what cannot be, by name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

import yaml
from rapidfuzz import process

from alerts.parameters import (
    ALL_SERIES,
    ANNOTATIONS,
    CLUSTER,
    GRAFANA,
    LABELS,
    NAMESPACED,
    NODE_PAGES,
    RUNBOOKS,
    severity,
)
from alerts.shape import Schema, levels, schema
from alerts.thresholds import RELATIONS, THRESHOLDS, Amount, Period
from alerts.values import Values
from kube_headroom.catalogue.selection import Extra, label_matches_not
from kube_headroom.catalogue.vector import number, seconds
from kube_headroom.errors import UsageError

_TYPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "object": lambda found: isinstance(found, dict),
    "array": lambda found: isinstance(found, list),
    "string": lambda found: isinstance(found, str),
    "boolean": lambda found: isinstance(found, bool),
    "number": lambda found: isinstance(found, int | float) and not isinstance(found, bool),
}
_RULES: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "type": lambda found, kind: _TYPES[kind](found),
    "enum": lambda found, choices: found in choices,
    "pattern": lambda found, pattern: re.search(pattern, found) is not None,
    "minimum": lambda found, bound: found >= bound,
    "exclusiveMinimum": lambda found, bound: found > bound,
    "maximum": lambda found, bound: found <= bound,
    "allOf": lambda found, every: all(_fits(found, each) for each in every),
    "not": lambda found, other: not _fits(found, other),
}
"""What of JSON Schema the shape is made of, in the order in which it is asked."""


def read(path: Path) -> Values:
    """Return the values of a file; UsageError naming file, key and what was expected."""
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"{path}: expected a file of YAML: {error}") from error
    return values({} if given is None else given, str(path))


def values(given: Any, where: str) -> Values:  # noqa: ANN401  whatever YAML holds
    """Return the values of what stands under the chart's `rules`; UsageError naming `where`, key and what was expected."""
    whole = {
        "type": "object",
        "properties": schema(),
        "description": "a mapping, as under `rules` of the chart's values",
    }
    _check(given, whole, where, "")
    thresholds = given.get("thresholds", {})
    _relate(thresholds, where)
    alerts = given.get("alerts", {})
    severities = {
        severity(alert, level).name: alerts.get(alert, {}).get("severity", {}).get(level, level)
        for alert, of in levels().items()
        for level in of
    }
    _tell_apart(severities, where)
    off = frozenset(alert for alert, own in alerts.items() if not own.get("enabled", True))
    node = "HeadroomNodeNotReady"
    pages = node not in off and severities[severity(node, "critical").name] == "critical"
    amounts = {name: number(found) if not isinstance(found, str) else found for name, found in thresholds.items()}
    return Values({**amounts, **severities, **dict(_texts(given)), NODE_PAGES.name: "0" if pages else "2"}, off)


def _texts(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if CLUSTER.name in given:
        yield CLUSTER.name, given[CLUSTER.name]
    selectors, denied = given.get("selectors", []), "|".join(given.get("namespacesDenied", []))
    namespaced = [*selectors, str(label_matches_not("namespace", denied))] if denied else selectors
    yield from _narrowing(ALL_SERIES, selectors)
    yield from _narrowing(NAMESPACED, namespaced)
    for address in (GRAFANA, RUNBOOKS):
        yield address.name, given.get(address.name, "").removesuffix("/") or address.default
    for added in (LABELS, ANNOTATIONS):
        lines = sorted(given.get(added.name, {}).items())
        yield added.name, "".join(f"\n          {json.dumps(name)}: {_json(text)}" for name, text in lines)


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _narrowing(extra: Extra, matchers: list[str]) -> Iterator[tuple[str, str]]:
    text = ",".join(matchers)
    yield extra.alone.name, f"{{{text}}}" if text else ""
    yield extra.before.name, f"{text}," if text else ""


def _check(found: Any, shape: Schema, where: str, key: str) -> None:  # noqa: ANN401
    if not _fits(found, shape):
        _refuse(where, key, found, shape)
    if isinstance(found, dict):
        known = shape.get("properties")
        for name, each in found.items():
            path = f"{key}.{name}".removeprefix(".")
            if known is not None and name not in known:
                nearest = process.extractOne(str(name), list(known), score_cutoff=80)
                hint = f"; did you mean {nearest[0]}?" if nearest else ""
                raise UsageError(f"{where}: {path} is unknown; expected one of {', '.join(known)}{hint}")
            if known is None and not (isinstance(name, str) and _fits(name, shape["propertyNames"])):
                _refuse(where, path, name, shape["propertyNames"])
            _check(each, known[name] if known is not None else shape["additionalProperties"], where, path)
    if isinstance(found, list):
        for index, each in enumerate(found):
            _check(each, shape["items"], where, f"{key}[{index}]")


def _fits(found: Any, shape: Schema) -> bool:  # noqa: ANN401
    return all(fits(found, shape[rule]) for rule, fits in _RULES.items() if rule in shape)


def _refuse(where: str, key: str, found: object, shape: Schema) -> NoReturn:
    raise UsageError(f"{where}: {key or 'the file'} is {found!r}; expected {shape['description']}")


def _relate(given: Mapping[str, Any], where: str) -> None:
    def amount(of: Amount | Period) -> float:
        found = given.get(of.name, of.default)
        return seconds(found) if isinstance(found, str) else found

    def shown(of: Amount | Period) -> str:
        return f"thresholds.{of.name} is {given.get(of.name, of.default)}"

    for each in THRESHOLDS:
        if isinstance(each, Period) and not seconds(each.least) <= amount(each) <= seconds(each.most):
            raise UsageError(f"{where}: {shown(each)}; expected {each.expected}")
    for relation in RELATIONS:
        lesser, greater = relation.factor * amount(relation.lesser), amount(relation.greater)
        if lesser > greater or (lesser == greater and not relation.or_equal):
            both = f"{shown(relation.lesser)} and {shown(relation.greater)}"
            raise UsageError(f"{where}: {both}; {relation.expected}")


def _tell_apart(severities: Mapping[str, str], where: str) -> None:
    """The page and the ticket of an alert are told apart by severity alone."""
    for alert, of in levels().items():
        given = [severities[severity(alert, level).name] for level in of]
        if len(set(given)) < len(given):
            raise UsageError(
                f"{where}: alerts.{alert}.severity is {given[0]} for both {' and '.join(of)}; expected two that differ"
            )
