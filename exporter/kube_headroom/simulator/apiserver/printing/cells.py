"""What a table is made of, and how the API server writes ages, containers and selectors into it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from kube_headroom.simulator.store import Object, moment

NONE, UNKNOWN, UNSET = "<none>", "<unknown>", "<unset>"
_MINUTE, _HOUR, _DAY, _YEAR = 60, 3600, 86400, 365 * 86400


class Column(NamedTuple):
    """A column; `priority` 1 shows with `-o wide` only."""

    name: str
    type: str = "string"
    priority: int = 0
    format: str = ""

    @property
    def definition(self) -> Object:
        """Its TableColumnDefinition; kubectl never shows the description."""
        return {**self._asdict(), "description": self.name}


def _no_conditions(_: Object) -> list[Object]:
    return []


class Printer(NamedTuple):
    """A resource's columns, its cells at a time in Unix seconds, and the conditions of its row."""

    columns: tuple[Column, ...]
    cells: Callable[[Object, float], list[Any]]
    conditions: Callable[[Object], list[Object]] = _no_conditions


NAME = Column("Name", format="name")
AGE = Column("Age")


def text(*names: str) -> tuple[Column, ...]:
    """Columns of strings."""
    return tuple(Column(name) for name in names)


def numbers(*names: str) -> tuple[Column, ...]:
    """Columns of integers."""
    return tuple(Column(name, "integer") for name in names)


def wide(*names: str) -> tuple[Column, ...]:
    """Columns of strings that only `-o wide` shows."""
    return tuple(Column(name, priority=1) for name in names)


def age(stored: Object, now: float) -> str:
    """How long an object exists."""
    return since(stored["metadata"].get("creationTimestamp"), now)


def since(timestamp: str | None, now: float) -> str:
    """How long something is ago."""
    return duration(now - moment(timestamp)) if timestamp else UNKNOWN


def duration(seconds: float) -> str:
    """Two or three significant figures of a duration, in words of apimachinery (util/duration, HumanDuration)."""
    whole = int(seconds)
    if whole < 0:
        return "<invalid>" if whole < -1 else "0s"
    if whole < 2 * _MINUTE:
        return f"{whole}s"
    for below, unit, name, part, part_name in _SCALE:
        if whole < below:
            rest = whole % unit // part
            return f"{whole // unit}{name}" + (f"{rest}{part_name}" if part_name and rest else "")
    return f"{whole // _YEAR}y"


_SCALE = (
    (10 * _MINUTE, _MINUTE, "m", 1, "s"),
    (3 * _HOUR, _MINUTE, "m", 1, ""),
    (8 * _HOUR, _HOUR, "h", _MINUTE, "m"),
    (2 * _DAY, _HOUR, "h", 1, ""),
    (8 * _DAY, _DAY, "d", _HOUR, "h"),
    (2 * _YEAR, _DAY, "d", 1, ""),
    (8 * _YEAR, _YEAR, "y", _DAY, "d"),
)
"""Below which seconds: the unit, its name, the smaller unit and its name ("" where it is left out)."""


def containers(template: Object) -> list[str]:
    """Names and images of a pod template's containers."""
    found = template["spec"]["containers"]
    return [",".join(row["name"] for row in found), ",".join(row.get("image", "") for row in found)]


def selector(asked: Object | None) -> str:
    """A label selector as one line."""
    return selector_terms(asked) or NONE


def selector_terms(asked: Object | None) -> str:
    """A label selector as one line, "" for one that selects everything."""
    asked = asked or {}
    terms = [(name, f"{name}={value}") for name, value in (asked.get("matchLabels") or {}).items()]
    for row in asked.get("matchExpressions") or ():
        name = row["key"]
        values = ",".join(sorted(row.get("values") or ()))
        terms.append((name, _EXPRESSIONS[row["operator"]].format(name, values)))
    return ",".join(term for _, term in sorted(terms, key=lambda term: term[0]))


_EXPRESSIONS = {"In": "{} in ({})", "NotIn": "{} notin ({})", "Exists": "{}", "DoesNotExist": "!{}"}


def labels(found: Mapping[str, str] | None) -> str:
    """Labels as one line."""
    return ",".join(f"{name}={value}" for name, value in sorted((found or {}).items())) or NONE


def is_true(conditions: Sequence[Object] | None, type_: str) -> bool:
    """Tell whether a condition is there and true."""
    return any(row["type"] == type_ and row["status"] == "True" for row in conditions or ())
