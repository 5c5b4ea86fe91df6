"""OpenSLO v1alpha as Sloth reads it: ratios of good to all events; what Sloth passes over in silence is refused."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from typing import NamedTuple

from kube_headroom.slo.definitions.reading import Field, Part, Reader, each, record
from kube_headroom.slo.definitions.values import ignored, on_text, one_of, truth
from kube_headroom.slo.objective import Query
from kube_headroom.slo.sloth import values
from kube_headroom.slo.sloth.specification import (
    PERIODS,
    Dialect,
    GoodEvents,
    Metadata,
    ServiceLevelObjective,
    Sli,
    Specification,
)


class WrittenMetric(NamedTuple):
    """`good` or `total`."""

    part: Part
    source: str
    query_type: str
    query: Query


class WrittenRatio(NamedTuple):
    """`ratioMetrics`."""

    part: Part
    good: WrittenMetric
    total: WrittenMetric
    counter: Part | None = None


class WrittenObjective(NamedTuple):
    """One of `objectives`."""

    part: Part
    target: Fraction
    ratio_metrics: Sli
    display_name: Part | None = None
    value: Part | None = None
    op: Part | None = None
    time_slice_target: None = None


class WrittenSpec(NamedTuple):
    """`spec`."""

    part: Part
    service: str
    objectives: tuple[WrittenObjective, ...]
    time_windows: tuple[int, ...] = ()
    description: str = ""
    budgeting_method: str = ""
    indicator: None = None


class WrittenMetadata(NamedTuple):
    """`metadata`."""

    part: Part
    name: str
    display_name: Part | None = None


class WrittenDocument(NamedTuple):
    """An SLO."""

    part: Part
    kind: str
    metadata: WrittenMetadata
    spec: WrittenSpec
    api_version: str = ""


def _ratio(written: WrittenRatio) -> Sli:
    return values.countable(written.part, GoodEvents(written.good.query, written.total.query))


def _days(part: Part, *, unit: str, count: Fraction, is_rolling: bool = True, calendar: None = None) -> int:
    del unit, calendar  # any other than days, and any at all, was refused
    if not is_rolling:
        raise part.error("Sloth's rules look at the last days whatever stands here; write isRolling: true")
    days = next((days for days in PERIODS.values() if days == count), None)
    if days is None:
        raise part.error(f"expected {' or '.join(map(str, PERIODS.values()))} days, found {count}")
    return days


def _one(days: tuple[int, ...]) -> tuple[int, ...]:
    if len(days) > 1:
        raise ValueError(f"expected one time window, found {len(days)}")
    return days


def _specification(written: WrittenDocument) -> Specification:
    spec = written.spec
    objectives = (
        ServiceLevelObjective(
            name=f"{written.metadata.name}-{index}",
            percent=float(objective.target) * 100,
            target=objective.target,
            sli=objective.ratio_metrics,
            place=objective.part.place,
            description=spec.description,
        )
        for index, objective in enumerate(spec.objectives)
    )
    return Specification(
        Dialect.OPENSLO,
        spec.service,
        tuple(objectives),
        written.part.place,
        period=next(iter(spec.time_windows), None),
        metadata=Metadata(f"{spec.service}-{written.metadata.name}"),
    )


_METRIC = record(
    WrittenMetric,
    Field("source", on_text(one_of("prometheus", "sloth")), required=True),
    Field("queryType", on_text(one_of("promql")), required=True),
    Field("query", values.query, required=True),
)
_RATIO = record(
    WrittenRatio,
    Field("good", _METRIC, required=True),
    Field("total", _METRIC, required=True),
    Field("counter", ignored),
)
_OBJECTIVE = record(
    WrittenObjective,
    Field("displayName", ignored),
    Field("value", ignored),
    Field("op", ignored),
    Field("target", values.ratio, required=True),
    Field("timeSliceTarget", values.refused("Sloth's rules know no time slices; leave it out, or write OpenSLO v1")),
    Field("ratioMetrics", values.then(_RATIO, _ratio), required=True),
)
_TIME_WINDOW = record(
    _days,
    Field("unit", on_text(lambda unit: one_of("day")(unit.lower())), required=True),
    Field("count", values.number, required=True),
    Field("isRolling", on_text(truth)),
    Field("calendar", values.refused("Sloth's rules look at the last days; leave it out, or write OpenSLO v1")),
)
_SPEC = record(
    WrittenSpec,
    Field("service", values.name, required=True),
    Field("description", values.any_text),
    Field("budgetingMethod", on_text(one_of("Occurrences"))),
    Field("indicator", values.refused("Sloth reads ratioMetrics only; leave it out, or write OpenSLO v1")),
    Field("timeWindows", values.then(each(_TIME_WINDOW), _one)),
    Field("objectives", values.some(each(_OBJECTIVE)), required=True),
)
# Sloth appends an objective's number to the name before it looks whether it is one.
_METADATA = record(
    WrittenMetadata,
    Field("name", partial(values.name, suffix="-0"), required=True),
    Field("displayName", ignored),
)
OPENSLO: Reader[Specification] = values.then(
    record(
        WrittenDocument,
        Field("apiVersion", on_text(one_of("openslo/v1alpha"))),
        Field("kind", on_text(one_of("SLO")), required=True),
        Field("metadata", _METADATA, required=True),
        Field("spec", _SPEC, required=True),
    ),
    _specification,
)
