"""Objectives, stretches and moments that the engine's tests share."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any

from kube_headroom.slo.amount import SCALE, Amount
from kube_headroom.slo.engine.counters import Limits
from kube_headroom.slo.engine.engine import Engine, SnapshotKey
from kube_headroom.slo.intake import Member, Stretch
from kube_headroom.slo.objective import (
    Calendar,
    EventRatio,
    Maintenance,
    Objective,
    Period,
    Place,
    Query,
)

PLACE = Place("slo.yaml", 1)
MONTH = Period("month", 2_629_746, Calendar("M", 1, datetime(2024, 1, 1), "Europe/Berlin"))  # noqa: DTZ001
ROLLING = Period("30d", 30 * 86_400)
EVENTS = EventRatio(Query("total", PLACE), bad=Query("bad", PLACE))
LIMITS = Limits()
KEY = ("shop", "cart")
ALONE: SnapshotKey = ("slo", "shop", "cart", "", "", "", "")


def objective(**changes: Any) -> Objective:
    """The cart's errors over 30 days and the month."""
    plain = Objective(*KEY, Fraction(99, 100), EVENTS, (ROLLING, MONTH), PLACE)
    return plain._replace(**changes)


def maintenance(start: datetime, hours: float, *, weekly: bool, zone: str = "Europe/Berlin") -> Maintenance:
    """A maintenance of every objective."""
    return Maintenance("patches", start.timestamp(), hours * 3_600, weekly, zone, (("", ""),), PLACE)


def stretch(start: float, end: float, events: float, bad: float = 0, member: Member = Member()) -> Stretch:  # noqa: B008
    """A stretch with whole or broken numbers of events."""
    return Stretch(member, start, end, Amount(round(events * SCALE), round(bad * SCALE)))


def engine(*objectives: Objective, now: float, upkeep: tuple[Maintenance, ...] = (), limits: Limits = LIMITS) -> Engine:
    """An engine that counts the objectives, or the cart."""
    new = Engine(limits)
    new.define(objectives or (objective(),), upkeep, now)
    return new
