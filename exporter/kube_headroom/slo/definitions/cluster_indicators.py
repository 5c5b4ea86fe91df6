"""SLIs from cluster state as definitions name them, with the options that each has."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from kube_headroom.slo.definitions import values
from kube_headroom.slo.definitions.reading import Field, Part, Reader, nearest, record, shown, whole
from kube_headroom.slo.measures.indicators import MEASURED
from kube_headroom.slo.objective import ClusterIndicator, Indicator, Selector

OPTIONS: dict[Indicator, tuple[str, ...]] = {
    Indicator.AVAILABILITY: ("needed", "settle"),
    Indicator.PROBE_SUCCESS: ("probe",),
    Indicator.RESTART_FREE: ("afterRestart",),
    Indicator.JOB_SUCCESS: (),
    Indicator.SCHEDULING_LATENCY: ("within",),
    Indicator.THROTTLE_FREE: (),
    Indicator.ROLLOUT_SUCCESS: (),
}
"""Which options mean something to an indicator; another one's are a mistake."""

_FIELDS = {
    "needed": "needed",
    "settle": "settle",
    "within": "within",
    "probe": "probe",
    "afterRestart": "after_restart",
}


class Written(NamedTuple):
    """`metricSource.spec` of type Headroom."""

    part: Part
    indicator: Indicator
    namespace: str = ""
    kind: str = ""
    name: str = ""
    needed: Fraction | None = None
    settle: float | None = None
    within: float | None = None
    probe: str | None = None
    after_restart: float | None = None


def indicator(text: str) -> Indicator:
    """Parse an indicator's name; ValueError with the nearest one."""
    try:
        return Indicator(text)
    except ValueError:
        raise ValueError(f"unknown indicator {shown(text)}{nearest(text, Indicator)}") from None


def misplaced(asked: Indicator, kind: str) -> str:
    """Say why workloads of a kind do not have an SLI, "" if they do or the kind is left open."""
    measured = MEASURED[asked]
    if not kind or measured.suits(kind):
        return ""
    suited = f" is for {' or '.join(sorted(measured.only))}," if measured.only else " is"
    return f"{asked}{suited} not for a {kind}"


_WRITTEN: Reader[Written] = record(
    Written,
    Field("indicator", values.on_text(indicator), required=True),
    Field("namespace", values.on_text(values.name)),
    Field("kind", values.on_text(values.words)),
    Field("name", values.on_text(values.words)),
    Field("needed", values.on_text(values.share)),
    Field("settle", values.on_text(values.span)),
    Field("within", values.on_text(values.span)),
    Field("probe", values.on_text(values.one_of("liveness", "readiness", "startup"))),
    Field("afterRestart", values.on_text(values.span)),
)


def cluster_indicator(part: Part) -> ClusterIndicator:
    """Read `metricSource.spec` of type Headroom."""
    written = _WRITTEN(part)
    with whole(part):
        for option in _FIELDS:
            if part.has(option) and option not in OPTIONS[written.indicator]:
                has = ", ".join(OPTIONS[written.indicator]) or "none"
                part.at(option).error(f"{written.indicator} has no option {option}; its options: {has}")
        why = misplaced(written.indicator, written.kind)
        if why:
            part.at("kind").error(why)
    given = {field: value for field in _FIELDS.values() if (value := getattr(written, field)) is not None}
    return ClusterIndicator(written.indicator, Selector(written.namespace, written.kind, written.name), **given)
