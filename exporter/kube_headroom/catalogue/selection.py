"""Where every query begins: a metric's symbol, matchers on labels it has, and the rate of what only grows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, Literal, NamedTuple

from kube_headroom.catalogue.metric import Aggregation, Counter, Gauge, Metric
from kube_headroom.catalogue.parameter import Parameter
from kube_headroom.catalogue.vector import (
    EVERY_AGGREGATION,
    Shape,
    Vector,
    expect_names,
    names,
    rate_window,
    seconds,
)

_MEANINGFUL: Final = {
    Aggregation.SUM: EVERY_AGGREGATION,
    Aggregation.MAX: frozenset({Aggregation.MAX}),
    Aggregation.MIN: frozenset({Aggregation.MIN}),
    Aggregation.NONE: frozenset[Aggregation](),
}


@dataclass(frozen=True, slots=True)
class Matcher:
    """A condition on one label."""

    label: str
    operator: Literal["=", "!=", "=~", "!~"]
    value: str

    def __str__(self) -> str:
        escaped = self.value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
        return f'{self.label}{self.operator}"{escaped}"'


class Extra(NamedTuple):
    """Matchers that whoever loads a query may add: in braces where they stand alone, before others with a comma."""

    alone: Parameter
    before: Parameter


def label_is(label: str, text: str) -> Matcher:
    """Match the series whose label has this value."""
    return Matcher(label, "=", text)


def label_is_not(label: str, text: str) -> Matcher:
    """Match the series whose label has another value or none."""
    return Matcher(label, "!=", text)


def label_matches(label: str, pattern: str) -> Matcher:
    """Match the series whose whole label value matches the RE2 pattern."""
    return Matcher(label, "=~", pattern)


def label_matches_not(label: str, pattern: str) -> Matcher:
    """Match the series whose whole label value does not match the RE2 pattern."""
    return Matcher(label, "!~", pattern)


def value(gauge: Gauge[Any], *matchers: Matcher | Extra, target_labels: tuple[str, ...] = ()) -> Vector:
    """Select a gauge; `target_labels` names labels that the scrape adds (`cluster`), to match or to group by."""
    _expect_kind(gauge, Gauge, "rate() or increase()")
    return _selected(gauge, matchers, target_labels)


def rate(counter: Counter[Any], window: str, *matchers: Matcher | Extra, target_labels: tuple[str, ...] = ()) -> Vector:
    """Return the counter's increase per second over the window, at least `2m` or Grafana's own."""
    _expect_kind(counter, Counter, "value()")
    return _growth("rate", _selected(counter, matchers, target_labels), window)


def increase(
    counter: Counter[Any], window: str, *matchers: Matcher | Extra, target_labels: tuple[str, ...] = ()
) -> Vector:
    """Return the counter's increase over the window, extrapolated to its ends by Prometheus."""
    _expect_kind(counter, Counter, "value()")
    return _growth("increase", _selected(counter, matchers, target_labels), window)


def settled(counter: Counter[Any], age: str, *matchers: Matcher | Extra, target_labels: tuple[str, ...] = ()) -> Vector:
    """Select the series of a counter that were there `age` ago and have not fallen since, with their value now.

    What is missing are series newborn, reborn at 0, back from a gap, or gone.
    """
    _expect_kind(counter, Counter, "value()")
    selected = _selected(counter, matchers, target_labels)
    seconds(age)
    return replace(selected, text=f"{selected} >= ({selected} offset {age})", shape=Shape.OPERATION)


def present(counter: Counter[Any], *matchers: Matcher | Extra, target_labels: tuple[str, ...] = ()) -> Vector:
    """Select the series of a counter that are there; their value alone means nothing."""
    _expect_kind(counter, Counter, "value()")
    return replace(_selected(counter, matchers, target_labels), aggregations=frozenset())


def _selected(metric: Metric[Any], matchers: tuple[Matcher | Extra, ...], target_labels: tuple[str, ...]) -> Vector:
    labels = (*metric.label_names, *target_labels)
    expect_names(labels, f"the labels of {metric.name}")
    own = [matcher for matcher in matchers if isinstance(matcher, Matcher)]
    for matcher in own:
        if matcher.label not in labels:
            message = f"{metric.name} has no label {matcher.label!r} to match; expected one of {names(labels)}"
            raise ValueError(message)
    added = [extra.before if own else extra.alone for extra in matchers if isinstance(extra, Extra)]
    text = f"{{{''.join(added)}{', '.join(map(str, own))}}}" if own else "".join(added)
    return Vector(metric.name + text, labels, _MEANINGFUL[metric.aggregation], aggregated=False, shape=Shape.SELECTOR)


def _growth(function: str, selected: Vector, window: str) -> Vector:
    return replace(selected, text=f"{function}({selected}[{rate_window(window)}])", shape=Shape.CALL)


def _expect_kind(metric: Metric[Any], kind: type[Metric[Any]], instead: str) -> None:
    if not isinstance(metric, kind):
        message = f"{metric.name} is a {metric.kind}, expected a {kind.kind}; ask for its {instead}"
        raise TypeError(message)
