"""The Alertmanager configuration: who is told of what, what is told together, and what silences what.

Alertmanager takes labels that both alerts lack for equal, so every inhibition names one that neither may lack.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

import yaml

from alerts import pack
from alerts.rules import Alert
from kube_headroom.catalogue.labels import Node, Slo, Source, Workload

CLUSTER: Final = "cluster"
"""The external label of a Prometheus that tells several clusters apart; where there is one only, it is missing."""

OWN_OBJECT: Final = (CLUSTER, "alertname", *dict.fromkeys((*Slo._fields, *Node._fields, *Source._fields)))
WHOLE_WORKLOAD: Final = (CLUSTER, *Workload._fields)

SECRETS: Final = "/etc/alertmanager/secrets"
TEMPLATES: Final = "/etc/alertmanager/templates/headroom.tmpl"

OURS: Final = 'alertname=~"Headroom.+"'
OF_WORKLOAD: Final = 'workload!=""'
"""Alerts of SLOs that are declared on a workload too: when it is broken, they tell of the same trouble."""
OF_SLO: Final = 'slo!=""'

UPDATES: Final = "15m"
"""Between two messages about a workload: causes show minutes after the first alert, and end minutes apart."""

_OWNER: Final = re.compile(r"[\w@][\w.@-]*", re.ASCII)
"""An owner names its receivers and the files of their addresses; a dot in front or a slash leads elsewhere."""

PAGES, TICKETS, SWITCH = "headroom-pages", "headroom-tickets", "headroom-dead-mans-switch"
INFO: Final = "headroom-info"
"""Tells nobody: what somebody made an info is for dashboards and Alertmanager's own page."""

MINUTE_BY_MINUTE: Final = {"group_wait": "0s", "group_interval": "1m", "repeat_interval": "50s"}
"""Repeated when the group is looked at, what was told less than `repeat_interval` ago is left out: a minute is two."""


class Team(NamedTuple):
    """An owner as workloads declare it, and the Slack channels of its pages and tickets."""

    owner: str
    pages: str
    tickets: str


NOBODY: Final = Team("", "#headroom-pages", "#headroom-tickets")
"""Who is told of what has no owner, or one that is not named here."""


def configuration(teams: tuple[Team, ...] = ()) -> dict[str, Any]:
    """Return the configuration as YAML has it; ValueError for an owner that stands twice or cannot name a file."""
    owners = [team.owner for team in teams]
    if not all(map(_OWNER.fullmatch, owners)) or len(set(owners)) < len(owners):
        message = f"the teams' owners are {owners}; expected each once, of letters, digits and . _ @ - alone"
        raise ValueError(message)
    return {
        "global": {"resolve_timeout": "5m", "slack_api_url_file": f"{SECRETS}/slack-url"},
        "templates": [TEMPLATES],
        "route": _route(teams),
        "inhibit_rules": _inhibitions(),
        "receivers": [
            *(receiver for team in (*teams, NOBODY) for receiver in _receivers(team)),
            {"name": SWITCH, "webhook_configs": [_webhook(SWITCH, resolved=False)]},
            {"name": INFO},
        ],
    }


def page(teams: tuple[Team, ...] = ()) -> str:
    """Return the configuration's file."""
    body = yaml.safe_dump(configuration(teams), sort_keys=False, width=float("inf"))
    return f"# Generated from alerts/routes.py by `make generate`; changes here are lost.\n{body}"


def _route(teams: tuple[Team, ...]) -> dict[str, Any]:
    return {
        "receiver": TICKETS,
        "group_by": list(OWN_OBJECT),
        "group_wait": "30s",
        "group_interval": "5m",
        "repeat_interval": "12h",
        "routes": [
            {"matchers": ['alertname="HeadroomWatchdog"'], "receiver": SWITCH, **MINUTE_BY_MINUTE},
            {"matchers": [OURS, 'severity="info"'], "receiver": INFO},
            {
                "matchers": [OF_WORKLOAD],
                "group_by": list(WHOLE_WORKLOAD),
                "group_interval": UPDATES,
                "routes": _by_team(teams),
            },
            *_by_team(teams),
        ],
    }


def _by_team(teams: tuple[Team, ...]) -> list[dict[str, Any]]:
    """Critical to the pages of its owner, everything else to the owner's tickets; what nobody owns comes last."""
    owned = [
        {
            "matchers": [f'owner="{team.owner}"'],
            "receiver": _named(TICKETS, team),
            "routes": [{"matchers": ['severity="critical"'], "receiver": _named(PAGES, team), "repeat_interval": "4h"}],
        }
        for team in teams
    ]
    return [*owned, {"matchers": ['severity="critical"'], "receiver": PAGES, "repeat_interval": "4h"}]


def _inhibitions() -> list[dict[str, Any]]:
    slo, workload = [CLUSTER, *Slo._fields], [CLUSTER, *Workload._fields]
    slower = 'alertname=~"HeadroomSLO(SlowBurn|BudgetSpent)"'
    return [
        _silences(('alertname="HeadroomSLOFastBurn"', OF_SLO), (slower, OF_SLO), slo),
        # One for each: Alertmanager 0.34 remembers one source of a rule per object, and when that ends, it forgets for
        # up to two sendings that another one goes on.
        *(
            _silences((name, 'severity="critical"', OF_WORKLOAD), (OURS, 'severity="warning"', OF_WORKLOAD), workload)
            for name in _pages_of_workloads()
        ),
        *(
            _silences(
                (OURS, 'severity="critical"', f'{label}!=""'),
                (OURS, 'severity="warning"', f'{label}!=""'),
                [CLUSTER, label],
            )
            for label in (*Node._fields, *Source._fields)
        ),
    ]


def _pages_of_workloads() -> list[str]:
    """Match each alert that pages about workloads, those of their SLOs too."""
    alerts = (rule for group in pack.groups() for rule in group.rules if isinstance(rule, Alert))
    names = (rule.name for rule in alerts if rule.severity == "critical" and "workload" in rule.query.labels)
    return [f'alertname="{name}"' for name in dict.fromkeys(names)]


def _silences(source: tuple[str, ...], target: tuple[str, ...], equal: list[str]) -> dict[str, Any]:
    return {"source_matchers": list(source), "target_matchers": list(target), "equal": list(equal)}


def _receivers(team: Team) -> list[dict[str, Any]]:
    return [
        {"name": name, "slack_configs": [_slack(channel)], "webhook_configs": [_webhook(name, resolved=True)]}
        for name, channel in ((_named(PAGES, team), team.pages), (_named(TICKETS, team), team.tickets))
    ]


def _named(receiver: str, team: Team) -> str:
    return f"{receiver}-{team.owner}" if team.owner else receiver


def _slack(channel: str) -> dict[str, Any]:
    return {
        "channel": channel,
        "send_resolved": True,
        "color": '{{ template "headroom.color" . }}',
        "title": '{{ template "headroom.title" . }}',
        "title_link": '{{ template "headroom.link" . }}',
        "text": '{{ template "headroom.text" . }}',
        "fallback": '{{ template "headroom.title" . }}',
    }


def _webhook(name: str, *, resolved: bool) -> dict[str, Any]:
    """A webhook whose address, which often holds a token, comes from a file."""
    return {"url_file": f"{SECRETS}/{name}-url", "send_resolved": resolved, "max_alerts": 20}
