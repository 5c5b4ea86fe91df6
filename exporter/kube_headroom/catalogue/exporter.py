"""Series about the exporter itself; their source is its own count, their labels never name a target."""

from __future__ import annotations

from typing import Any

from kube_headroom.catalogue.kubelets import KUBELET_METRICS
from kube_headroom.catalogue.labels import (
    Build,
    Family,
    Handler,
    HandlerCode,
    NamespaceKind,
    Nothing,
    Reason,
    Source,
    SourceReason,
)
from kube_headroom.catalogue.metric import Aggregation, Counter, Gauge, Metric, Stability, Unit
from kube_headroom.catalogue.prometheus import PROMETHEUS_METRICS
from kube_headroom.catalogue.slo_engine import SLO_ENGINE_METRICS

SUM, MAX, MIN = Aggregation.SUM, Aggregation.MAX, Aggregation.MIN
NONE, BYTES, SECONDS, TIMESTAMP = Unit.NONE, Unit.BYTES, Unit.SECONDS, Unit.TIMESTAMP_SECONDS

BUILD_INFO = Gauge(
    "headroom_build_info",
    "Always 1; version of the exporter and of the Python that runs it.",
    Build,
    NONE,
    SUM,
    Stability.STABLE,
)

SOURCE_UP = Gauge(
    "headroom_source_up",
    "1 while the last request to the source succeeded, 0 while it fails or is forbidden.",
    Source,
    NONE,
    SUM,
    Stability.STABLE,
)
SOURCE_LISTED = Gauge(
    "headroom_source_listed",
    "1 once the source was listed as a whole since the exporter started.",
    Source,
    NONE,
    SUM,
)
SOURCE_LAST_SUCCESS = Gauge(
    "headroom_source_last_success_timestamp_seconds",
    "When the source last answered: a list, an event or a bookmark; absent before the first.",
    Source,
    TIMESTAMP,
    MIN,
    Stability.STABLE,
)
SOURCE_STALE = Gauge(
    "headroom_source_stale",
    "1 while the source has told nothing for longer than `source-stale-after`, so that what it tells is withdrawn.",
    Source,
    NONE,
    SUM,
)
SOURCE_ERRORS = Counter(
    "headroom_source_errors_total",
    "Requests to the source that failed, by reason.",
    SourceReason,
    NONE,
    SUM,
)
SOURCE_LISTS = Counter(
    "headroom_source_lists_total",
    "Lists begun, by the reason for it: more than one per start means that watches could not go on.",
    SourceReason,
    NONE,
    SUM,
)
SOURCE_WATCHES = Counter(
    "headroom_source_watches_total",
    "Watches begun; the API server ends one every few minutes.",
    Source,
    NONE,
    SUM,
)
SOURCE_OBJECTS = Gauge(
    "headroom_source_objects",
    "Objects of the source that the exporter holds.",
    Source,
    NONE,
    SUM,
)
OBJECTS_SKIPPED = Counter(
    "headroom_objects_skipped_total",
    "Objects, or parts of objects, that could not be read, by reason.",
    SourceReason,
    NONE,
    SUM,
)

PODS_WITHOUT_OWNER = Counter(
    "headroom_pods_without_owner_total",
    "Terminating pods left out because their ReplicaSet or Job was never seen.",
    Nothing,
    NONE,
    SUM,
)
PODS_AWAITING_OWNER = Gauge(
    "headroom_pods_awaiting_owner",
    "Pods in no series yet because their ReplicaSet or Job was not seen so far.",
    Nothing,
    NONE,
    SUM,
)
EVENTS_UNATTRIBUTED = Counter(
    "headroom_events_unattributed_total",
    "Events about pods, jobs or controllers whose workload was not known in time (`.involvedObject` of `v1/Event`).",
    Nothing,
    NONE,
    SUM,
)
WORKLOADS_OVERFLOWED = Gauge(
    "headroom_workloads_overflowed",
    "Bare pods and one-shot Jobs over their namespace's cap, which add up in the workload `_overflow`; absent where "
    "there is none.",
    NamespaceKind,
    NONE,
    SUM,
)

KUBELET_ROWS_REFUSED = Counter(
    "headroom_kubelet_rows_refused_total",
    "Rows of kubelets' pages that were not counted: of pods that are not watched (`unknown_pod`), too old (`stale`), ahead "
    "of their page (`future`), twice there (`duplicate`), no number (`invalid`), counters that fell without a restart "
    "(`fell`) or rose faster than the machine can (`spike`), whole pages that stood still (`frozen`).",
    Reason,
    NONE,
    SUM,
)

EXPOSITION_SERIES = Gauge(
    "headroom_exposition_series",
    "Series of this metric on the published page.",
    Family,
    NONE,
    SUM,
)
EXPOSITION_BYTES = Gauge(
    "headroom_exposition_bytes",
    "Size of this metric's lines on the published page before compression.",
    Family,
    BYTES,
    SUM,
)
PUBLISHED = Gauge(
    "headroom_exposition_published_timestamp_seconds",
    "When the collector published the page that this scrape is answered from, by the collector's clock.",
    Nothing,
    TIMESTAMP,
    MAX,
)
PUBLISH_ERRORS = Counter(
    "headroom_publish_errors_total",
    "Times the series of a workload, node or object could not be made and were left out, from its own count; the log names the first.",
    Nothing,
    NONE,
    SUM,
)
PUBLISH_DURATION = Gauge(
    "headroom_publish_duration_seconds",
    "How long the last publication took from the first changed fact to the finished page.",
    Nothing,
    SECONDS,
    MAX,
)

CHECKPOINT_LAST_SUCCESS = Gauge(
    "headroom_checkpoint_last_success_timestamp_seconds",
    "When the state file was last written, absent without one.",
    Nothing,
    TIMESTAMP,
    MIN,
)
CHECKPOINT_ERRORS = Counter(
    "headroom_checkpoint_errors_total",
    "Attempts to write the state file that failed; the next one writes what they left.",
    Nothing,
    NONE,
    SUM,
)
CHECKPOINT_RESUMED = Gauge(
    "headroom_checkpoint_resumed",
    "1 if the exporter took up a state file when it started, 0 if it began with what it saw.",
    Nothing,
    NONE,
    MIN,
)

REQUESTS = Counter(
    "headroom_http_requests_total",
    "Requests answered by the exporter's HTTP server, from its own count since the server process started.",
    HandlerCode,
    NONE,
    SUM,
)
REQUESTS_IN_FLIGHT = Gauge(
    "headroom_http_requests_in_flight",
    "Requests being answered by the exporter's HTTP server, this scrape included, from its own count.",
    Handler,
    NONE,
    SUM,
)
SERVER_RESTARTS = Counter(
    "headroom_server_restarts_total",
    "Times the HTTP server process ended by itself and was started again.",
    Nothing,
    NONE,
    SUM,
)
SPANS = Counter(
    "headroom_spans_total",
    "Spans of the exporter's own work that ended and were sampled; absent while no traces are sent.",
    Nothing,
    NONE,
    SUM,
)
SPANS_DELIVERED = Counter(
    "headroom_spans_delivered_total",
    "Spans that the OpenTelemetry collector took; the others wait, or are lost while it does not answer.",
    Nothing,
    NONE,
    SUM,
)

EXPORTER_METRICS: tuple[Metric[Any], ...] = (
    BUILD_INFO,
    SOURCE_UP,
    SOURCE_LISTED,
    SOURCE_LAST_SUCCESS,
    SOURCE_STALE,
    SOURCE_ERRORS,
    SOURCE_LISTS,
    SOURCE_WATCHES,
    SOURCE_OBJECTS,
    OBJECTS_SKIPPED,
    PODS_WITHOUT_OWNER,
    PODS_AWAITING_OWNER,
    EVENTS_UNATTRIBUTED,
    WORKLOADS_OVERFLOWED,
    *KUBELET_METRICS,
    KUBELET_ROWS_REFUSED,
    *SLO_ENGINE_METRICS,
    *PROMETHEUS_METRICS,
    EXPOSITION_SERIES,
    EXPOSITION_BYTES,
    PUBLISHED,
    PUBLISH_ERRORS,
    PUBLISH_DURATION,
    CHECKPOINT_LAST_SUCCESS,
    CHECKPOINT_ERRORS,
    CHECKPOINT_RESUMED,
    REQUESTS,
    REQUESTS_IN_FLIGHT,
    SERVER_RESTARTS,
    SPANS,
    SPANS_DELIVERED,
)
