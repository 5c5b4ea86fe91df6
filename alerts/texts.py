"""What an alert says: its annotations as templates that ask Prometheus anew, for a held alert's own value says nothing."""

from __future__ import annotations

from typing import Any, Final

from alerts.asking import CLUSTERED, OWNER, asked, listed
from alerts.links import dashboard
from alerts.parameters import RUNBOOKS
from alerts.selection import this, value
from dashboards import uids
from kube_headroom.catalogue import slo
from kube_headroom.catalogue.labels import Slo
from kube_headroom.catalogue.metric import Gauge
from kube_headroom.catalogue.promql import last_over_time, min_by
from kube_headroom.catalogue.recorded import ALERTS_FOR_STATE, bad_events_increase, burn_rate, events_increase
from kube_headroom.catalogue.selection import label_is
from kube_headroom.catalogue.vector import Vector

MEMORY: Final = "21m"
"""Two evaluations of the slowest recorded series, and a minute for a late one."""

_THIS_SLO: Final = this(*Slo._fields)
_SLO: Final = "{{ $labels.slo_service }}/{{ $labels.slo }}{{ with $labels.slo_group }} ({{ . }}){{ end }}"


def fast_burn() -> dict[str, str]:
    """Say how fast, in the windows of both page pairs."""
    return _annotations(
        "HeadroomSLOFastBurn",
        f"{_SLO} burns its error budget fast",
        f"{_burn_rates('5m', '30m', '1h', '6h')} {_since('HeadroomSLOFastBurn')} {_budgets()} {OWNER}",
    )


def slow_burn() -> dict[str, str]:
    """Say how fast, in the windows of both ticket pairs."""
    return _annotations(
        "HeadroomSLOSlowBurn",
        f"{_SLO} burns its error budget slowly but steadily",
        f"{_burn_rates('2h', '6h', '1d', '3d')} {_since('HeadroomSLOSlowBurn')} {_budgets()} {OWNER}",
    )


def budget_spent() -> dict[str, str]:
    """Say how many events, since burn rates of so few of them mislead."""
    bad, events = (asked(_recorded(gauge), "humanize") for gauge in (bad_events_increase("3d"), events_increase("3d")))
    return _annotations(
        "HeadroomSLOBudgetSpent",
        f"{_SLO} has spent of its error budget what makes a ticket",
        f"Bad events of the last 3 days: {bad} of {events}; too few for a burn rate to alert. "
        f"{_since('HeadroomSLOBudgetSpent')} {_budgets()} {OWNER}",
    )


def no_data() -> dict[str, str]:
    """Say what that means: nothing else can alert."""
    return _annotations(
        "HeadroomSLONoData",
        f"{_SLO} has no data",
        "The SLO is declared, but for 15 minutes no events of it were counted or could be, so that no outage of it "
        f"would alert. {_since('HeadroomSLONoData')} {OWNER}",
    )


def _annotations(alert: str, summary: str, description: str) -> dict[str, str]:
    return {
        "summary": summary,
        "description": f"{description}{CLUSTERED}",
        "runbook_url": f"{RUNBOOKS}/{alert}",
        "dashboard_url": dashboard(uids.SLO, ("slo_service", "slo", "slo_group")),
    }


def _burn_rates(*windows: str) -> str:
    rates = ", ".join(f"{asked(_recorded(burn_rate(window)), 'humanize')} over {window}" for window in windows)
    return f"Burn rate: {rates} (1 spends the budget exactly by the end of its period)."


def _since(alert: str) -> str:
    began = value(ALERTS_FOR_STATE, label_is("alertname", alert), *_THIS_SLO, target_labels=Slo._fields)
    return f"Since {asked(began, 'humanizeTimestamp', otherwise='now')}."


def _budgets() -> str:
    left = min_by(value(slo.BUDGET_REMAINING, *_THIS_SLO), "period")
    return (
        f"Budget left:{listed(left, ' {{ .Labels.period }} {{ .Value | humanizePercentage }}', otherwise='no data')}."
    )


def _recorded(gauge: Gauge[Any]) -> Vector:
    return last_over_time(value(gauge, *_THIS_SLO), MEMORY)
