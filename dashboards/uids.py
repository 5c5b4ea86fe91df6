"""The addresses of the dashboards, which links and alerts know; they never change."""

from __future__ import annotations

from typing import Final

CLUSTER: Final = "headroom-cluster"
WORKLOAD: Final = "headroom-workload"
SLO: Final = "headroom-slo"
EXPORTER: Final = "headroom-exporter"
