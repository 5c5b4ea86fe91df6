"""Where an alert leads: the dashboard of its own object."""

from __future__ import annotations

from typing import Final

DASHBOARDS: Final = "https://kube-headroom.io/grafana/d"
"""Where Grafana shows a dashboard by its uid."""


def dashboard(uid: str, labels: tuple[str, ...]) -> str:
    """Return the address of a dashboard whose variables are the alert's labels, templates of Prometheus still open."""
    variables = "&".join(f"var-{label}={{{{ $labels.{label} | urlquery }}}}" for label in labels)
    return f"{DASHBOARDS}/{uid}?{variables}" if variables else f"{DASHBOARDS}/{uid}"
