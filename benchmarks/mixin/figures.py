"""How often people were told, and by which alerts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from tools.gameday.messages import messages
from tools.gameday.play import Told

SEVERITIES = ("critical", "warning", "info")


class Figures(NamedTuple):
    """Messages that something fires by what they are, those that all is over, the alerts, and the first one's minute."""

    firing: Counter[str]
    closings: int
    alerts: tuple[str, ...]
    first: float | None


def of_headroom(told: Told) -> Figures:
    """Count what a game day's people got of Headroom, as pages and tickets."""
    sent = messages(told)
    firing = [message for message in sent if message.alerts]
    kinds = Counter("page" if message.paged else "ticket" for message in firing)
    names = dict.fromkeys(name for message in firing for name in message.names)
    return Figures(kinds, len(sent) - len(firing), tuple(names), min((one.minute for one in firing), default=None))


def of_mixin(told: Told) -> Figures:
    """Count what the one receiver of all got after the calm had passed, each by the highest severity in it."""
    sent = [(one.at, _firing(one.body)) for one in told.notifications if one.at >= told.began]
    firing = [(at, alerts) for at, alerts in sent if alerts]
    kinds = Counter(_severity(alerts) for _, alerts in firing)
    names = dict.fromkeys(labels["alertname"] for _, alerts in firing for labels in alerts)
    first = min(((at - told.began) / 60 for at, _ in firing), default=None)
    return Figures(kinds, len(sent) - len(firing), tuple(names), first)


def _firing(body: dict[str, Any]) -> list[dict[str, str]]:
    return [alert["labels"] for alert in body["alerts"] if alert["status"] == "firing"]


def _severity(alerts: Iterable[dict[str, str]]) -> str:
    return min((alert["severity"] for alert in alerts), key=SEVERITIES.index)
