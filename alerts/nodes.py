"""Alerts about nodes: the page that speaks for the workloads whose pods sit there."""

from __future__ import annotations

from typing import Final

from alerts import node_texts as texts
from alerts import thresholds as limit
from alerts.held import EVERYWHERE, MEMORY, held, most
from alerts.parameters import CLUSTER, NODE_PAGES
from alerts.rules import Alert, Group
from alerts.selection import value
from kube_headroom.catalogue import nodes
from kube_headroom.catalogue.labels import Node
from kube_headroom.catalogue.promql import and_, average_over_time, last_over_time, max_by, or_, unless
from kube_headroom.catalogue.recorded import ALERTS
from kube_headroom.catalogue.selection import label_is
from kube_headroom.catalogue.vector import Vector

NODE: Final = (CLUSTER, *Node._fields)
NOT_READY: Final = "HeadroomNodeNotReady"


def groups() -> tuple[Group, ...]:
    """Return the rules about nodes."""
    return (
        Group(
            "headroom-nodes",
            "30s",
            (
                _alert(NOT_READY, "critical", not_ready(), limit.PAGE_WAIT),
                _alert("HeadroomNodeFlapping", "warning", flapping(), limit.TICKET_WAIT),
            ),
        ),
    )


def not_ready() -> Vector:
    """Nodes whose Ready condition is False or Unknown; a cordoned one is in somebody's hands."""
    return unless(_nodes().equal_to(0), _cordoned(), on=NODE)


def flapping() -> Vector:
    """Nodes that were away for too much of the last while, whatever they are now."""
    there = max_by(average_over_time(value(nodes.NODE_READY), limit.FLAP_WINDOW.given), *NODE)
    known = and_(there.below(limit.NODE_READY_LOW.given), _nodes(), on=NODE)
    return unless(known, _cordoned(), on=NODE)


def paging() -> Vector:
    """One series while some node has a page to come or to stand; nodes that are gone or cordoned have none."""
    return max_by(unless(_nodes().equal_to(NODE_PAGES), _cordoned(), on=NODE), *EVERYWHERE)


def _alert(name: str, severity: str, condition: Vector, wait: limit.Period) -> Alert:
    asked = condition if severity == "critical" else unless(condition, _paged(), on=NODE)
    query = or_(asked, held(name, severity, *NODE), on=NODE)
    return Alert(name, query, severity, texts.TEXTS[name].annotations(), wait.given, condition)


def _paged() -> Vector:
    """Nodes that paged while flapping is counted: people know, and what is counted is that page's cause."""
    firing = (label_is("alertname", NOT_READY), label_is("alertstate", "firing"))
    return max_by(last_over_time(value(ALERTS, *firing, target_labels=NODE), limit.FLAP_WINDOW.given), *NODE)


def _nodes() -> Vector:
    return most(nodes.NODE_READY, *NODE)


def _cordoned() -> Vector:
    return max_by(last_over_time(value(nodes.NODE_UNSCHEDULABLE), MEMORY), *NODE).above(0)
