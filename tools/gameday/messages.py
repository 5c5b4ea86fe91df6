"""What people were told, message by message, and what in a message is not as it has to be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from alerts import routes
from tools.gameday.judges import Notification
from tools.gameday.play import Told

ROOT = Path(__file__).parents[2]
RUNBOOKS = ROOT / "docs" / "runbooks"
DASHBOARDS = ROOT / "helm" / "headroom" / "generated" / "dashboards"
PREFIX = "Headroom"

Alert = dict[str, Any]


class Message(NamedTuple):
    """A message to people: `minute` after the beginning, `paged` or a ticket, about one object.

    `alerts` are those that fire, as Alertmanager's webhook has them; a message without any says that all is over.
    """

    minute: float
    paged: bool
    about: str
    group: str
    alerts: tuple[Alert, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The alerts that fire, without their common prefix, each once."""
        return tuple(dict.fromkeys(alert["labels"]["alertname"].removeprefix(PREFIX) for alert in self.alerts))


def messages(told: Told) -> tuple[Message, ...]:
    """Return what people got, in order; of the two ways in which each is told, Alertmanager's own webhook is read."""
    receivers = {routes.PAGES, routes.TICKETS}
    return tuple(_message(one, told.began) for one in told.notifications if one.receiver in receivers)


def pings(told: Told) -> int:
    """Return how often the dead man's switch was told that everything works."""
    return sum(one.receiver == routes.SWITCH for one in told.notifications)


def flaws(message: Message, *, owned: bool) -> Iterator[str]:
    """Say what is wrong with the alerts of a message: an owner that is missing, links that lead nowhere."""
    for alert in message.alerts:
        name, labels, annotations = alert["labels"]["alertname"], alert["labels"], alert["annotations"]
        if labels.get("workload") or labels.get("slo"):
            owner = labels.get("owner")
            if owned and not owner:
                yield f"{name} has no owner"
            if f"Owner: {owner or 'none declared'}." not in annotations["description"]:
                yield f"{name} does not say who owns it"
        runbook = urlsplit(annotations["runbook_url"]).path.rpartition("/")[2]
        if not (RUNBOOKS / f"{runbook}.md").exists():
            yield f"{name} leads to the runbook {runbook}, which docs/runbooks/ does not have"
        yield from _lost(name, labels, annotations["dashboard_url"])


def _lost(name: str, labels: Mapping[str, str], address: str) -> Iterator[str]:
    parts = urlsplit(address)
    uid = parts.path.rpartition("/")[2]
    variables = _dashboards().get(uid)
    if variables is None:
        yield f"{name} leads to the dashboard {uid}, which is none of ours"
        return
    given = {name.removeprefix("var-"): value for name, value in parse_qsl(parts.query, keep_blank_values=True)}
    for label in sorted(variables & labels.keys() | given.keys()):
        if given.get(label, "") != labels.get(label, ""):
            yield f"{name} is about {label} {labels.get(label)!r} and its dashboard shows {given.get(label)!r}"


@cache
def _dashboards() -> Mapping[str, frozenset[str]]:
    found = (json.loads(path.read_text()) for path in DASHBOARDS.glob("*.json"))
    return {one["uid"]: frozenset(each["name"] for each in one["templating"]["list"]) for one in found}


def _message(one: Notification, began: float) -> Message:
    body = one.body
    firing = tuple(alert for alert in body["alerts"] if alert["status"] == "firing")
    minute = (one.at - began) / 60
    return Message(minute, one.receiver == routes.PAGES, _about(body["groupLabels"]), body["groupKey"], firing)


def _about(labels: Mapping[str, str]) -> str:
    """Name an object as the messages' title does."""
    if labels.get("workload"):
        return f"{labels['workload_kind']} {labels['namespace']}/{labels['workload']}"
    if labels.get("slo"):
        group = labels.get("slo_group")
        return f"SLO {labels['slo_service']}/{labels['slo']}" + (f" {group}" if group else "")
    named = next((f"{kind} {labels[kind]}" for kind in ("node", "source") if labels.get(kind)), "")
    return named or labels.get("alertname", "")
