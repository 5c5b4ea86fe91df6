"""Alerts about Headroom itself: while one fires, the silence of the others means nothing."""

from __future__ import annotations

from functools import reduce
from typing import Final

from alerts import exporter_texts as texts
from alerts import thresholds as limit
from alerts.held import least, most
from alerts.nodes import not_ready
from alerts.rules import Alert, Group
from kube_headroom.catalogue import exporter, kubelets
from kube_headroom.catalogue.indicators import EXPORTER_ABSENT
from kube_headroom.catalogue.labels import Source
from kube_headroom.catalogue.promql import difference, or_, ratio, sum_by
from kube_headroom.catalogue.selection import label_is
from kube_headroom.catalogue.vector import EVERY_AGGREGATION, Shape, Vector

SOURCE: Final = Source._fields
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
                _alert("HeadroomExporterDown", "critical", EXPORTER_ABSENT.query, limit.PAGE_WAIT),
                _alert("HeadroomSourceStale", "critical", stale, limit.PAGE_WAIT),
                _alert("HeadroomSourceFailing", "warning", failing, limit.TICKET_WAIT),
                _alert("HeadroomKubeletsUnread", "warning", _unread(), limit.TICKET_WAIT),
            ),
        ),
    )


def _unread() -> Vector:
    """Kubelets that are not read although their node is ready, as a share of all that are to be read."""
    expected = most(kubelets.KUBELET_NODES_EXPECTED)
    away = sum_by(not_ready().equal_to(0, flag=True))
    reachable = or_(difference(expected, away, on=()), expected, on=())
    shares = (
        ratio(
            difference(reachable, most(kubelets.KUBELET_NODES_READ, where=(label_is("page", page),)), on=()),
            expected,
            on=(),
        )
        for page in PAGES
    )
    return reduce(
        lambda one, other: or_(one, other, on=()), (share.above(limit.KUBELETS_UNREAD.default) for share in shares)
    )


def _alert(name: str, severity: str, query: Vector, wait: limit.Period | None = None) -> Alert:
    return Alert(name, query, severity, texts.TEXTS[name].annotations(), wait.default if wait else "", query)
