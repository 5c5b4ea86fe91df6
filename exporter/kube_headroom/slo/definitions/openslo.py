"""OpenSLO v1 as it is written: the fields of every kind, each with its reader. What they mean together is elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from kube_headroom.slo.definitions import alerting, values
from kube_headroom.slo.definitions.annotations import Options, options
from kube_headroom.slo.definitions.indicators import Measured, indicator_spec
from kube_headroom.slo.definitions.periods import time_window
from kube_headroom.slo.definitions.reading import Field, Part, Reader, each, record
from kube_headroom.slo.objective import Budgeting, Period

API_VERSION = "openslo/v1"


class Metadata(NamedTuple):
    """`metadata` of any kind."""

    part: Part
    name: str
    display_name: str = ""
    labels: Mapping[str, str] = {}
    annotations: Options = Options()


class Inlined(NamedTuple):
    """`spec.indicator`."""

    part: Part
    spec: Measured
    metadata: Part | None = None
    api_version: str = ""
    kind: str = ""


class Target(NamedTuple):
    """An item of `spec.objectives`."""

    part: Part
    display_name: str = ""
    op: str = ""
    value: Fraction | None = None
    target: Fraction | None = None
    target_percent: Fraction | None = None
    time_slice_target: Fraction | None = None
    time_slice_window: int | None = None


class SloSpec(NamedTuple):
    """`spec` of an SLO."""

    part: Part
    service: str
    objectives: tuple[Target, ...]
    description: str = ""
    indicator: Inlined | None = None
    indicator_ref: str = ""
    time_window: tuple[Period, ...] = ()
    budgeting_method: Budgeting = Budgeting.OCCURRENCES
    alert_policies: tuple[alerting.WrittenPolicy, ...] = ()


class Unused(NamedTuple):
    """`spec` of a kind of which nothing but its name and its type is used."""

    part: Part
    description: str = ""
    type: str = ""
    connection_details: Part | None = None
    target: str = ""


class Declared(NamedTuple):
    """An object: its kind, its metadata and its `spec` as its kind's reader made it."""

    part: Part
    kind: str
    metadata: Metadata
    spec: Any = None
    api_version: str = API_VERSION


def _composite(part: Part) -> object:
    raise part.error(
        "composite objectives are not counted: an indicator or a weight of its own makes it another SLO; declare one for each"
    )


def _objectives(part: Part) -> tuple[Target, ...]:
    found = each(_TARGET)(part)
    if not found:
        raise ValueError("expected at least one objective with a target")
    return found


def _time_windows(part: Part) -> tuple[Period, ...]:
    found = each(time_window)(part)
    if len(found) != 1:
        raise ValueError(
            f"expected exactly one window (OpenSLO v1), found {len(found)}; for periods side by side add the annotation "
            "`periods`"
        )
    return found


_TARGET: Reader[Target] = record(
    Target,
    Field("displayName", values.on_text(values.words)),
    Field("op", values.on_text(values.one_of("lte", "gte", "lt", "gt"))),
    Field("value", values.on_text(values.number)),
    Field("target", values.on_text(values.target_ratio)),
    Field("targetPercent", values.on_text(values.target_percent)),
    Field("timeSliceTarget", values.on_text(values.slice_target)),
    Field("timeSliceWindow", values.on_text(values.slice_window)),
    Field("indicator", _composite),
    Field("indicatorRef", _composite),
    Field("compositeWeight", _composite),
)
_INLINED: Reader[Inlined] = record(
    Inlined,
    Field("apiVersion", values.on_text(values.one_of(API_VERSION))),
    Field("kind", values.on_text(values.one_of("SLI"))),
    Field("metadata", values.ignored),
    Field("spec", indicator_spec, required=True),
)
_SLO: Reader[SloSpec] = record(
    SloSpec,
    Field("description", values.on_text(values.description)),
    Field("service", values.on_text(values.service_name), required=True),
    Field("indicator", _INLINED),
    Field("indicatorRef", values.on_text(values.reference)),
    Field("timeWindow", _time_windows),
    Field("budgetingMethod", values.on_text(lambda text: Budgeting(values.one_of(*Budgeting)(text)))),
    Field("objectives", _objectives, required=True),
    Field("alertPolicies", alerting.policies),
)
_DESCRIPTION = Field("description", values.on_text(values.description))

SPECS: dict[str, Field] = {
    "SLO": Field("spec", _SLO, required=True),
    "SLI": Field("spec", indicator_spec, required=True),
    "Service": Field("spec", record(Unused, _DESCRIPTION)),
    "AlertPolicy": Field("spec", alerting.policy_spec, required=True),
    "AlertCondition": Field("spec", alerting.condition_spec, required=True),
    "AlertNotificationTarget": Field(
        "spec",
        record(Unused, _DESCRIPTION, Field("target", values.on_text(values.words), required=True)),
        required=True,
    ),
    "DataSource": Field(
        "spec",
        record(
            Unused,
            _DESCRIPTION,
            Field("type", values.on_text(values.words), required=True),
            Field("connectionDetails", values.ignored),
        ),
        required=True,
    ),
}
"""The kinds of OpenSLO v1, each with the field that holds what it says."""

_NAMES = {"SLO": values.name, "Service": values.service_name}


def declared(kind: str, prefix: str) -> Reader[Declared]:
    """Make the reader of a kind; `prefix` begins the annotations that are ours."""
    metadata = record(
        Metadata,
        Field("name", values.on_text(_NAMES.get(kind, values.reference)), required=True),
        Field("displayName", values.on_text(values.words)),
        Field("labels", values.labels),
        Field("annotations", lambda part: options(part, prefix)),
    )
    return record(
        Declared,
        Field("apiVersion", values.on_text(values.words), required=True),
        Field("kind", values.on_text(values.words), required=True),
        Field("metadata", metadata, required=True),
        SPECS[kind],
    )
