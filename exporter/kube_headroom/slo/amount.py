"""Amounts of events as exact integers: sums of them never drift, whatever their order."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

SCALE = 1_000_000
"""Parts of one event: seconds are counted to the microsecond, rates times steps to a millionth of an event."""


class Amount(NamedTuple):
    """Events and the bad ones among them (0 <= bad <= events), in millionths of the SLI's unit."""

    events: int
    bad: int

    def plus(self, other: Amount) -> Amount:
        """Add both parts."""
        return Amount(self.events + other.events, self.bad + other.bad)


NOTHING = Amount(0, 0)


def scaled(number: float | Fraction) -> int:
    """Return a number of events in parts; ValueError for NaN, OverflowError for infinities."""
    return round(number * SCALE)


def unscaled(parts: int) -> float:
    """Return parts as the number of events that a series shows."""
    return parts / SCALE
