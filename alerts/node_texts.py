"""What the alerts about nodes say: what they take with them first."""

from __future__ import annotations

from typing import Final

from alerts import thresholds as limit
from alerts.asking import Text, asked, listed
from alerts.held import WORKLOAD
from alerts.selection import this, value
from dashboards import uids
from kube_headroom.catalogue import nodes, workloads
from kube_headroom.catalogue.labels import Node
from kube_headroom.catalogue.promql import and_, average_over_time, max_by, unless

_NODE: Final = Node._fields
_THIS: Final = this(*_NODE)

_POOL: Final = listed(
    max_by(value(nodes.NODE_INFO, *_THIS), "node_pool", "zone"),
    " pool {{ .Labels.node_pool }}, zone {{ .Labels.zone }}",
    otherwise="unknown pool",
)
_PODS: Final = asked(max_by(value(nodes.NODE_PODS, *_THIS), *_NODE), "humanize")
_ALONE: Final = listed(
    and_(
        unless(
            max_by(value(workloads.REPLICAS_DESIRED, *this()), *WORKLOAD).above(0),
            max_by(value(workloads.REPLICAS_READY, *this()), *WORKLOAD).above(0),
            on=WORKLOAD,
        ),
        max_by(value(workloads.PODS_ON_UNREADY_NODES, *this()), *WORKLOAD).above(0),
        on=WORKLOAD,
    ),
    " {{ .Labels.workload_kind }} {{ .Labels.namespace }}/{{ .Labels.workload }}",
)
_OTHERS: Final = listed(
    unless(
        max_by(value(nodes.NODE_READY, *this()), *_NODE).equal_to(0),
        max_by(value(nodes.NODE_READY, *_THIS), *_NODE).equal_to(0),
        on=_NODE,
    ),
    " {{ .Labels.node }}",
)
_THERE: Final = asked(
    max_by(average_over_time(value(nodes.NODE_READY, *_THIS), limit.FLAP_WINDOW.given), *_NODE), "humanizePercentage"
)

TEXTS: Final = {
    "HeadroomNodeNotReady": Text(
        "HeadroomNodeNotReady",
        _NODE,
        "Node {{ $labels.node }} is not ready",
        (
            f"It is in{_POOL}, with {_PODS} pods.",
            f"Workloads with pods on such nodes and no ready replica:{_ALONE}; they do not page for themselves.",
            f"Other nodes that are not ready:{_OTHERS}.",
        ),
        uids.CLUSTER,
    ),
    "HeadroomNodeFlapping": Text(
        "HeadroomNodeFlapping",
        _NODE,
        "Node {{ $labels.node }} comes and goes",
        (
            f"It is in{_POOL}, with {_PODS} pods.",
            f"Ready for {_THERE} of the last {limit.FLAP_WINDOW.given}.",
            f"Other nodes that are not ready:{_OTHERS}.",
        ),
        uids.CLUSTER,
    ),
}
