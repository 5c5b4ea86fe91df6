"""How often people were told, and by which alerts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from tools.gameday.messages import messages
from tools.gameday.play import Told

SEVERITIES = ("critical", "warning", "info")


class Figures(NamedTuple):
    """Messages that something fires, by the highest severity in them, those that all is over, and the alerts' names."""

    firing: Counter[str]
    closings: int
    alerts: tuple[str, ...]


def of_headroom(told: Told) -> Figures:
    """Count what a game day's people got of Headroom."""
    sent = messages(told)
    firing = Counter("page" if message.paged else "ticket" for message in sent if message.alerts)
    names = dict.fromkeys(name for message in sent for name in message.names)
    return Figures(firing, sum(not message.alerts for message in sent), tuple(names))


def of_mixin(told: Told) -> Figures:
    """Count what the one receiver of all got after the calm had passed."""
    sent = [_firing(one.body) for one in told.notifications if one.at >= told.began]
    firing = Counter(_severity(alerts) for alerts in sent if alerts)
    names = dict.fromkeys(labels["alertname"] for alerts in sent for labels in alerts)
    return Figures(firing, sum(not alerts for alerts in sent), tuple(names))


def _firing(body: dict[str, Any]) -> list[dict[str, str]]:
    return [alert["labels"] for alert in body["alerts"] if alert["status"] == "firing"]


def _severity(alerts: Iterable[dict[str, str]]) -> str:
    return min((alert["severity"] for alert in alerts), key=SEVERITIES.index)
