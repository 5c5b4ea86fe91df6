"""docs/alerts.md: which alerts there are, where they begin, and who is told."""

from __future__ import annotations

from typing import Final

from alerts import pack, routes
from alerts.parameters import CLUSTER
from alerts.rules import Alert
from alerts.thresholds import RELATIONS, THRESHOLDS, Amount, Period
from kube_headroom.catalogue.parameter import defaulted
from kube_headroom.catalogue.vector import number

HEAD: Final = """\
<!-- Generated from alerts/ by `make generate`; changes here are lost. -->
# Alerts

`helm/headroom/generated/rules.yaml` holds them all; Prometheus 2 and 3 and vmalert load it as it is. Critical pages somebody now,
a warning is a ticket for the morning. Alerts are about workloads, never about single pods. Each says what, where, since when and
whose, and leads to its runbook and its dashboard. What fires goes on while the exporter is gone, for six hours at most.
"""

VALUES: Final = """\
They are `rules.thresholds` of the chart's values, beside `rules.alerts` (each alert's switch and severities), `clusterLabel`,
`selectors`, `namespacesDenied`, `labels`, `annotations`, `grafanaUrl` and `runbooksUrl`; `values.yaml` explains each. Without Helm,
`python -m alerts --values FILE --output FILE` takes a file of what stands under `rules` and writes the same rules to the byte.
Both refuse an unknown name and a value out of range, by name. Where HeadroomNodeNotReady is switched off or no page any more,
workloads on a lost node page for themselves. With another `clusterLabel`, name it in the routes too, in place of `cluster`.
"""

BETWEEN: Final = "Between them must hold, lest an alert comes late, twice or never:\n"

ROUTES: Final = f"""\
## Who is told

`alertmanager.yaml` and its template `headroom.tmpl`, beside the rules, are a whole configuration for Alertmanager; what tells
ours from others begins with `Headroom`, so that its route can stand under another root.

- All alerts of a workload come in one message, worst first, those of SLOs that are declared on it too. Those of nodes, sources
  and other SLOs come one by one.
- `{routes.PAGES}` gets what is critical, `{routes.TICKETS}` everything else but `info`, to which you may turn an alert's severity
  down: it shows on dashboards and in Alertmanager, and notifies nobody (`{routes.INFO}`). `routes.page()` takes teams: what carries a team's
  `owner` goes to that team's two channels instead. An owner without a team is nobody's alone: the first two are told.
- A page silences the tickets of the same workload, node or source, fast burn what else the same SLO has to say, and nothing else.
- `{routes.SWITCH}` gets HeadroomWatchdog every minute: point it at a service outside the cluster that calls when it stops.
- Addresses come from files in `{routes.SECRETS}`: `slack-url`, and `RECEIVER-url` for each receiver's webhook.
"""


def document() -> str:
    """Return the page."""
    alerts = [rule for group in pack.groups() for rule in group.rules if isinstance(rule, Alert)]
    rows = [
        f"| [{rule.name}](runbooks/{rule.name}.md) | {rule.severity} | {defaulted(rule.wait) or 'at once'} | {_object(rule)} |"
        for rule in alerts
    ]
    limits = [
        f"| `{each.name}` | {number(each.default) if isinstance(each, Amount) else each.default} | "
        f"{each.unit if isinstance(each, Amount) else 'duration'} | {_range(each)} | {each.meaning} |"
        for each in THRESHOLDS
    ]
    tables = (
        ("| alert | severity | after | one for each |\n|---|---|---|---|", rows),
        (
            f"## Thresholds\n\n{VALUES}\n| name | default | unit | may be | what it says |\n|---|---|---|---|---|",
            limits,
        ),
    )
    relations = "\n".join(f"- {relation.expected}." for relation in RELATIONS)
    body = "\n".join("\n".join((head, *lines, "")) for head, lines in tables)
    return (
        f"{HEAD}\n{body}\n{BETWEEN}\n{relations}\n\nThe SLO alerts have theirs in the SLO's own definition.\n\n{ROUTES}"
    )


def _object(rule: Alert) -> str:
    labels = set(rule.query.labels)
    found = (name for label, name in (("slo", "SLO"), ("workload", "workload")) if label in labels)
    return next(found, ", ".join(label for label in rule.query.labels if label != CLUSTER) or "cluster")


def _range(of: Amount | Period) -> str:
    if isinstance(of, Period):
        return f"{of.least} to {of.most}"
    return f"{number(of.least)} to {number(of.most)}" if of.least else f"above 0, to {number(of.most)}"
