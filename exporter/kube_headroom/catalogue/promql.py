"""PromQL from symbols: every function knows labels and meaning, and refuses a query that does not mean what it says."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from kube_headroom.catalogue.metric import Aggregation
from kube_headroom.catalogue.vector import (
    EVERY_AGGREGATION,
    EXTREMES,
    Shape,
    Vector,
    expect_names,
    names,
    number,
    operand,
    seconds,
)

_ONLY_MAX: Final = frozenset({Aggregation.MAX})
_ONLY_MIN: Final = frozenset({Aggregation.MIN})


def sum_by(vector: Vector, *by: str) -> Vector:
    """Add up over every label that `by` does not name; ValueError where a sum means nothing."""
    return _folded(Aggregation.SUM, vector, by)


def max_by(vector: Vector, *by: str) -> Vector:
    """Take the largest over every label that `by` does not name; by all labels it only merges duplicates."""
    return _folded(Aggregation.MAX, vector, by)


def min_by(vector: Vector, *by: str) -> Vector:
    """Take the smallest over every label that `by` does not name; ValueError where it means nothing."""
    return _folded(Aggregation.MIN, vector, by)


def average_by(vector: Vector, *by: str) -> Vector:
    """Average what adds up over every label that `by` does not name; averages combine no further."""
    _expect_meaning(Aggregation.SUM, vector)
    return _grouped("avg", vector, by, frozenset())


def highest_by(vector: Vector, *by: str) -> Vector:
    """Keep one series of each group, the highest (`topk`), with all its labels; ValueError for what the scrape labels."""
    text = f"topk by ({', '.join(by)}) (1, {vector})"
    expect_names(by, text)
    _expect_labels(vector, by, text)
    _expect_exactly(vector, vector.labels, text)
    return replace(vector, text=text, shape=Shape.CALL)


def highest(vector: Vector, count: int) -> Vector:
    """Keep the highest series with their labels (`topk`): for a table of one instant, over time the lines would change."""
    return _ranked("topk", vector, count)


def lowest(vector: Vector, count: int) -> Vector:
    """Keep the lowest series with their labels (`bottomk`)."""
    return _ranked("bottomk", vector, count)


def ratio(part: Vector, whole: Vector, *, on: tuple[str, ...]) -> Vector:
    """Divide series by series, both sides aggregated by exactly `on`; absent where the whole is not positive."""
    return _matched("/", (part, whole.above(0)), on, EXTREMES)


def difference(left: Vector, right: Vector, *, on: tuple[str, ...]) -> Vector:
    """Subtract series by series, both sides aggregated by exactly `on`; adds up where both sides do."""
    sums = left.aggregations & right.aggregations & {Aggregation.SUM}
    return _matched("-", (left, right), on, EXTREMES | sums)


def and_(left: Vector, right: Vector, *, on: tuple[str, ...]) -> Vector:
    """Keep the left series that have a partner on the right."""
    return _combined("and", left, right, on)


def unless(left: Vector, right: Vector, *, on: tuple[str, ...]) -> Vector:
    """Keep the left series that have no partner on the right."""
    return _combined("unless", left, right, on)


def or_(left: Vector, right: Vector, *, on: tuple[str, ...]) -> Vector:
    """Keep the left series, and the right ones that have no partner on the left; both carry the same labels."""
    if set(left.labels) != set(right.labels):
        message = f"{left} or {right}: labels {names(left.labels)} and {names(right.labels)} differ; expected the same"
        raise ValueError(message)
    combined = _combined("or", left, right, on)
    return replace(
        combined,
        aggregations=left.aggregations & right.aggregations,
        aggregated=left.aggregated and right.aggregated,
    )


def above(left: Vector, right: Vector, *, on: tuple[str, ...]) -> Vector:
    """Keep the left series that are above their partner, both sides aggregated by exactly `on`."""
    return _matched(">", (left, right), on, left.aggregations)


def at_least(left: Vector, right: Vector, *, on: tuple[str, ...]) -> Vector:
    """Keep the left series that reach their partner or are above it, both sides aggregated by exactly `on`."""
    return _matched(">=", (left, right), on, left.aggregations)


def join(left: Vector, information: Vector, *, on: tuple[str, ...], include: tuple[str, ...]) -> Vector:
    """Give the left series the `include` labels of an information series, whose value is 1 (`group_left`).

    The information carries exactly the labels of `on` and `include`, aggregated, so that each left series
    finds one partner.
    """
    text = f"{operand(left)} * on ({', '.join(on)}) group_left ({', '.join(include)}) {operand(information)}"
    expect_names((*on, *include), text)
    _expect_labels(left, on, text)
    _expect_exactly(information, (*on, *include), text)
    if clash := set(include) & set(left.labels):
        message = f"{text}: the left side has {names(clash)} already; expected labels that it lacks"
        raise ValueError(message)
    return Vector(text, (*left.labels, *include), left.aggregations, left.aggregated, Shape.OPERATION)


def max_over_time(vector: Vector, window: str, *, step: str = "") -> Vector:
    """Return each series' highest value over the window; highs of different instants do not add up."""
    return _over_time("max_over_time(", vector, window, step, _ONLY_MAX)


def min_over_time(vector: Vector, window: str, *, step: str = "") -> Vector:
    """Return each series' lowest value over the window; lows of different instants do not add up."""
    return _over_time("min_over_time(", vector, window, step, _ONLY_MIN)


def average_over_time(vector: Vector, window: str, *, step: str = "") -> Vector:
    """Return each series' average over the window, for the time that it was there."""
    return _over_time("avg_over_time(", vector, window, step, EVERY_AGGREGATION)


def last_over_time(vector: Vector, window: str, *, step: str = "") -> Vector:
    """Return each series' newest value of the window, to bridge a gap."""
    return _over_time("last_over_time(", vector, window, step, EVERY_AGGREGATION)


def count_over_time(vector: Vector, window: str, *, step: str = "") -> Vector:
    """Return how often each series was there in the window; counts of different series do not add up."""
    counted = replace(vector, aggregations=EXTREMES)
    return _over_time("count_over_time(", counted, window, step, EXTREMES)


def quantile_over_time(quantile: float, vector: Vector, window: str, *, step: str = "") -> Vector:
    """Return each series' quantile (0 to 1) over the window."""
    if not 0 <= quantile <= 1:
        message = f"quantile {quantile} of {vector}; expected 0 to 1"
        raise ValueError(message)
    return _over_time(f"quantile_over_time({number(quantile)}, ", vector, window, step, EXTREMES)


def complement(share: Vector) -> Vector:
    """Return what a share leaves of the whole, 1 minus it; the most of several leaves the least."""
    return replace(share, text=f"1 - {operand(share)}", aggregations=_swapped(share), shape=Shape.OPERATION)


def seconds_since(timestamp: Vector) -> Vector:
    """Return the age of Unix timestamps; the newest of several is the youngest."""
    return replace(
        timestamp,
        text=f"time() - {operand(timestamp)}",
        aggregations=_swapped(timestamp),
        shape=Shape.OPERATION,
    )


def clamp(vector: Vector, lowest: float, highest: float = float("inf")) -> Vector:
    """Cut the values off at the bounds; what was cut no longer adds up."""
    text = f"clamp({vector}, {number(lowest)}, {number(highest)})"
    return replace(vector, text=text, aggregations=vector.aggregations & EXTREMES, shape=Shape.CALL)


def absent(vector: Vector) -> Vector:
    """Return one series of value 1 while the vector is empty; it keeps no label that could be relied on."""
    return replace(vector, text=f"absent({vector})", labels=(), aggregations=_ONLY_MAX, shape=Shape.CALL)


def _swapped(vector: Vector) -> frozenset[Aggregation]:
    """Return how what falls where the vector rises may be combined."""
    swapped = {Aggregation.MAX: Aggregation.MIN, Aggregation.MIN: Aggregation.MAX}
    return frozenset(swapped[fold] for fold in vector.aggregations if fold in swapped)


def _folded(fold: Aggregation, vector: Vector, by: tuple[str, ...]) -> Vector:
    if fold is Aggregation.MAX and set(by) == set(vector.labels):
        return _grouped("max", vector, by, vector.aggregations)
    _expect_meaning(fold, vector)
    kept = vector.aggregations if fold is Aggregation.SUM else frozenset({fold})
    return _grouped(fold.value, vector, by, kept)


def _ranked(operator: str, vector: Vector, count: int) -> Vector:
    if count < 1:
        message = f"{operator} of {vector} keeps {count} series; expected at least 1"
        raise ValueError(message)
    return replace(vector, text=f"{operator}({count}, {vector})", shape=Shape.CALL)


def _grouped(operator: str, vector: Vector, by: tuple[str, ...], aggregations: frozenset[Aggregation]) -> Vector:
    text = f"{operator} by ({', '.join(by)}) ({vector})"
    expect_names(by, text)
    _expect_labels(vector, by, text)
    return Vector(text, by, aggregations, aggregated=True, shape=Shape.CALL)


def _matched(
    operator: str, sides: tuple[Vector, Vector], on: tuple[str, ...], aggregations: frozenset[Aggregation]
) -> Vector:
    left, right = sides
    text = f"{operand(left)} {operator} on ({', '.join(on)}) {operand(right)}"
    expect_names(on, text)
    for side in sides:
        _expect_exactly(side, on, text)
    return Vector(text, on, aggregations, aggregated=True, shape=Shape.OPERATION)


def _combined(operator: str, left: Vector, right: Vector, on: tuple[str, ...]) -> Vector:
    text = f"{operand(left)} {operator} on ({', '.join(on)}) {operand(right)}"
    expect_names(on, text)
    _expect_labels(left, on, text)
    _expect_labels(right, on, text)
    return replace(left, text=text, shape=Shape.OPERATION)


def _over_time(function: str, vector: Vector, window: str, step: str, aggregations: frozenset[Aggregation]) -> Vector:
    seconds(window)
    if vector.shape is Shape.SELECTOR:
        if step:
            message = f"{function}{vector}: a selector has no steps, its samples are read; leave out {step!r}"
            raise ValueError(message)
        covered = f"{vector}[{window}]"
    else:
        seconds(step)
        covered = f"{operand(vector)}[{window}:{step}]"
    kept = vector.aggregations & aggregations
    return replace(vector, text=f"{function}{covered})", aggregations=kept, shape=Shape.CALL)


def _expect_meaning(fold: Aggregation, vector: Vector) -> None:
    if fold not in vector.aggregations:
        expected = ", ".join(sorted(vector.aggregations)) or "no aggregation, or the maximum by all its labels"
        message = f"{fold} of {vector} means nothing; expected {expected}"
        raise ValueError(message)


def _expect_labels(vector: Vector, labels: tuple[str, ...], text: str) -> None:
    if unknown := [label for label in labels if label not in vector.labels]:
        message = f"{text}: {vector} has no {names(unknown)}; expected labels among {names(vector.labels)}"
        raise ValueError(message)


def _expect_exactly(vector: Vector, labels: tuple[str, ...], text: str) -> None:
    if not vector.aggregated or set(vector.labels) != set(labels):
        message = f"{text}: {vector} is not aggregated by {names(labels)}; aggregate it by exactly these"
        raise ValueError(message)
