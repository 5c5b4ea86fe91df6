"""Alerts about Headroom itself: while one fires, the silence of the others means nothing."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import Final

from alerts import exporter_texts as texts
from alerts import thresholds as limit
from alerts.held import EVERYWHERE, least, most
from alerts.nodes import not_ready
from alerts.parameters import CLUSTER
from alerts.rules import Alert, Group
from alerts.selection import value
from kube_headroom.catalogue import exporter, kubelets
from kube_headroom.catalogue.labels import Source
from kube_headroom.catalogue.promql import absent, difference, last_over_time, max_by, or_, ratio, sum_by, unless
from kube_headroom.catalogue.selection import label_is, label_is_not
from kube_headroom.catalogue.vector import EVERY_AGGREGATION, Shape, Vector

DECOMMISSIONED: Final = "1d"
"""How long a cluster that is told from others is missed, before it is taken for one that is no more."""

SOURCE: Final = (CLUSTER, *Source._fields)
PAGES: Final = ("resource", "cadvisor")
"""The pages that every kubelet has."""

ALWAYS: Final = Vector("vector(1)", (), EVERY_AGGREGATION, aggregated=True, shape=Shape.CALL)
"""No series at all, so that only what evaluates and delivers can silence it."""


def groups() -> tuple[Group, ...]:
    """Return the rules about Headroom itself."""
    stale = least(exporter.SOURCE_STALE, *SOURCE).above(0)
    failing = most(exporter.SOURCE_UP, *SOURCE).equal_to(0)
    return (
        Group(
            "headroom-exporter",
            "30s",
            (
                _alert("HeadroomWatchdog", "none", ALWAYS),
                _alert("HeadroomExporterDown", "critical", _down(), limit.PAGE_WAIT),
                _alert("HeadroomSourceStale", "critical", stale, limit.PAGE_WAIT),
                _alert("HeadroomSourceFailing", "warning", failing, limit.TICKET_WAIT),
                _alert("HeadroomKubeletsUnread", "warning", _unread(), limit.TICKET_WAIT),
            ),
        ),
    )


def _down() -> Vector:
    """No exporter at all, or none any more of a cluster that had one: the others must not speak for it."""
    there = max_by(value(exporter.SOURCE_UP), CLUSTER)
    before = max_by(last_over_time(value(exporter.SOURCE_UP, label_is_not(CLUSTER, "")), DECOMMISSIONED), CLUSTER)
    nowhere = absent(there)
    # A label that is not there is an empty one to PromQL.
    return or_(unless(before, there, on=EVERYWHERE), replace(nowhere, labels=EVERYWHERE), on=EVERYWHERE)


def _unread() -> Vector:
    """Kubelets that are not read although their node is ready, as a share of all that are to be read."""
    expected = most(kubelets.KUBELET_NODES_EXPECTED, CLUSTER)
    away = sum_by(not_ready().equal_to(0, flag=True), CLUSTER)
    reachable = or_(difference(expected, away, on=EVERYWHERE), expected, on=EVERYWHERE)
    shares = (
        ratio(
            difference(
                reachable, most(kubelets.KUBELET_NODES_READ, CLUSTER, where=(label_is("page", page),)), on=EVERYWHERE
            ),
            expected,
            on=EVERYWHERE,
        )
        for page in PAGES
    )
    return reduce(
        lambda one, other: or_(one, other, on=EVERYWHERE),
        (share.above(limit.KUBELETS_UNREAD.given) for share in shares),
    )


def _alert(name: str, severity: str, query: Vector, wait: limit.Period | None = None) -> Alert:
    return Alert(name, query, severity, texts.TEXTS[name].annotations(), wait.given if wait else "", query)
