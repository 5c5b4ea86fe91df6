"""What the sources' reports mean together: ready or not and why, and which metrics are too old to be shown."""

from __future__ import annotations

from collections import Counter as Multiset
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from kube_headroom.catalogue import batch, objects, workloads
from kube_headroom.catalogue import exporter as series
from kube_headroom.catalogue.labels import Source, SourceReason
from kube_headroom.catalogue.metric import Counter, Metric, Sample
from kube_headroom.catalogue.metrics import CLUSTER_METRICS
from kube_headroom.catalogue.slo import SLO_METRICS
from kube_headroom.cluster.backoff import PASSING_DENIALS
from kube_headroom.cluster.failures import Reason
from kube_headroom.cluster.health import SourceReport
from kube_headroom.overview.content import Source as Shown

NOT_WAITED_FOR = frozenset({Reason.FORBIDDEN, Reason.NOT_FOUND})
"""A kind that is forbidden or unknown is reported and not waited for; pods always are (DESIGN, law 6)."""

TOLD_BY: dict[str, tuple[Metric[Any], ...]] = {
    "events": (workloads.EVENTS,),
    "horizontalpodautoscalers": (
        batch.AUTOSCALER_CURRENT,
        batch.AUTOSCALER_DESIRED,
        batch.AUTOSCALER_MINIMUM,
        batch.AUTOSCALER_MAXIMUM,
        batch.AUTOSCALER_LIMITED,
    ),
    "poddisruptionbudgets": (
        objects.PDB_DISRUPTIONS_ALLOWED,
        objects.PDB_HEALTHY,
        objects.PDB_DESIRED_HEALTHY,
        objects.PDB_EXPECTED,
    ),
    "resourcequotas": (objects.QUOTA_HARD, objects.QUOTA_USED),
    "limitranges": (objects.LIMIT_RANGE,),
    "persistentvolumeclaims": (objects.PVC_REQUESTED, objects.PVC_CAPACITY, objects.PVC_PHASE),
}
"""Metrics that one kind alone tells; all others take every mandatory kind."""


def waiting_for(reports: Iterable[SourceReport], mandatory: Collection[str]) -> str:
    """Say in one line what must be listed before anything is shown, "" when nothing is missing."""
    missing = [
        report
        for report in reports
        if report.kind in mandatory and not report.listed and (report.kind == "pods" or not _given_up(report))
    ]
    if not missing:
        return ""
    named = ", ".join(sorted({report.kind for report in missing}))
    errors = sorted({report.last_error for report in missing if report.last_error})
    return f"not listed yet: {named}" + "".join(f"\n{error}" for error in errors)


def standing(reports: Iterable[SourceReport]) -> tuple[tuple[str, str, bool, bool], ...]:
    """What of the reports must be told at once when it changes: who is up, and who was listed."""
    return tuple((report.kind, report.scope, report.up, report.listed) for report in reports)


def _given_up(report: SourceReport) -> bool:
    """Whether a kind is forbidden or unknown for good, and not by a server that has just started."""
    reason = report.last_reason
    return reason in NOT_WAITED_FOR and report.errors.get(reason, 0) > PASSING_DENIALS


def stale(reports: Iterable[SourceReport], now: float, limit: float) -> frozenset[str]:
    """Name the kinds that were listed once and then told nothing for longer than `limit` seconds."""
    return frozenset(
        report.kind
        for report in reports
        if report.listed and report.last_success is not None and now - report.last_success > limit
    )


def withdrawn(silent: Collection[str], mandatory: frozenset[str]) -> frozenset[Metric[Any]]:
    """Name the metrics that stale kinds take with them: a mandatory one all that they tell together."""
    if not mandatory.isdisjoint(silent):
        # SLOs withdraw themselves one by one: those of queries do not depend on the API server.
        return frozenset(CLUSTER_METRICS) - frozenset(SLO_METRICS)
    return frozenset(metric for kind in silent for metric in TOLD_BY.get(kind, ()))


def samples(reports: Sequence[SourceReport], sizes: Mapping[str, int], silent: Collection[str]) -> Iterator[Sample]:
    """Report each kind; a kind read namespace by namespace is as good as its worst part."""
    for kind in sorted({report.kind for report in reports}):
        parts = [report for report in reports if report.kind == kind]
        source = Source(kind)
        yield series.SOURCE_UP.at(source, all(part.up for part in parts))
        yield series.SOURCE_LISTED.at(source, all(part.listed for part in parts))
        yield series.SOURCE_STALE.at(source, kind in silent)
        yield series.SOURCE_OBJECTS.at(source, sizes.get(kind, 0))
        yield series.SOURCE_WATCHES.at(source, sum(part.watches for part in parts))
        heard = [part.last_success for part in parts if part.last_success is not None]
        if len(heard) == len(parts):
            yield series.SOURCE_LAST_SUCCESS.at(source, min(heard))
        yield from _by_reason(series.SOURCE_ERRORS, kind, (part.errors for part in parts))
        yield from _by_reason(series.SOURCE_LISTS, kind, (part.lists for part in parts))
        flaws = (count for part in parts for count in (part.skipped, part.repaired))
        yield from _by_reason(series.OBJECTS_SKIPPED, kind, flaws)


def shown(reports: Sequence[SourceReport], sizes: Mapping[str, int], silent: Collection[str]) -> Iterator[Shown]:
    """Say of each kind what the overview shows; a kind read namespace by namespace is as good as its worst part."""
    for kind in sorted({report.kind for report in reports}):
        parts = [report for report in reports if report.kind == kind]
        heard = [part.last_success for part in parts if part.last_success is not None]
        errors = [part.last_error for part in parts if part.last_error]
        yield Shown(
            name=kind,
            state=_state(parts, stale=kind in silent),
            objects=sizes.get(kind, 0),
            last_success=min(heard) if len(heard) == len(parts) else None,
            error=errors[0] if errors else "",
        )


def _state(parts: Sequence[SourceReport], *, stale: bool) -> str:
    if stale:
        return "stale"
    if any(part.last_error for part in parts):
        return "down"
    return "up" if all(part.up and part.listed for part in parts) else "starting"


def _by_reason(metric: Counter[SourceReason], kind: str, counts: Iterable[Mapping[Any, int]]) -> Iterator[Sample]:
    total: Multiset[str] = Multiset()
    for count in counts:
        total.update(count)
    for reason in sorted(total):
        yield metric.at(SourceReason(kind, reason), total[reason])
