"""What an alert says: its annotations as templates that ask Prometheus anew, for a held alert's own value says nothing."""

from __future__ import annotations

from typing import Any, Final

from alerts.links import dashboard
from dashboards import uids
from kube_headroom.catalogue import slo
from kube_headroom.catalogue.labels import Slo
from kube_headroom.catalogue.metric import Gauge
from kube_headroom.catalogue.promql import last_over_time, min_by
from kube_headroom.catalogue.recorded import ALERTS_FOR_STATE, bad_events_increase, burn_rate, events_increase
from kube_headroom.catalogue.selection import label_is, value
from kube_headroom.catalogue.vector import Vector

RUNBOOKS: Final = "https://kube-headroom.io/runbooks"
"""Where docs/runbooks is published; the rest of an alert's address is its name."""

MEMORY: Final = "21m"
"""Two evaluations of the slowest recorded series, and a minute for a late one."""

_PLACEHOLDER: Final = "%s"
_THIS_SLO: Final = tuple(label_is(label, _PLACEHOLDER) for label in Slo._fields)

_SLO: Final = "{{ $labels.slo_service }}/{{ $labels.slo }}{{ with $labels.slo_group }} ({{ . }}){{ end }}"
_OWNER: Final = "Owner: {{ with $labels.owner }}{{ . }}{{ else }}none declared{{ end }}."


def fast_burn() -> dict[str, str]:
    """Say how fast, in the windows of both page pairs."""
    return _annotations(
        "HeadroomSLOFastBurn",
        f"{_SLO} burns its error budget fast",
        f"{_burn_rates('5m', '30m', '1h', '6h')} {_since('HeadroomSLOFastBurn')} {_budgets()} {_OWNER}",
    )


def slow_burn() -> dict[str, str]:
    """Say how fast, in the windows of both ticket pairs."""
    return _annotations(
        "HeadroomSLOSlowBurn",
        f"{_SLO} burns its error budget slowly but steadily",
        f"{_burn_rates('2h', '6h', '1d', '3d')} {_since('HeadroomSLOSlowBurn')} {_budgets()} {_OWNER}",
    )


def budget_spent() -> dict[str, str]:
    """Say how many events, since burn rates of so few of them mislead."""
    bad, events = (_asked(_recorded(gauge), "humanize") for gauge in (bad_events_increase("3d"), events_increase("3d")))
    return _annotations(
        "HeadroomSLOBudgetSpent",
        f"{_SLO} has spent of its error budget what makes a ticket",
        f"Bad events of the last 3 days: {bad} of {events}; too few for a burn rate to alert. "
        f"{_since('HeadroomSLOBudgetSpent')} {_budgets()} {_OWNER}",
    )


def no_data() -> dict[str, str]:
    """Say what that means: nothing else can alert."""
    return _annotations(
        "HeadroomSLONoData",
        f"{_SLO} has no data",
        "The SLO is declared, but for 15 minutes no events of it were counted or could be, so that no outage of it "
        f"would alert. {_since('HeadroomSLONoData')} {_OWNER}",
    )


def _annotations(alert: str, summary: str, description: str) -> dict[str, str]:
    return {
        "summary": summary,
        "description": description,
        "runbook_url": f"{RUNBOOKS}/{alert}",
        "dashboard_url": dashboard(uids.SLO, ("slo_service", "slo", "slo_group")),
    }


def _burn_rates(*windows: str) -> str:
    rates = ", ".join(f"{_asked(_recorded(burn_rate(window)), 'humanize')} over {window}" for window in windows)
    return f"Burn rate: {rates} (1 spends the budget exactly by the end of its period)."


def _since(alert: str) -> str:
    began = value(ALERTS_FOR_STATE, label_is("alertname", alert), *_THIS_SLO, target_labels=Slo._fields)
    return f"Since {_asked(began, 'humanizeTimestamp', otherwise='now')}."


def _budgets() -> str:
    left = min_by(value(slo.BUDGET_REMAINING, *_THIS_SLO), "period")
    each = "{{ range . }} {{ .Labels.period }} {{ .Value | humanizePercentage }}{{ end }}"
    return f"Budget left:{{{{ with {_query(left)} }}}}{each}{{{{ else }}}} no data{{{{ end }}}}."


def _recorded(gauge: Gauge[Any]) -> Vector:
    return last_over_time(value(gauge, *_THIS_SLO), MEMORY)


def _asked(vector: Vector, shown: str, otherwise: str = "no data") -> str:
    return f"{{{{ with {_query(vector)} }}}}{{{{ . | first | value | {shown} }}}}{{{{ else }}}}{otherwise}{{{{ end }}}}"


def _query(vector: Vector) -> str:
    """Return a template's query about the alert's own SLO; its label values are quoted when it is asked."""
    quoted = {str(matcher): f"{matcher.label}=%q" for matcher in _THIS_SLO}
    text = str(vector)
    for matcher, template in quoted.items():
        text = text.replace(matcher, template)
    given = " ".join(f"$labels.{label}" for label in Slo._fields)
    return f"query (printf `{text}` {given})"
