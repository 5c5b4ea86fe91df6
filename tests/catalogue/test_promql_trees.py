"""Whatever the builder builds, the real parser reads back as exactly what was meant: no `by`, `on` or operand lost."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.catalogue import promql, selection, workloads
from kube_headroom.catalogue.metric import Aggregation, Counter, Gauge
from kube_headroom.catalogue.metrics import CLUSTER_METRICS
from kube_headroom.catalogue.vector import Shape, Vector
from tests.catalogue.trees import Tree, read


class Grown(NamedTuple):
    """A vector and what its text must mean."""

    vector: Vector
    tree: Tree


GAUGES = [metric for metric in CLUSTER_METRICS if isinstance(metric, Gauge)]
COUNTERS = [metric for metric in CLUSTER_METRICS if isinstance(metric, Counter)]
WINDOWS = {"2m": 120.0, "5m": 300.0, "1h30m": 5400.0, "1d": 86400.0, "2w": 1209600.0}
FOLDS = {Aggregation.SUM: promql.sum_by, Aggregation.MAX: promql.max_by, Aggregation.MIN: promql.min_by}
OVER_TIME = {
    "max_over_time": promql.max_over_time,
    "min_over_time": promql.min_over_time,
    "avg_over_time": promql.average_over_time,
    "last_over_time": promql.last_over_time,
}
MATCHERS = {
    "Equal": selection.label_is,
    "NotEqual": selection.label_is_not,
    "Re": selection.label_matches,
    "NotRe": selection.label_matches_not,
}
COMPARISONS: dict[str, Callable[..., Vector]] = {
    ">": Vector.above,
    ">=": Vector.at_least,
    "<": Vector.below,
    "<=": Vector.at_most,
    "==": Vector.equal_to,
    "!=": Vector.different_from,
}

numbers = st.integers(-(10**9), 10**9) | st.floats(allow_nan=False)
windows = st.sampled_from(sorted(WINDOWS))


@st.composite
def leaves(draw: st.DrawFn) -> Grown:
    metric = draw(st.sampled_from(GAUGES) | st.sampled_from(COUNTERS))
    kind = draw(st.sampled_from(sorted(MATCHERS)))
    text = draw(st.sampled_from(["shop|bank", r"cart-\d+", ".*"]) if "Re" in kind else st.text(max_size=5))
    label = draw(st.sampled_from([*metric.label_names, "cluster"]))
    meant: Tree = ("select", metric.name, ((label, f"MatchOp.{kind}", text),))
    matcher = MATCHERS[kind](label, text)
    if isinstance(metric, Gauge):
        return Grown(selection.value(metric, matcher, target_labels=("cluster",)), meant)
    window = draw(windows)
    function = draw(st.sampled_from([selection.rate, selection.increase]))
    vector = function(metric, window, matcher, target_labels=("cluster",))
    return Grown(vector, (function.__name__, ("range", WINDOWS[window], None, meant)))


def folded(draw: st.DrawFn, child: Grown, by: tuple[str, ...]) -> Grown:
    """Aggregate as one may; where nothing may be combined, what is left is the maximum by all labels."""
    vector, tree = child
    if not vector.aggregations:
        return Grown(promql.max_by(vector, *vector.labels), ("max", vector.labels, tree))
    fold = draw(st.sampled_from(sorted(vector.aggregations)))
    return Grown(FOLDS[fold](vector, *by), (fold.value, by, tree))


@st.composite
def aggregated(draw: st.DrawFn, children: st.SearchStrategy[Grown]) -> Grown:
    child = draw(children)
    by = tuple(draw(st.lists(st.sampled_from(child.vector.labels), unique=True))) if child.vector.labels else ()
    if draw(st.booleans()) and Aggregation.SUM in child.vector.aggregations:
        return Grown(promql.average_by(child.vector, *by), ("avg", by, child.tree))
    return folded(draw, child, by)


@st.composite
def matched(draw: st.DrawFn, children: st.SearchStrategy[Grown]) -> Grown:
    sides = [draw(children), draw(children)]
    common = tuple(label for label in sides[0].vector.labels if label in sides[1].vector.labels)
    left, right = (folded(draw, side, common) for side in sides)
    if {*left.vector.labels} != {*right.vector.labels}:
        return left
    on = left.vector.labels
    whole: Tree = (">", None, None, False, right.tree, 0.0)
    return draw(
        st.sampled_from(
            [
                Grown(promql.ratio(left.vector, right.vector, on=on), ("/", on, None, False, left.tree, whole)),
                Grown(
                    promql.difference(left.vector, right.vector, on=on), ("-", on, None, False, left.tree, right.tree)
                ),
                Grown(promql.or_(left.vector, right.vector, on=on), ("or", on, None, False, left.tree, right.tree)),
            ]
        )
    )


@st.composite
def filtered(draw: st.DrawFn, children: st.SearchStrategy[Grown]) -> Grown:
    left, right = draw(children), draw(children)
    common = [label for label in left.vector.labels if label in right.vector.labels]
    on = tuple(draw(st.lists(st.sampled_from(common), unique=True))) if common else ()
    word, function = draw(st.sampled_from([("and", promql.and_), ("unless", promql.unless)]))
    return Grown(function(left.vector, right.vector, on=on), (word, on, None, False, left.tree, right.tree))


@st.composite
def joined(draw: st.DrawFn, children: st.SearchStrategy[Grown]) -> Grown:
    left = draw(children)
    on = workloads.INFO.label_names[:3]
    if not {*on} <= {*left.vector.labels} or "owner" in left.vector.labels:
        return left
    information = promql.max_by(selection.value(workloads.INFO), *on, "owner")
    meant: Tree = ("max", (*on, "owner"), ("select", workloads.INFO.name, ()))
    vector = promql.join(left.vector, information, on=on, include=("owner",))
    return Grown(vector, ("*", on, ("owner",), False, left.tree, meant))


@st.composite
def with_numbers(draw: st.DrawFn, children: st.SearchStrategy[Grown]) -> Grown:
    vector, tree = draw(children)
    bound = draw(numbers)
    operator, flag = draw(st.sampled_from(sorted(COMPARISONS))), draw(st.booleans())
    amount = draw(numbers.filter(lambda number: number > 0))
    return draw(
        st.sampled_from(
            [
                Grown(
                    COMPARISONS[operator](vector, bound, flag=flag), (operator, None, None, flag, tree, float(bound))
                ),
                Grown(vector.times(amount), ("*", None, None, False, tree, float(amount))),
                Grown(vector.plus(bound), ("+", None, None, False, tree, float(bound))),
                Grown(promql.clamp(vector, bound), ("clamp", tree, float(bound), math.inf)),
                Grown(promql.seconds_since(vector), ("-", None, None, False, ("time",), tree)),
                Grown(promql.absent(vector), ("absent", tree)),
            ]
        )
    )


@st.composite
def over_time(draw: st.DrawFn, children: st.SearchStrategy[Grown]) -> Grown:
    vector, tree = draw(children)
    window = draw(windows)
    step = "" if vector.shape is Shape.SELECTOR else draw(windows)
    covered: Tree = ("range", WINDOWS[window], WINDOWS.get(step), tree)
    if draw(st.booleans()):
        quantile = draw(st.floats(0, 1))
        return Grown(
            promql.quantile_over_time(quantile, vector, window, step=step),
            ("quantile_over_time", quantile, covered),
        )
    name = draw(st.sampled_from(sorted(OVER_TIME)))
    return Grown(OVER_TIME[name](vector, window, step=step), (name, covered))


def grow(children: st.SearchStrategy[Grown]) -> st.SearchStrategy[Grown]:
    return st.one_of(
        aggregated(children),
        matched(children),
        filtered(children),
        joined(children),
        with_numbers(children),
        over_time(children),
    )


@given(st.recursive(leaves(), grow, max_leaves=6))
def test_every_query_reads_back_as_what_was_meant(grown: Grown) -> None:
    assert read(str(grown.vector)) == grown.tree
