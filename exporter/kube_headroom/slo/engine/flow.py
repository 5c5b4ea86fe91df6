"""Events spread evenly over a time, in integers: however it is cut, the pieces add up to the whole."""

from __future__ import annotations

from typing import NamedTuple

SECOND = 1_000_000
"""Microseconds, in which the engine keeps all time."""


def micros(seconds: float) -> int:
    """Return Unix seconds in microseconds; ValueError for NaN, OverflowError for infinities."""
    return round(seconds * SECOND)


class Flow(NamedTuple):
    """Good and bad events (millionths) between two times (microseconds).

    Up to a moment within, a flow holds its even share, rounded down to a millionth of an event; good and bad are
    cut apart, so that no piece has more bad events than events.
    """

    start: int
    end: int
    good: int
    bad: int

    def between(self, begin: int, end: int) -> tuple[int, int]:
        """Return good and bad events between two moments within the flow."""
        if begin <= self.start and end >= self.end:
            return self.good, self.bad
        length = self.end - self.start
        first, last = begin - self.start, end - self.start
        return (
            self.good * last // length - self.good * first // length,
            self.bad * last // length - self.bad * first // length,
        )
