"""Which cluster is asked, where one Prometheus holds several: a matcher in every selector of every query."""

from __future__ import annotations

import re
from typing import Final

from dashboards.questions import Variable
from kube_headroom.catalogue.exporter import BUILD_INFO, EXPORTER_METRICS
from kube_headroom.catalogue.metrics import CLUSTER_METRICS
from kube_headroom.catalogue.selection import label_matches, value
from kube_headroom.catalogue.slo import SLO_METRICS
from kube_headroom.catalogue.vector import Vector

LABEL: Final = "cluster"
"""What Prometheus or its agents put on everything of a cluster; without it there is one cluster, and one choice."""

VARIABLE: Final = Variable(LABEL, value(BUILD_INFO, target_labels=(LABEL,)), "Cluster", all_of_them=True)

_CHOSEN: Final = label_matches(LABEL, f"${LABEL}")
_NAMES: Final = "|".join(metric.name for metric in (*CLUSTER_METRICS, *EXPORTER_METRICS, *SLO_METRICS))
_SELECTOR: Final = re.compile(rf"\b({_NAMES})\b({{)?")


def of_the_chosen(query: Vector) -> str:
    """Return the text of a query that asks the chosen cluster alone; all of them match a missing label too."""
    return _SELECTOR.sub(lambda found: f"{found[1]}{{{_CHOSEN}" + (", " if found[2] else "}"), str(query))
