"""What the alerts about Headroom itself say: what is not known while they fire."""

from __future__ import annotations

from typing import Final

from alerts.asking import Text, asked, listed
from alerts.parameters import CLUSTER
from alerts.selection import increase, this, value
from dashboards import uids
from kube_headroom.catalogue import exporter, kubelets
from kube_headroom.catalogue.labels import Source
from kube_headroom.catalogue.promql import max_by, seconds_since, sum_by

_SOURCE: Final = Source._fields
_THIS: Final = this(*_SOURCE)
_AGE: Final = asked(
    seconds_since(max_by(value(exporter.SOURCE_LAST_SUCCESS, *_THIS), CLUSTER, *_SOURCE)),
    "humanizeDuration",
    otherwise="never",
)
_ERRORS: Final = listed(
    sum_by(increase(exporter.SOURCE_ERRORS, "15m", *_THIS), "reason").above(0),
    ' {{ .Labels.reason }} {{ .Value | printf "%.0f" }}×',  # noqa: RUF001  meant
)
_READ: Final = listed(
    max_by(value(kubelets.KUBELET_NODES_READ, *this()), "page"), " {{ .Labels.page }} {{ .Value | humanize }}"
)
_EXPECTED: Final = asked(max_by(value(kubelets.KUBELET_NODES_EXPECTED, *this())), "humanize")
_KUBELET_ERRORS: Final = listed(
    sum_by(increase(kubelets.KUBELET_ERRORS, "15m", *this()), "page", "reason").above(0),
    " {{ .Labels.page }} {{ .Labels.reason }}",
)


def _text(alert: str, labels: tuple[str, ...], summary: str, *description: str) -> tuple[str, Text]:
    return alert, Text(alert, labels, summary, description, uids.EXPORTER)


TEXTS: Final[dict[str, Text]] = dict(
    (
        _text(
            "HeadroomWatchdog",
            (),
            "Prometheus evaluates rules and Alertmanager delivers",
            "This alert always fires; whoever stops receiving it must say so.",
        ),
        _text(
            "HeadroomExporterDown",
            (),
            "Headroom is not scraped",
            "No workload, node or SLO of the cluster is watched. What fired before goes on for six hours at most.",
        ),
        _text(
            "HeadroomSourceStale",
            _SOURCE,
            "Headroom hears nothing of {{ $labels.source }} any more",
            f"Last heard: {_AGE} ago. What it tells is withdrawn, so that no alert can stand on it.",
            f"Errors of the last 15m:{_ERRORS}.",
        ),
        _text(
            "HeadroomSourceFailing",
            _SOURCE,
            "Headroom cannot read {{ $labels.source }}",
            f"Last heard: {_AGE} ago; what it tells is as old.",
            f"Errors of the last 15m:{_ERRORS}.",
        ),
        _text(
            "HeadroomKubeletsUnread",
            (),
            "Headroom does not read all kubelets",
            f"Of {_EXPECTED} kubelets it reads:{_READ}. Usage, throttling and probes of the others' pods are unknown.",
            f"Errors of the last 15m:{_KUBELET_ERRORS}.",
        ),
    )
)
