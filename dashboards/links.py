"""How tables lead down: labels are links to the dashboard of what they name, which keep what is chosen."""

from __future__ import annotations

from typing import Any, Final

from dashboards import clusters
from dashboards.questions import label_title
from dashboards.uids import SLO, WORKLOAD
from kube_headroom.catalogue.labels import Workload

WAYS_DOWN: Final = {WORKLOAD: Workload._fields, SLO: ("slo_service", "slo", "slo_group")}
"""What leads from a table to which dashboard; its variables are named after the labels."""

_KEPT: Final = ("${datasource:queryparam}", f"${{{clusters.LABEL}:queryparam}}")


def ways_down(labels: tuple[str, ...]) -> list[dict[str, Any]]:
    """Lead from labels to the dashboard of what they name, at the same time, data source and cluster."""
    return [
        {
            "matcher": {"id": "byName", "options": label_title(label)},
            "properties": [{"id": "links", "value": [_way_down(uid, named)]}],
        }
        for uid, named in WAYS_DOWN.items()
        if set(named) <= set(labels)
        for label in named
    ]


def _way_down(uid: str, labels: tuple[str, ...]) -> dict[str, Any]:
    chosen = [f"var-{label}=${{__data.fields.{label_title(label)}:percentencode}}" for label in labels]
    url = "&".join([f"/d/{uid}?${{__url_time_range}}", *_KEPT, *chosen])
    return {"title": "Look closer", "url": url, "targetBlank": False}
