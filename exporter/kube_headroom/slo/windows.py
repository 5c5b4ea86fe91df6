"""The windows of multi-window, multi-burn-rate alerting (SRE Workbook, chapter 5), and an SLO's thresholds in them."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

WINDOWS = {"5m": 300, "30m": 1_800, "1h": 3_600, "2h": 7_200, "6h": 21_600, "1d": 86_400, "3d": 259_200}
"""Seconds of every window that burn rates are shown for, by label value."""


class Pair(NamedTuple):
    """Two windows that must burn together: the long one spends `budget` of the period's budget, the short one ends it soon."""

    long: str
    short: str
    budget: Fraction
    page: bool


PAIRS = (
    Pair("1h", "5m", Fraction(2, 100), page=True),
    Pair("6h", "30m", Fraction(5, 100), page=True),
    Pair("1d", "2h", Fraction(10, 100), page=False),
    Pair("3d", "6h", Fraction(10, 100), page=False),
)
"""Google's table 5-8 with the ticket pair of its code sample."""

REACHABLE = Fraction(4, 5)
"""Of the burn rate of a total outage: a threshold above it is lowered to it, else it could never be reached."""


def threshold(pair: Pair, target: Fraction, period: int) -> Fraction:
    """Return the burn rate that spends the pair's budget in its long window, for a period of some seconds.

    Never below 1, where it would alert within the budget; never above what an outage of most events reaches.
    """
    factor = max(pair.budget * period / WINDOWS[pair.long], Fraction(1))
    return min(factor, REACHABLE / (1 - target))
