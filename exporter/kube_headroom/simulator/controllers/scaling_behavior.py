"""How fast an autoscaler may follow what its metrics call for: limits, policies and stabilization windows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

DOWNSCALE_STABILIZATION_SECONDS = 300.0
"""The controller manager's `--horizontal-pod-autoscaler-downscale-stabilization`."""
_UP: Mapping[str, Any] = {
    "stabilizationWindowSeconds": 0,
    "selectPolicy": "Max",
    "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
}
_DOWN: Mapping[str, Any] = {
    "stabilizationWindowSeconds": DOWNSCALE_STABILIZATION_SECONDS,
    "selectPolicy": "Max",
    "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
}
"""What API defaulting makes of a behavior that is silent (apis/autoscaling/v2/defaults.go)."""
_WITHIN = ("DesiredWithinRange", "the desired count is within the acceptable range")
_TOO_MANY = ("TooManyReplicas", "the desired replica count is more than the maximum replica count")
_TOO_FEW = ("TooFewReplicas", "the desired replica count is less than the minimum replica count")
_TOO_FAST_UP = ("ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate")
_TOO_FAST_DOWN = ("ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate")
_STABLE = ("ReadyForNewScale", "recommended size matches current size")
_UP_STABILIZED = (
    "ScaleUpStabilized",
    "recent recommendations were lower than current one, applying the lowest recent recommendation",
)
_DOWN_STABILIZED = (
    "ScaleDownStabilized",
    "recent recommendations were higher than current one, applying the highest recent recommendation",
)

Told = tuple[str, str]
"""A condition's reason and message."""


class Rules(NamedTuple):
    """An autoscaler's minReplicas, maxReplicas and behavior."""

    least: int
    most: int
    behavior: Mapping[str, Any] | None = None

    @property
    def up(self) -> Mapping[str, Any]:
        """How it may grow."""
        return _filled(self.behavior, "scaleUp", _UP)

    @property
    def down(self) -> Mapping[str, Any]:
        """How it may shrink."""
        return _filled(self.behavior, "scaleDown", _DOWN)


class Decision(NamedTuple):
    """How many replicas there may be now, and what the conditions AbleToScale and ScalingLimited say."""

    replicas: int
    able: Told
    limited: bool
    limit: Told


class _Past(NamedTuple):
    at: float
    replicas: int


@dataclass(slots=True)
class History:
    """What an autoscaler recommended and did; each part forgets what no window reaches any more."""

    recommendations: list[_Past] = field(default_factory=list)
    ups: list[_Past] = field(default_factory=list)
    downs: list[_Past] = field(default_factory=list)

    def begin(self, replicas: int, now: float) -> None:
        """Take the size at first sight for a recommendation."""
        if not self.recommendations:
            self.recommendations.append(_Past(now, replicas))

    def scaled(self, before: int, after: int, rules: Rules, now: float) -> None:
        """Remember a change of size for the policies, which only a behavior has."""
        if rules.behavior is None:
            return
        if after > before:
            self.ups = [*_recent(self.ups, _longest(rules), now), _Past(now, after - before)]
        else:
            self.downs = [*_recent(self.downs, _longest(rules), now), _Past(now, before - after)]


def decide(history: History, rules: Rules, *, current: int, wanted: int, now: float) -> Decision:
    """Bring what the metrics call for within the windows, the rates and the bounds, and remember it.

    Without a behavior the old rule holds (`normalizeDesiredReplicas`): at most twice the size, or 4.
    """
    if rules.behavior is None:
        since = now - DOWNSCALE_STABILIZATION_SECONDS
        recent = [past for past in history.recommendations if past.at >= since]
        stable = max((wanted, *(past.replicas for past in recent)))
        history.recommendations = [*recent, _Past(now, wanted)]
        able = _STABLE if stable == wanted else _DOWN_STABILIZED
        limited = _clamp(stable, rules, max(2 * current, 4))
    else:
        stable = _stabilize(history, rules, current, wanted, now)
        able = _STABLE if stable == wanted else (_UP_STABILIZED if wanted >= current else _DOWN_STABILIZED)
        limited = _pace(history, rules, current, stable, now)
    replicas, limit = limited
    return Decision(replicas, able, replicas != stable, limit)


def _clamp(stable: int, rules: Rules, fastest: int) -> tuple[int, Told]:
    if stable < rules.least:
        return rules.least, _TOO_FEW
    ceiling, told = (fastest, _TOO_FAST_UP) if rules.most > fastest else (rules.most, _TOO_MANY)
    return (ceiling, told) if stable > ceiling else (stable, _WITHIN)


def _stabilize(history: History, rules: Rules, current: int, wanted: int, now: float) -> int:
    """Go up to the lowest and down to the highest recommendation of the windows."""
    up_window, down_window = (float(one["stabilizationWindowSeconds"]) for one in (rules.up, rules.down))
    past = history.recommendations
    lowest = min((wanted, *(one.replicas for one in past if one.at > now - up_window)))
    highest = max((wanted, *(one.replicas for one in past if one.at > now - down_window)))
    history.recommendations = [*_recent(past, max(up_window, down_window), now), _Past(now, wanted)]
    return min(max(current, lowest), highest)


def _pace(history: History, rules: Rules, current: int, stable: int, now: float) -> tuple[int, Told]:
    if stable > current:
        fastest = max(current, _limit(history, rules.up, current, now, direction=1))
        ceiling, told = (fastest, _TOO_FAST_UP) if rules.most > fastest else (rules.most, _TOO_MANY)
        if stable > ceiling:
            return ceiling, told
    elif stable < current:
        fastest = min(current, _limit(history, rules.down, current, now, direction=-1))
        floor, told = (fastest, _TOO_FAST_DOWN) if rules.least < fastest else (rules.least, _TOO_FEW)
        if stable < floor:
            return floor, told
    return stable, _WITHIN


def _limit(history: History, policies: Mapping[str, Any], current: int, now: float, *, direction: int) -> int:
    """Return the furthest size that the policies allow, counted from the size at the start of each period."""
    select = policies["selectPolicy"]
    if select == "Disabled":
        return current
    proposals: list[int] = []
    for policy in policies["policies"]:
        period = policy["periodSeconds"]
        begun = current - _changed(history.ups, period, now) + _changed(history.downs, period, now)
        if policy["type"] == "Pods":
            proposals.append(begun + direction * int(policy["value"]))
        else:
            exact = begun * (1 + direction * policy["value"] / 100)
            proposals.append(math.ceil(exact) if direction > 0 else int(exact))
    furthest = max if (direction > 0) == (select != "Min") else min
    return furthest(proposals)


def _changed(past: Sequence[_Past], period: float, now: float) -> int:
    return sum(one.replicas for one in past if one.at > now - period)


def _recent(past: Sequence[_Past], window: float, now: float) -> list[_Past]:
    return [one for one in past if one.at >= now - window]


def _longest(rules: Rules) -> float:
    policies = (*rules.up["policies"], *rules.down["policies"])
    return max(float(policy["periodSeconds"]) for policy in policies)


def _filled(behavior: Mapping[str, Any] | None, direction: str, defaults: Mapping[str, Any]) -> Mapping[str, Any]:
    given = (behavior or {}).get(direction) or {}
    return {**defaults, **{name: value for name, value in given.items() if value not in (None, [])}}
