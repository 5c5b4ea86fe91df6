"""Where an alert leads: the dashboard of its own object."""

from __future__ import annotations

from alerts.parameters import CLUSTER, GRAFANA, section


def dashboard(uid: str, labels: tuple[str, ...]) -> str:
    """Return the address of a dashboard whose variables are the alert's labels, templates of Prometheus still open."""
    # The dashboards' variable is called so, whatever the label is.
    cluster = _variable(CLUSTER.default, CLUSTER)
    address = f"{GRAFANA}/d/{uid}"
    if not labels:
        return f"{address}{section(f'?{cluster}')}"
    return f"{address}?{section(f'{cluster}&')}{'&'.join(_variable(label, label) for label in labels)}"


def _variable(name: str, label: str) -> str:
    return f"var-{name}={{{{ $labels.{label} | urlquery }}}}"
