"""All rules in the order of the file: what tells of Headroom itself comes first."""

from __future__ import annotations

from alerts import exporter, nodes, slo, workloads
from alerts.rules import Group


def groups() -> tuple[Group, ...]:
    """Return every group of the rule file."""
    return (*exporter.groups(), *nodes.groups(), *workloads.groups(), *slo.groups())
