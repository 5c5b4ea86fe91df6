"""Series about the exporter's questions to the Prometheus that PromQL SLIs are read from."""

from __future__ import annotations

from typing import Any

from kube_headroom.catalogue.labels import Nothing, Reason
from kube_headroom.catalogue.metric import Aggregation, Counter, Gauge, Metric, Unit

SUM, MAX, MIN = Aggregation.SUM, Aggregation.MAX, Aggregation.MIN
NONE, SECONDS, TIMESTAMP = Unit.NONE, Unit.SECONDS, Unit.TIMESTAMP_SECONDS

PROMETHEUS_UP = Gauge(
    "headroom_prometheus_up",
    "1 if the Prometheus that PromQL SLIs are read from answered the last question, 0 if not; absent before the first.",
    Nothing,
    NONE,
    MIN,
)
PROMETHEUS_LAST_SUCCESS = Gauge(
    "headroom_prometheus_last_success_timestamp_seconds",
    "When that Prometheus last answered a question.",
    Nothing,
    TIMESTAMP,
    MAX,
)
PROMETHEUS_OBJECTIVES = Gauge(
    "headroom_prometheus_objectives",
    "SLOs whose SLI is PromQL.",
    Nothing,
    NONE,
    SUM,
)
PROMETHEUS_OBJECTIVES_FAILING = Gauge(
    "headroom_prometheus_objectives_failing",
    "SLOs of which a question was refused, gave too much or took too long at their last turn.",
    Nothing,
    NONE,
    SUM,
)
PROMETHEUS_SERIES = Gauge(
    "headroom_prometheus_series",
    "Counters of which the last sample is kept, to count exactly what follows.",
    Nothing,
    NONE,
    SUM,
)
PROMETHEUS_CHUNKS_PENDING = Gauge(
    "headroom_prometheus_chunks_pending",
    "Chunks of the past, of five minutes or an hour, that are still to be read.",
    Nothing,
    NONE,
    SUM,
)
PROMETHEUS_REQUESTS = Counter(
    "headroom_prometheus_requests_total",
    "Questions asked and ended, well or not.",
    Nothing,
    NONE,
    SUM,
)
PROMETHEUS_REQUEST_SECONDS = Counter(
    "headroom_prometheus_request_seconds_total",
    "Time that questions took from the request to the last byte of the answer.",
    Nothing,
    SECONDS,
    SUM,
)
PROMETHEUS_ERRORS = Counter(
    "headroom_prometheus_errors_total",
    "Questions without a usable answer, by reason.",
    Reason,
    NONE,
    SUM,
)

PROMETHEUS_METRICS: tuple[Metric[Any], ...] = (
    PROMETHEUS_UP,
    PROMETHEUS_LAST_SUCCESS,
    PROMETHEUS_OBJECTIVES,
    PROMETHEUS_OBJECTIVES_FAILING,
    PROMETHEUS_SERIES,
    PROMETHEUS_CHUNKS_PENDING,
    PROMETHEUS_REQUESTS,
    PROMETHEUS_REQUEST_SECONDS,
    PROMETHEUS_ERRORS,
)
