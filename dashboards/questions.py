"""What a panel asks, as data: a question, its series or columns, and what their colours mean; knows no Grafana library."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from kube_headroom.catalogue.indicator import Indicator
from kube_headroom.catalogue.metric import Unit
from kube_headroom.catalogue.vector import Vector

GREEN, ORANGE, RED = "green", "orange", "red"
"""Verdicts, and nothing else has their colours: all is well, somebody looks tomorrow, somebody looks now."""


class Role(StrEnum):
    """What a line is, by the colour that it has on every dashboard."""

    USED = "blue"
    REQUESTED = "purple"
    LIMIT = "#8e8e8e"
    BAD = RED


class Limits(NamedTuple):
    """Where a value turns orange and where red; with `warning` above `critical` it is the low values that are bad."""

    warning: float
    critical: float

    def steps(self) -> tuple[tuple[float | None, str], ...]:
        """Return colours by the value from which they hold, None for the lowest."""
        if self.warning <= self.critical:
            return ((None, GREEN), (self.warning, ORANGE), (self.critical, RED))
        return ((None, RED), (self.critical, ORANGE), (self.warning, GREEN))


ANY: Final = Limits(0.5, float("inf"))
"""One is one too many, though nobody has to get up for it; an increase of one may be told as a little less."""


class Question(NamedTuple):
    """What a panel asks; `without` is what it means when there is no answer."""

    title: str
    sentence: str
    unit: Unit
    without: str
    per_second: bool = False

    @classmethod
    def of(cls, indicator: Indicator, without: str, title: str = "") -> Question:
        """Ask what an indicator asks, in its words; a title of its own where the indicator's name has no room."""
        return cls(title or indicator.name, indicator.sentence, indicator.unit, without)


class Series(NamedTuple):
    """The series of one query; `legend` names each by its labels, `role` gives all of them one colour."""

    query: Vector
    legend: str
    role: Role | None = None


class Column(NamedTuple):
    """A column of a table: one value for each row, whose labels are the same in every column."""

    title: str
    query: Vector
    unit: Unit
    limits: Limits | None = None


class Variable(NamedTuple):
    """A choice at the top of a dashboard: the values of the label that it is named after."""

    label: str
    among: Vector
    title: str
    all_of_them: bool = False
    """Whether every value may be meant at once; its matcher is then a pattern."""


_UNITS: Final = {
    (Unit.NONE, False): "short",
    (Unit.BYTES, False): "bytes",
    (Unit.CORES, False): "short",
    (Unit.RATIO, False): "percentunit",
    (Unit.SECONDS, False): "s",
    (Unit.NONE, True): "cps",
    (Unit.BYTES, True): "binBps",
}


def unit_id(unit: Unit, *, per_second: bool = False) -> str:
    """Return Grafana's identifier; ValueError where people could not read the number, such as a Unix time."""
    if (unit, per_second) not in _UNITS:
        message = (
            f"{unit or 'counts'}{' per second' if per_second else ''} are not for people; ask for an age or a share"
        )
        raise ValueError(message)
    return _UNITS[unit, per_second]


def label_title(label: str) -> str:
    """Return a label as the head of a column."""
    return _LABEL_TITLES.get(label) or label.replace("_", " ").capitalize()


_LABEL_TITLES: Final = {
    "workload_kind": "Kind",
    "sli": "SLI",
    "slo": "SLO",
    "slo_service": "Service",
    "slo_group": "Group",
    "node_pool": "Pool",
    "persistentvolumeclaim": "Claim",
    "resourcequota": "Quota",
    "poddisruptionbudget": "Budget",
    "family": "Metric",
}
