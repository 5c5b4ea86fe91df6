"""Sentences of annotations that ask Prometheus anew about the alert's own object."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from alerts.links import dashboard
from alerts.texts import RUNBOOKS
from kube_headroom.catalogue.recorded import ALERTS_FOR_STATE
from kube_headroom.catalogue.selection import Matcher, label_is, value
from kube_headroom.catalogue.vector import Vector

OWNER: Final = "Owner: {{ with $labels.owner }}{{ . }}{{ else }}none declared{{ end }}."

_PLACEHOLDER: Final = "%s"
_ASKED_LABEL: Final = re.compile(r'(\w+)="%s"')


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
            "description": " ".join((*self.description, since)),
            "runbook_url": f"{RUNBOOKS}/{self.alert}",
            "dashboard_url": dashboard(self.dashboard, self.labels),
        }


def this(*labels: str) -> tuple[Matcher, ...]:
    """Match what has the alert's own values of these labels."""
    return tuple(label_is(label, _PLACEHOLDER) for label in labels)


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
    given = "".join(f" $labels.{label}" for label in _ASKED_LABEL.findall(text))
    quoted = _ASKED_LABEL.sub(r"\1=%q", text)
    return f"query (printf `{quoted}`{given})" if given else f"query `{text}`"
