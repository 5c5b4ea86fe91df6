"""What a metric is: a typed symbol that fixes name, help, unit, kind, labels and how it adds up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar


class Stability(StrEnum):
    """STABLE series keep their name, labels, unit and meaning; EXPERIMENTAL ones may still change."""

    STABLE = "STABLE"
    EXPERIMENTAL = "EXPERIMENTAL"


class Unit(StrEnum):
    """Base units of Prometheus' naming rules; NONE for counts of things, flags and mixed resources."""

    NONE = ""
    BYTES = "bytes"
    CORES = "cores"
    RATIO = "ratio"
    SECONDS = "seconds"
    TIMESTAMP_SECONDS = "timestamp_seconds"


class Aggregation(StrEnum):
    """What combining one metric's series over a label means; NONE where no combination means anything."""

    SUM = "sum"
    MAX = "max"
    MIN = "min"
    NONE = "none"


L = TypeVar("L", bound=tuple[str, ...])


class Sample(NamedTuple):
    """One value of one series; `labels` are the values in the order of the metric's label set."""

    metric: Metric[Any]
    labels: tuple[str, ...]
    value: float


@dataclass(frozen=True, slots=True, eq=False)
class Metric(Generic[L]):
    """A declared series; `labels` is a NamedTuple type whose fields are the label names, `help` names the source field."""

    kind: ClassVar[str]

    name: str
    help: str
    labels: type[L]
    unit: Unit
    aggregation: Aggregation
    stability: Stability = Stability.EXPERIMENTAL

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the labels in exposition order."""
        names: tuple[str, ...] = getattr(self.labels, "_fields", ())
        return names

    def at(self, labels: L, value: float) -> Sample:
        """Return the sample of this metric with these labels."""
        return Sample(self, labels, value)


class Gauge(Metric[L]):
    """A value that goes up and down."""

    __slots__ = ()
    kind: ClassVar[str] = "gauge"


class Counter(Metric[L]):
    """A value that only grows while the process lives; its name ends in `_total`."""

    __slots__ = ()
    kind: ClassVar[str] = "counter"
