"""SLIs as OpenSLO writes them: `ratioMetric`, `thresholdMetric`, and the metric sources Prometheus and Headroom."""

from __future__ import annotations

from typing import NamedTuple

from kube_headroom.slo.definitions import values
from kube_headroom.slo.definitions.cluster_indicators import cluster_indicator
from kube_headroom.slo.definitions.queries import has_range, query
from kube_headroom.slo.definitions.reading import Field, Part, Reader, attempt, record, shown, suggestion
from kube_headroom.slo.definitions.templates import template
from kube_headroom.slo.objective import EventRatio, Query, RawRatio, Sli

PROMETHEUS, HEADROOM = "Prometheus", "Headroom"
TYPES = (PROMETHEUS, HEADROOM)

Source = Query | Sli
"""What a metric source holds: PromQL, an SLI from cluster state, or the SLI that a template makes."""


class WrittenQuery(NamedTuple):
    """`metricSource.spec` of type Prometheus."""

    part: Part
    query: Query


class WrittenSource(NamedTuple):
    """`metricSource`."""

    part: Part
    spec: Part
    type: str = ""
    metric_source_ref: str = ""


class Metric(NamedTuple):
    """`good`, `bad`, `total`, `raw` or `thresholdMetric`; `reference` is the DataSource that has to name the type."""

    part: Part
    metric_source: tuple[Source, Part | None]


class WrittenRatio(NamedTuple):
    """`ratioMetric`."""

    part: Part
    counter: bool | None = None
    good: Metric | None = None
    bad: Metric | None = None
    total: Metric | None = None
    raw: Metric | None = None
    raw_type: str = ""


class WrittenSpec(NamedTuple):
    """`spec` of an SLI."""

    part: Part
    description: str = ""
    ratio_metric: Measured | None = None
    threshold_metric: Measured | None = None


class Measured(NamedTuple):
    """What an SLI measures; a Query still lacks the objective's operator and bound.

    `references` are the DataSources that have to be of type Prometheus.
    """

    sli: Sli | Query
    references: tuple[Part, ...] = ()


_SOURCE: Reader[WrittenSource] = record(
    WrittenSource,
    Field("metricSourceRef", values.on_text(values.reference)),
    Field("type", values.on_text(values.words)),
    Field("spec", values.ignored, required=True),
)
_QUERY: Reader[WrittenQuery] = record(WrittenQuery, Field("query", query, required=True))


def _source(part: Part) -> tuple[Source, Part | None]:
    written = _SOURCE(part)
    if written.type == HEADROOM:
        reader: Reader[Sli] = template if written.spec.has("template") else cluster_indicator
        return attempt(reader, written.spec), None
    if written.type not in {"", PROMETHEUS}:
        hint = suggestion(written.type, TYPES)
        raise part.at("type").error(f"expected one of {', '.join(TYPES)}, found {shown(written.type)}{hint}")
    if not written.type and not written.metric_source_ref:
        raise ValueError(f"missing field type: one of {', '.join(TYPES)}")
    reference = None if written.type else part.at("metricSourceRef")
    return _QUERY(written.spec).query, reference


_METRIC: Reader[Metric] = record(Metric, Field("metricSource", _source, required=True))
_RATIO: Reader[WrittenRatio] = record(
    WrittenRatio,
    Field("counter", values.on_text(values.truth)),
    Field("good", _METRIC),
    Field("bad", _METRIC),
    Field("total", _METRIC),
    Field("raw", _METRIC),
    Field("rawType", values.on_text(values.one_of("success", "failure"))),
)


def _ratio(part: Part) -> Measured:
    ratio = _RATIO(part)
    counted = {name: metric for name in ("good", "bad", "total") if (metric := getattr(ratio, name)) is not None}
    if ratio.raw is not None:
        if counted:
            raise ValueError(f"raw and {' and '.join(counted)} exclude each other; keep one way")
        return _raw(ratio, ratio.raw)
    if ratio.raw_type:
        raise part.at("rawType").error("rawType goes with raw, which is missing")
    if set(counted) not in ({"good", "total"}, {"bad", "total"}):
        given = " and ".join(counted) or "none of them"
        raise ValueError(f"expected good and total, bad and total, or raw with rawType, found {given}")
    queries = {name: _as_query(metric) for name, metric in counted.items()}
    references = tuple(metric.metric_source[1] for metric in counted.values() if metric.metric_source[1] is not None)
    return Measured(_events(queries, counter=ratio.counter is not False), references)


def _raw(ratio: WrittenRatio, metric: Metric) -> Measured:
    source, reference = metric.metric_source
    if not isinstance(source, Query):
        if ratio.raw_type != "success":
            raise ratio.part.at("rawType").error("expected rawType: success, which is what Headroom's SLIs are")
        return Measured(source)
    if not ratio.raw_type:
        raise ValueError("raw needs rawType: success (the share of good events) or failure (that of bad ones)")
    return Measured(RawRatio(source, success=ratio.raw_type == "success"), () if reference is None else (reference,))


def _events(queries: dict[str, Query], *, counter: bool) -> Sli:
    total = queries.pop("total")
    [(side, part)] = queries.items()
    if not counter and not has_range(part.text) and not has_range(total.text):
        # Two gauges: what they show now says nothing of how many events there were, so time is counted.
        return RawRatio(part._replace(text=f"({part.text}) / ({total.text})"), success=side == "good")
    return EventRatio(total, **{side: part})


def _as_query(metric: Metric) -> Query:
    source = metric.metric_source[0]
    if not isinstance(source, Query):
        raise metric.part.at("metricSource", "type").error(
            "type Headroom goes under ratioMetric.raw with rawType: success; it brings good and total itself"
        )
    return source


def _threshold(part: Part) -> Measured:
    metric = _METRIC(part)
    reference = metric.metric_source[1]
    return Measured(_as_query(metric), () if reference is None else (reference,))


_SPEC: Reader[WrittenSpec] = record(
    WrittenSpec,
    Field("description", values.on_text(values.description)),
    Field("ratioMetric", _ratio),
    Field("thresholdMetric", _threshold),
)


def indicator_spec(part: Part) -> Measured:
    """Read `spec` of an SLI."""
    spec = _SPEC(part)
    given = [measured for measured in (spec.ratio_metric, spec.threshold_metric) if measured is not None]
    if len(given) != 1:
        raise ValueError(f"expected one of ratioMetric and thresholdMetric, found {'both' if given else 'neither'}")
    return given[0]
