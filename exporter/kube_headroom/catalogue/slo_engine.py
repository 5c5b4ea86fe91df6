"""Series about the SLO engine itself: what it was told to count, and what it could not count."""

from __future__ import annotations

from kube_headroom.catalogue.labels import Nothing, SloReason
from kube_headroom.catalogue.metric import Aggregation, Counter, Gauge, Unit

SUM, MAX, MIN = Aggregation.SUM, Aggregation.MAX, Aggregation.MIN

OBJECTIVES = Gauge("headroom_slo_objectives", "SLOs that are declared and counted.", Nothing, Unit.NONE, SUM)
DEFINITION_ERRORS = Gauge(
    "headroom_slo_definition_errors",
    "Mistakes in SLO definitions, which keep what they stand in out; the log names each, `kube-headroom slo validate` too.",
    Nothing,
    Unit.NONE,
    SUM,
)
DEFINITION_WARNINGS = Gauge(
    "headroom_slo_definition_warnings",
    "Remarks about SLO definitions, such as thresholds that could never be reached.",
    Nothing,
    Unit.NONE,
    SUM,
)
FLAWS = Counter(
    "headroom_slo_flaws_total",
    "Data of an SLO that could not be counted, by reason, such as `good_above_total`, `nan`, `negative` or `groups_over_limit`.",
    SloReason,
    Unit.NONE,
    SUM,
)
EVALUATION_SECONDS = Gauge(
    "headroom_slo_evaluation_seconds",
    "How long the last evaluation of all SLOs took, without the answers of Prometheus.",
    Nothing,
    Unit.SECONDS,
    MAX,
)
STATE_LAST_SUCCESS = Gauge(
    "headroom_slo_state_last_success_timestamp_seconds",
    "When the SLOs' state file was last written, absent without one.",
    Nothing,
    Unit.TIMESTAMP_SECONDS,
    MIN,
)
STATE_ERRORS = Counter(
    "headroom_slo_state_errors_total",
    "Attempts to write the SLOs' state file that failed; the next one writes what they left.",
    Nothing,
    Unit.NONE,
    SUM,
)

SLO_ENGINE_METRICS = (
    OBJECTIVES,
    DEFINITION_ERRORS,
    DEFINITION_WARNINGS,
    FLAWS,
    EVALUATION_SECONDS,
    STATE_LAST_SUCCESS,
    STATE_ERRORS,
)
