"""A node's clock as its pages show it: how old a row is, whether a page stands still, when the clock was set."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

RESOURCE, CADVISOR = "resource", "cadvisor"
AHEAD: Final = 60.0
"""Seconds that a row may be ahead of its page's median."""
BACK: Final = 1.0
"""Seconds by which a page's newest stamp falls when the clock was set back. It falls too when the pod that had it goes;
moving the stamps then costs nothing but a looser bound on the next readings.
"""


class NodeClock:
    """Maps a node's stamps to our clock by the newest stamp and when it came; no skew between the two matters.

    `offset` is the node's clock less ours, too small by the age of the newest row (some seconds).
    """

    __slots__ = ("_last", "newest", "seen_at")

    def __init__(self) -> None:
        self.newest = -math.inf
        self.seen_at = 0.0
        self._last: dict[str, float] = {}

    def restore(self, newest: float, seen_at: float) -> None:
        """Go on from what a check-point kept."""
        self.newest, self.seen_at = newest, seen_at
        self._last = dict.fromkeys((RESOURCE, CADVISOR), newest)

    @property
    def known(self) -> bool:
        """Whether any page had a stamp."""
        return self.newest > -math.inf

    @property
    def offset(self) -> float:
        """The node's clock less ours, 0 while unknown."""
        return self.newest - self.seen_at if self.known else 0.0

    def look(self, kind: str, stamps: Sequence[float], fetched_at: float) -> tuple[float, float]:
        """Take the stamps of a page; return its newest credible one, and how far the clock was set back.

        A step is negative seconds, by which every stamp known so far has to be moved; 0 where there was none.
        """
        if not stamps:
            return fetched_at + self.offset, 0.0
        ordered = sorted(stamps)
        bound = ordered[len(ordered) // 2] + AHEAD
        newest = next(stamp for stamp in reversed(ordered) if stamp <= bound)
        last = self._last.get(kind, -math.inf)
        step = 0.0
        if newest < last - BACK:
            step = newest - fetched_at - self.offset
            self._last = {each: stamp + step for each, stamp in self._last.items()}
            self.newest = -math.inf
        self._last[kind] = newest
        if newest > self.newest:
            self.newest, self.seen_at = newest, fetched_at
        return newest, step

    def age(self, at: float, fetched_at: float) -> float:
        """Return how old a stamp is at `fetched_at` of our clock."""
        return fetched_at - self.seen_at + self.newest - at
