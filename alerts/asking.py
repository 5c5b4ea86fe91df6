"""Sentences of annotations that ask Prometheus anew about the alert's own object."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from alerts.links import dashboard
from alerts.parameters import CLUSTER, RUNBOOKS, section, sectioned
from alerts.selection import PLACEHOLDER, this, value
from kube_headroom.catalogue.recorded import ALERTS_FOR_STATE
from kube_headroom.catalogue.selection import label_is
from kube_headroom.catalogue.vector import Vector

OWNER: Final = "Owner: {{ with $labels.owner }}{{ . }}{{ else }}none declared{{ end }}."

_ASKED_LABEL: Final = re.compile(rf'(\w+|{re.escape(CLUSTER)})="{PLACEHOLDER}"')
CLUSTERED: Final = section(f"{{{{ with $labels.{CLUSTER} }}}} In cluster {{{{ . }}}}.{{{{ end }}}}")


class Text(NamedTuple):
    """What an alert says about the object that `labels` identify; `description` is its sentences."""

    alert: str
    labels: tuple[str, ...]
    summary: str
    description: tuple[str, ...]
    dashboard: str

    def annotations(self) -> dict[str, str]:
        """Return the alert's annotations, templates of Prometheus still open."""
        began = value(
            ALERTS_FOR_STATE, label_is("alertname", self.alert), *this(*self.labels), target_labels=self.labels
        )
        since = f"Since {asked(began, 'humanizeTimestamp', otherwise='now')}."
        return {
            "summary": self.summary,
            "description": " ".join((*self.description, since)) + CLUSTERED,
            "runbook_url": f"{RUNBOOKS}/{self.alert}",
            "dashboard_url": dashboard(self.dashboard, self.labels),
        }


def asked(vector: Vector, shown: str, otherwise: str = "no data") -> str:
    """Return a template that shows the first value of a query."""
    return f"{{{{ with {_query(vector)} }}}}{{{{ . | first | value | {shown} }}}}{{{{ else }}}}{otherwise}{{{{ end }}}}"


def listed(vector: Vector, shown: str, otherwise: str = "none") -> str:
    """Return a template that shows each series of a query as `shown`, which begins with a blank."""
    return (
        f"{{{{ with {_query(vector)} }}}}{{{{ range . }}}}{shown}{{{{ end }}}}{{{{ else }}}} {otherwise}{{{{ end }}}}"
    )


def _query(vector: Vector) -> str:
    """Return a template's query; the alert's label values are quoted when it is asked, in the order they stand in."""
    text = str(vector)
    given = "".join(_argument(label) for label in _ASKED_LABEL.findall(text))
    quoted = sectioned(_ASKED_LABEL.sub(r"\1=%q", text))
    return f"query (printf `{quoted}`{given})" if given else f"query `{text}`"


def _argument(label: str) -> str:
    argument = f" $labels.{label}"
    return section(argument) if label == CLUSTER else argument
