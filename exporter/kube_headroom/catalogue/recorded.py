"""Series that no exporter emits: what the default rules record, and what Prometheus writes of its own alerts.

None of them is part of the metrics page; alerts/slo.py makes the recorded ones.
"""

from __future__ import annotations

from typing import NamedTuple

from kube_headroom.catalogue.labels import Slo
from kube_headroom.catalogue.metric import Aggregation, Gauge, Unit


class Alert(NamedTuple):
    """An alert, and whether it is `pending` or `firing`; the alert's own labels come beside."""

    alertname: str
    alertstate: str


class AlertName(NamedTuple):
    """An alert; its own labels come beside."""

    alertname: str


ALERTS = Gauge("ALERTS", "Always 1 while an alert is pending or fires.", Alert, Unit.NONE, Aggregation.MAX)
ALERTS_FOR_STATE = Gauge(
    "ALERTS_FOR_STATE", "Since when an alert is active, in Unix time.", AlertName, Unit.NONE, Aggregation.MIN
)


def events_increase(window: str) -> Gauge[Slo]:
    """Events of an SLO in the window, summed over exporters."""
    return Gauge(
        f"slo:headroom_slo_events:increase{window}",
        f"Events of the last {window}, extrapolated to its ends.",
        Slo,
        Unit.NONE,
        Aggregation.SUM,
    )


def bad_events_increase(window: str) -> Gauge[Slo]:
    """Bad events of an SLO in the window, summed over exporters."""
    return Gauge(
        f"slo:headroom_slo_bad_events:increase{window}",
        f"Bad events of the last {window}, extrapolated to its ends.",
        Slo,
        Unit.NONE,
        Aggregation.SUM,
    )


def burn_rate(window: str) -> Gauge[Slo]:
    """Share of bad events in the window over the share that the objective allows; absent without events."""
    return Gauge(
        f"slo:headroom_slo_burn_rate:ratio_increase{window}",
        f"Burn rate of the last {window}.",
        Slo,
        Unit.NONE,
        Aggregation.MAX,
    )
