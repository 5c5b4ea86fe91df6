"""Ready, stale or silent: what the sources' reports mean together."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from kube_headroom import sources
from kube_headroom.catalogue import objects, workloads
from kube_headroom.catalogue.metrics import CLUSTER_METRICS
from kube_headroom.catalogue.slo import SLO_METRICS
from kube_headroom.cluster.failures import Reason
from kube_headroom.cluster.health import Flaw, ListCause, SourceReport
from kube_headroom.exposition.render import render

NOW, LIMIT = 10_000.0, 3600.0
MANDATORY = frozenset({"pods", "nodes"})


def report(kind: str, scope: str = "", **fields: Any) -> SourceReport:
    known: dict[str, Any] = {
        "listed": True,
        "up": True,
        "last_success": NOW,
        "last_error": "",
        "last_reason": None,
        "lists": {},
        "watches": 1,
        "watch_ends": {},
        "errors": {},
        "skipped": {},
        "repaired": {},
    }
    return SourceReport(kind=kind, scope=scope, **(known | fields))


def failing(kind: str, reason: Reason, times: int = 4) -> SourceReport:
    told: dict[str, Any] = {"last_error": f"{kind}: {reason}", "last_reason": reason, "errors": {reason: times}}
    return report(kind, listed=False, up=False, last_success=None, **told)


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        pytest.param([report("pods"), report("nodes")], "", id="nothing when every mandatory kind was listed"),
        pytest.param(
            [report("pods"), report("nodes", listed=False)], "not listed yet: nodes", id="a kind that is on its way"
        ),
        pytest.param(
            [report("pods"), failing("nodes", Reason.CONNECTION)],
            "not listed yet: nodes\nnodes: connection",
            id="a kind that fails, with its reason",
        ),
        pytest.param([report("pods"), failing("nodes", Reason.FORBIDDEN)], "", id="no kind that is forbidden"),
        pytest.param(
            [report("pods"), failing("nodes", Reason.FORBIDDEN, times=3)],
            "not listed yet: nodes\nnodes: forbidden",
            id="a kind that a starting server forbids for a moment",
        ),
        pytest.param([report("pods"), failing("nodes", Reason.NOT_FOUND)], "", id="no kind that the server lacks"),
        pytest.param(
            [failing("pods", Reason.FORBIDDEN), report("nodes")],
            "not listed yet: pods\npods: forbidden",
            id="pods, forbidden or not",
        ),
        pytest.param([report("pods"), report("events", listed=False)], "", id="no kind that is not mandatory"),
        pytest.param(
            [report("pods", "shop"), report("pods", "bank", listed=False)],
            "not listed yet: pods",
            id="every chosen namespace of a kind",
        ),
    ],
)
def test_the_page_waits_for(reports: list[SourceReport], expected: str) -> None:
    assert sources.waiting_for(reports, MANDATORY) == expected


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        pytest.param([report("pods", last_success=NOW - LIMIT)], frozenset(), id="nothing at the limit"),
        pytest.param(
            [report("pods", last_success=NOW - LIMIT - 1)],
            frozenset(CLUSTER_METRICS) - frozenset(SLO_METRICS),
            id="everything but SLOs when pods are silent",
        ),
        pytest.param(
            [report("events", last_success=NOW - LIMIT - 1)],
            frozenset({workloads.EVENTS}),
            id="what the silent kind alone tells",
        ),
        pytest.param(
            [report("limitranges", listed=False, last_success=None)], frozenset(), id="nothing that was never shown"
        ),
    ],
)
def test_what_is_withdrawn_is(reports: list[SourceReport], expected: frozenset[Any]) -> None:
    assert sources.withdrawn(sources.stale(reports, NOW, LIMIT), MANDATORY) == expected


def test_every_optional_kind_withdraws_its_own_metrics() -> None:
    told = {metric for metrics in sources.TOLD_BY.values() for metric in metrics}
    assert {metric for metric in objects.OBJECT_METRICS if metric is not objects.NAMESPACE_INFO} <= told


def test_a_kind_read_by_namespace_is_as_good_as_its_worst_part() -> None:
    parts = [
        report("pods", "bank", errors=Counter({Reason.FORBIDDEN: 2}), up=False, last_success=NOW - 60),
        report("pods", "shop", lists={ListCause.FIRST: 1}, skipped={Flaw.MALFORMED: 1}, repaired={Flaw.FIELDS: 2}),
    ]
    lines = b"".join(render(sources.samples(parts, {"pods": 7}, frozenset({"pods"}))).values()).decode().splitlines()
    assert sorted(lines) == [
        'headroom_objects_skipped_total{source="pods",reason="fields"} 2',
        'headroom_objects_skipped_total{source="pods",reason="malformed"} 1',
        'headroom_source_errors_total{source="pods",reason="forbidden"} 2',
        f'headroom_source_last_success_timestamp_seconds{{source="pods"}} {NOW - 60:.0f}',
        'headroom_source_listed{source="pods"} 1',
        'headroom_source_lists_total{source="pods",reason="first"} 1',
        'headroom_source_objects{source="pods"} 7',
        'headroom_source_stale{source="pods"} 1',
        'headroom_source_up{source="pods"} 0',
        'headroom_source_watches_total{source="pods"} 2',
    ]


@pytest.mark.parametrize(
    ("parts", "silent", "state", "age", "error"),
    [
        pytest.param([report("pods")], (), "up", 0, "", id="up when listed and watched"),
        pytest.param([report("pods", listed=False, last_success=None)], (), "starting", None, "", id="starting first"),
        pytest.param(
            [failing("pods", Reason.FORBIDDEN)], (), "down", None, "pods: forbidden", id="down with its error"
        ),
        pytest.param([report("pods")], ("pods",), "stale", 0, "", id="stale when silent for too long"),
        pytest.param(
            [report("pods", "a"), report("pods", "b", last_success=NOW - 5, up=False, last_error="refused")],
            (),
            "down",
            5,
            "refused",
            id="as good as its worst namespace",
        ),
    ],
)
def test_the_overview_shows_each_source(
    parts: list[SourceReport], silent: tuple[str, ...], state: str, age: float | None, error: str
) -> None:
    (source,) = sources.shown(parts, {"pods": 7}, silent)
    assert (source.name, source.state, source.objects, source.error) == ("pods", state, 7, error)
    assert source.last_success == (None if age is None else NOW - age)
