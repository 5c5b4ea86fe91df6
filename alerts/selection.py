"""The catalogue's selections as rules ask them: each series keeps its cluster, and the user may narrow all of them."""

from __future__ import annotations

from typing import Any, Final

from alerts.parameters import ALL_SERIES, CLUSTER, NAMESPACED
from kube_headroom.catalogue import selection
from kube_headroom.catalogue.exporter import EXPORTER_METRICS
from kube_headroom.catalogue.metric import Counter, Gauge, Metric
from kube_headroom.catalogue.metrics import CLUSTER_METRICS
from kube_headroom.catalogue.selection import Extra, Matcher, label_is
from kube_headroom.catalogue.slo import SLO_METRICS
from kube_headroom.catalogue.vector import Vector

_TOLD: Final = {metric.name for metric in (*CLUSTER_METRICS, *EXPORTER_METRICS, *SLO_METRICS)}
"""What exporters tell: the rules' own series were narrowed when they were made of it."""

PLACEHOLDER: Final = "%s"


def value(gauge: Gauge[Any], *matchers: Matcher, target_labels: tuple[str, ...] = ()) -> Vector:
    """Select a gauge."""
    added = tuple(dict.fromkeys((CLUSTER, *target_labels)))
    return selection.value(gauge, *_narrowed(gauge, matchers), target_labels=added)


def rate(counter: Counter[Any], window: str, *matchers: Matcher) -> Vector:
    """Return the counter's increase per second over the window."""
    return selection.rate(counter, window, *_narrowed(counter, matchers), target_labels=(CLUSTER,))


def increase(counter: Counter[Any], window: str, *matchers: Matcher) -> Vector:
    """Return the counter's increase over the window."""
    return selection.increase(counter, window, *_narrowed(counter, matchers), target_labels=(CLUSTER,))


def settled(counter: Counter[Any], age: str, *matchers: Matcher) -> Vector:
    """Select the series of a counter that were there `age` ago and have not fallen since."""
    return selection.settled(counter, age, *_narrowed(counter, matchers), target_labels=(CLUSTER,))


def present(counter: Counter[Any], *matchers: Matcher) -> Vector:
    """Select the series of a counter that are there."""
    return selection.present(counter, *_narrowed(counter, matchers), target_labels=(CLUSTER,))


def this(*labels: str) -> tuple[Matcher, ...]:
    """Match what has the alert's own values of these labels, in its own cluster."""
    return tuple(label_is(label, PLACEHOLDER) for label in dict.fromkeys((CLUSTER, *labels)))


def _narrowed(metric: Metric[Any], matchers: tuple[Matcher, ...]) -> tuple[Matcher | Extra, ...]:
    """The cluster stands first: where it is left out, so is the comma behind it."""
    ordered = sorted(matchers, key=lambda matcher: matcher.label != CLUSTER)
    if metric.name not in _TOLD:
        return tuple(ordered)
    return (NAMESPACED if "namespace" in metric.label_names else ALL_SERIES, *ordered)
