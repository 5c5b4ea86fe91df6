"""What of the rules is a value beside the thresholds: the cluster's label, matchers, severities, addresses, labels."""

from __future__ import annotations

import re
from typing import Final

from kube_headroom.catalogue.parameter import Parameter
from kube_headroom.catalogue.selection import Extra

CLUSTER: Final = Parameter("clusterLabel", "cluster")
"""The label that tells clusters apart: every aggregation and join keeps it; where no series has it, nothing changes."""

ALL_SERIES: Final = Extra(Parameter("selectors.alone", ""), Parameter("selectors.before", ""))
"""What the user asks of every series that an exporter tells."""

NAMESPACED: Final = Extra(Parameter("namespaced.alone", ""), Parameter("namespaced.before", ""))
"""The same of those with a namespace, with the namespaces that are left out."""

GRAFANA: Final = Parameter("grafanaUrl", "https://kube-headroom.io/grafana")
RUNBOOKS: Final = Parameter("runbooksUrl", "https://kube-headroom.io/runbooks")
"""Where docs/runbooks is published; the rest of an alert's address is its name."""

LABELS: Final = Parameter("labels", "")
ANNOTATIONS: Final = Parameter("annotations", "")
"""What the user adds to every alert: lines after the last of ours."""

NODE_PAGES: Final = Parameter("nodePages", "0")
"""The Ready condition of nodes that page; one that no node has where nobody is paged for nodes."""

SEVERITIES: Final = ("critical", "warning", "info", "none")

SECTION: Final = ("\ue003", "\ue004")
"""What stands in between is left out with the cluster's label."""

_IN_LIST: Final = re.compile(rf'{re.escape(CLUSTER)}((?:=|!=|=~|!~)(?:"[^"]*"|%q))?(, ?)?')


def severity(alert: str, default: str) -> Parameter:
    """Return the severity of an alert, or of one of its levels, which the default names."""
    return Parameter(f"alerts.{alert}.severity.{default}", default)


def section(text: str) -> str:
    """Return a text that is left out where there is no cluster label."""
    return text.join(SECTION)


def sectioned(query: str) -> str:
    """Return a query in which the cluster's label goes out of each list that it stands in, with its comma."""
    return _IN_LIST.sub(lambda found: section(found[0]), query)
