"""What queries say, and which ones are refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from kube_headroom.catalogue import exporter, nodes, objects, workloads
from kube_headroom.catalogue.indicator import Indicator
from kube_headroom.catalogue.indicators import INDICATORS
from kube_headroom.catalogue.metric import Aggregation, Unit
from kube_headroom.catalogue.promql import (
    absent,
    and_,
    average_by,
    average_over_time,
    clamp,
    difference,
    highest,
    join,
    last_over_time,
    lowest,
    max_by,
    max_over_time,
    min_by,
    min_over_time,
    or_,
    quantile_over_time,
    ratio,
    seconds_since,
    sum_by,
    unless,
)
from kube_headroom.catalogue.selection import increase, label_is, label_matches, rate, value
from kube_headroom.catalogue.vector import RATE_INTERVAL, Vector, seconds
from tests.catalogue.trees import read

IDENTITY = ("namespace", "workload_kind", "workload")
DESIRED = value(workloads.REPLICAS_DESIRED)
READY = value(workloads.REPLICAS_READY)
HIGHEST = value(exporter.PUBLISH_DURATION)
OLDEST = value(exporter.SOURCE_LAST_SUCCESS)
LIMIT = value(objects.QUOTA_HARD)
WANTED = sum_by(DESIRED, *IDENTITY)
OWNERS = max_by(value(workloads.INFO), *IDENTITY, "owner")


@pytest.mark.parametrize("indicator", INDICATORS, ids=lambda indicator: indicator.name)
def test_every_indicator_is_a_query_with_a_sentence(indicator: Indicator) -> None:
    assert read(str(indicator.query))
    assert indicator.sentence.endswith(".")


def test_indicators_have_names_of_their_own() -> None:
    assert len({indicator.name for indicator in INDICATORS}) == len(INDICATORS)


def test_an_indicator_that_keeps_the_labels_of_the_scrape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"indicator Ready: .* keeps the labels of the scrape"):
        Indicator("Ready", "Replicas that are ready.", Unit.NONE, READY)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        pytest.param(DESIRED, "headroom_workload_replicas_desired", id="a gauge is its name"),
        pytest.param(
            value(workloads.PODS, label_is("phase", "Pending"), label_matches("namespace", "a|b")),
            'headroom_workload_pods{phase="Pending", namespace=~"a|b"}',
            id="matchers stand in braces",
        ),
        pytest.param(
            rate(workloads.EVICTIONS, RATE_INTERVAL),
            "rate(headroom_workload_evictions_total[$__rate_interval])",
            id="Grafana sets the window of a panel",
        ),
        pytest.param(sum_by(DESIRED), "sum by () (headroom_workload_replicas_desired)", id="a total says by nothing"),
        pytest.param(
            value(workloads.PODS_UNSCHEDULABLE, label_is("cluster", "eu"), target_labels=("cluster",)),
            'headroom_workload_pods_unschedulable{cluster="eu"}',
            id="a label of the scrape is matched when asked for",
        ),
        pytest.param(
            sum_by(increase(workloads.EVENTS, "1h", target_labels=("cluster",)), "cluster"),
            "sum by (cluster) (increase(headroom_workload_events_total[1h]))",
            id="a label of the scrape is grouped by when asked for",
        ),
        pytest.param(WANTED.above(float("-inf")), f"{WANTED} > -Inf", id="minus infinity is a bound"),
        pytest.param(WANTED.times(0.5), f"{WANTED} * 0.5", id="fractions are exact"),
        pytest.param(WANTED.above(0).plus(-1), f"({WANTED} > 0) + -1", id="operations stand in parentheses"),
        pytest.param(highest(WANTED.above(0), 10), f"topk(10, {WANTED} > 0)", id="the highest keep their labels"),
        pytest.param(lowest(WANTED, 3), f"bottomk(3, {WANTED})", id="the lowest keep their labels"),
    ],
)
def test_it_writes(query: Vector, text: str) -> None:
    assert str(query) == text


@pytest.mark.parametrize(
    ("query", "combines"),
    [
        pytest.param(DESIRED, {"sum", "max", "min"}, id="what adds up combines in every way"),
        pytest.param(HIGHEST, {"max"}, id="a maximum has a maximum only"),
        pytest.param(OLDEST, {"min"}, id="a minimum has a minimum only"),
        pytest.param(seconds_since(OLDEST), {"max"}, id="the oldest time has the greatest age"),
        pytest.param(LIMIT, set(), id="numbers of different things do not combine"),
        pytest.param(max_by(DESIRED, "namespace"), {"max"}, id="maxima do not add up"),
        pytest.param(min_by(DESIRED, "namespace"), {"min"}, id="minima do not add up"),
        pytest.param(max_by(DESIRED, *IDENTITY), {"sum", "max", "min"}, id="merged duplicates add up"),
        pytest.param(average_by(DESIRED, "namespace"), set(), id="averages do not combine"),
        pytest.param(ratio(WANTED, WANTED, on=IDENTITY), {"max", "min"}, id="ratios do not add up"),
        pytest.param(difference(WANTED, WANTED, on=IDENTITY), {"sum", "max", "min"}, id="differences of sums add up"),
        pytest.param(max_over_time(DESIRED, "1h"), {"max"}, id="peaks of different instants do not add up"),
        pytest.param(min_over_time(DESIRED, "1h"), {"min"}, id="lows of different instants do not add up"),
        pytest.param(average_over_time(DESIRED, "1h"), {"sum", "max", "min"}, id="averages over time add up"),
        pytest.param(last_over_time(LIMIT, "1h"), set(), id="bridging a gap changes no meaning"),
        pytest.param(quantile_over_time(0.9, DESIRED, "1h"), {"max", "min"}, id="quantiles do not add up"),
        pytest.param(clamp(DESIRED, 0), {"max", "min"}, id="what was cut off does not add up"),
        pytest.param(HIGHEST.above(1, flag=True), {"sum", "max", "min"}, id="flags are counted"),
        pytest.param(DESIRED.plus(1), {"max", "min"}, id="an addend counts once"),
        pytest.param(or_(DESIRED, max_over_time(READY, "5m"), on=IDENTITY), {"max"}, id="or combines as both do"),
        pytest.param(absent(WANTED), {"max"}, id="absence is absence"),
    ],
)
def test_it_knows_how_results_combine(query: Vector, combines: set[str]) -> None:
    assert query.aggregations == {Aggregation(word) for word in combines}


def test_a_join_adds_labels_and_changes_no_meaning() -> None:
    owned = join(WANTED, OWNERS, on=IDENTITY, include=("owner",))

    assert owned.labels == (*IDENTITY, "owner")
    assert str(sum_by(owned, "owner")) == (
        f"sum by (owner) ({WANTED} * on (namespace, workload_kind, workload) group_left (owner) {OWNERS})"
    )


def test_unless_keeps_the_left_side() -> None:
    kept = unless(WANTED, OWNERS, on=("namespace",))

    assert (kept.labels, kept.aggregated) == (WANTED.labels, True)


@pytest.mark.parametrize(
    ("duration", "expected"),
    [("30s", 30), ("5m", 300), ("1h30m", 5400), ("1d", 86_400), ("1w", 604_800)],
)
def test_a_duration_is_read_in_seconds(duration: str, expected: float) -> None:
    assert seconds(duration) == expected


@pytest.mark.parametrize(
    ("build", "message"),
    [
        pytest.param(lambda: sum_by(DESIRED, "pod"), "has no pod; expected labels among namespace", id="unknown label"),
        pytest.param(lambda: sum_by(DESIRED, "namespace", "namespace"), "stands twice", id="a label twice"),
        pytest.param(lambda: sum_by(DESIRED, "a-b"), "'a-b' is no label name", id="no label name"),
        pytest.param(lambda: sum_by(DESIRED, "cluster"), "has no cluster", id="grouping by a scrape's label unasked"),
        pytest.param(lambda: sum_by(HIGHEST), "sum of .* means nothing; expected max", id="the sum of a maximum"),
        pytest.param(lambda: sum_by(OLDEST), "sum of .* means nothing; expected min", id="the sum of a minimum"),
        pytest.param(lambda: min_by(HIGHEST), "min of .* means nothing; expected max", id="the minimum of a maximum"),
        pytest.param(lambda: max_by(LIMIT, "namespace"), "expected no aggregation", id="combining what cannot be"),
        pytest.param(lambda: average_by(HIGHEST), "sum of .* means nothing", id="the average of a maximum"),
        pytest.param(
            lambda: value(nodes.POOL_NODES, label_is("pod", "a")), "no label 'pod' to match", id="unknown matcher"
        ),
        pytest.param(
            lambda: value(nodes.POOL_NODES, target_labels=("node_pool",)), "stands twice", id="a scrape's label of ours"
        ),
        pytest.param(
            lambda: rate(workloads.EVENTS, "1m"), "1m is too short for a rate; expected 2m", id="a short rate"
        ),
        pytest.param(lambda: increase(workloads.EVENTS, "119s"), "too short for a rate", id="a short increase"),
        pytest.param(lambda: rate(workloads.EVENTS, "5 minutes"), "'5 minutes' is no duration", id="no duration"),
        pytest.param(lambda: max_over_time(DESIRED, "0s"), "'0s' is no duration", id="an empty window"),
        pytest.param(lambda: max_over_time(WANTED, "1h"), "'' is no duration", id="a subquery without a step"),
        pytest.param(lambda: max_over_time(DESIRED, "1h", step="1m"), "has no steps", id="a step of a selector"),
        pytest.param(lambda: quantile_over_time(90, DESIRED, "1h"), "expected 0 to 1", id="a quantile in percent"),
        pytest.param(lambda: ratio(DESIRED, WANTED, on=IDENTITY), "is not aggregated by", id="a bare part"),
        pytest.param(lambda: ratio(WANTED, READY, on=IDENTITY), "is not aggregated by", id="a bare whole"),
        pytest.param(
            lambda: difference(WANTED, WANTED, on=("namespace",)), "aggregate it by exactly", id="a coarser match"
        ),
        pytest.param(lambda: and_(WANTED, OWNERS, on=("owner",)), "has no owner", id="matching what one side lacks"),
        pytest.param(lambda: or_(WANTED, OWNERS, on=IDENTITY), "differ; expected the same", id="or of other labels"),
        pytest.param(
            lambda: join(WANTED, value(workloads.INFO), on=IDENTITY, include=("owner",)),
            "is not aggregated by",
            id="joining with what the scrape labels",
        ),
        pytest.param(
            lambda: join(WANTED, OWNERS, on=IDENTITY, include=()), "is not aggregated by", id="a join of many to many"
        ),
        pytest.param(
            lambda: join(OWNERS, OWNERS, on=IDENTITY, include=("owner",)), "has owner already", id="a join that clashes"
        ),
        pytest.param(lambda: WANTED.above(float("nan")), "NaN in a query", id="a bound that equals nothing"),
        pytest.param(lambda: WANTED.times(-1), "expected a positive number", id="a factor that turns maxima round"),
        pytest.param(lambda: lowest(WANTED, 0), "keeps 0 series; expected at least 1", id="a list of nothing"),
    ],
)
def test_it_refuses(build: Callable[[], Vector], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize(
    ("build", "message"),
    [
        pytest.param(
            value,
            (workloads.EVENTS, "headroom_workload_events_total is a counter, expected a gauge"),
            id="a bare counter",
        ),
        pytest.param(
            lambda gauge: rate(gauge, "5m"),
            (workloads.PODS, "headroom_workload_pods is a gauge, expected a counter"),
            id="the rate of a gauge",
        ),
        pytest.param(
            lambda gauge: increase(gauge, "5m"),
            (workloads.PODS, "headroom_workload_pods is a gauge, expected a counter"),
            id="the increase of a gauge",
        ),
    ],
)
def test_it_refuses_what_the_types_refuse(build: Callable[[Any], Vector], message: tuple[Any, str]) -> None:
    metric, expected = message
    with pytest.raises(TypeError, match=re.escape(expected)):
        build(metric)
