"""Series about the exporter's reading of kubelets: what it reached, what that cost, what is missing."""

from __future__ import annotations

from typing import Any

from kube_headroom.catalogue.labels import Finding, Nothing, Page, PageReason, Reason
from kube_headroom.catalogue.metric import Aggregation, Counter, Gauge, Metric, Unit

SUM, MAX, MIN = Aggregation.SUM, Aggregation.MAX, Aggregation.MIN
NONE, BYTES, SECONDS, TIMESTAMP = Unit.NONE, Unit.BYTES, Unit.SECONDS, Unit.TIMESTAMP_SECONDS

KUBELET_NODES_EXPECTED = Gauge(
    "headroom_kubelet_nodes_expected",
    "Nodes whose kubelet is to be read: all that are not virtual and have an address.",
    Nothing,
    NONE,
    SUM,
)
KUBELET_NODES_SKIPPED = Gauge(
    "headroom_kubelet_nodes_skipped",
    "Nodes whose kubelet is not to be read: `virtual` ones have none, others have no address of a preferred type (`no_address`).",
    Reason,
    NONE,
    SUM,
)
KUBELET_NODES_READ = Gauge(
    "headroom_kubelet_nodes_read",
    "Nodes from which the last reading of this page succeeded.",
    Page,
    NONE,
    SUM,
)
KUBELET_NODES_LIMITED = Gauge(
    "headroom_kubelet_nodes_limited",
    "Nodes whose kubelet does not tell all, by what is missing: rows of containers (`no_container_rows`) or names on them "
    "(`no_pod_labels`), PSI (`no_pressure`), a whole page (`no_probes_page`), or what it says is missing (`resource_error`).",
    Finding,
    NONE,
    SUM,
)
KUBELET_OLDEST_READING = Gauge(
    "headroom_kubelet_oldest_reading_timestamp_seconds",
    "When this page was read from the node, of those in `headroom_kubelet_nodes_read`, whose turn is the longest ago.",
    Page,
    TIMESTAMP,
    MIN,
)
KUBELET_TLS_INSECURE = Gauge(
    "headroom_kubelet_tls_insecure",
    "1 if kubelets' certificates are not verified (`kubelet-insecure-tls`), so that whoever answers gets our token.",
    Nothing,
    NONE,
    MAX,
)
KUBELET_READINGS = Counter(
    "headroom_kubelet_readings_total",
    "Readings of this page begun and ended, well or not.",
    Page,
    NONE,
    SUM,
)
KUBELET_READING_SECONDS = Counter(
    "headroom_kubelet_reading_seconds_total",
    "Time that readings of this page took from the request to the last value taken, waiting included.",
    Page,
    SECONDS,
    SUM,
)
KUBELET_RECEIVED_BYTES = Counter(
    "headroom_kubelet_received_bytes_total",
    "Bytes of this page as they came over the wire.",
    Page,
    BYTES,
    SUM,
)
KUBELET_INFLATED_BYTES = Counter(
    "headroom_kubelet_inflated_bytes_total",
    "Bytes of this page once inflated.",
    Page,
    BYTES,
    SUM,
)
KUBELET_ERRORS = Counter(
    "headroom_kubelet_errors_total",
    "Readings of this page that failed, by reason.",
    PageReason,
    NONE,
    SUM,
)
KUBELET_READINGS_MISSED = Counter(
    "headroom_kubelet_readings_missed_total",
    "Turns of this page that passed because the reading before was not over.",
    Page,
    NONE,
    SUM,
)
KUBELET_PAGE_ODDITIES = Counter(
    "headroom_kubelet_page_oddities_total",
    "What was unusual in pages that could be read: families read slowly (`row_by_row`), and rows left out for another reason.",
    PageReason,
    NONE,
    SUM,
)

KUBELET_METRICS: tuple[Metric[Any], ...] = (
    KUBELET_NODES_EXPECTED,
    KUBELET_NODES_SKIPPED,
    KUBELET_NODES_READ,
    KUBELET_NODES_LIMITED,
    KUBELET_OLDEST_READING,
    KUBELET_TLS_INSECURE,
    KUBELET_READINGS,
    KUBELET_READING_SECONDS,
    KUBELET_RECEIVED_BYTES,
    KUBELET_INFLATED_BYTES,
    KUBELET_ERRORS,
    KUBELET_READINGS_MISSED,
    KUBELET_PAGE_ODDITIES,
)
