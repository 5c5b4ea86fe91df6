"""Events, bad events and covered time per bucket of a fixed length, for as long as the ring reaches back."""

from __future__ import annotations

from array import array
from typing import NamedTuple

from kube_headroom.slo.engine.flow import SECOND, Flow
from kube_headroom.slo.windows import WINDOWS

LEVELS = ((30, 3_600), (300, 21_600), (3_600, 259_200))
"""Seconds per bucket and seconds that the ring reaches back; the first level that reaches a window shows it."""

COARSE = 21_600
MOST_COARSE = 128
LONGEST_BUCKET = 8 * 86_400
"""The ring of the longest period: buckets of six hours, doubled until it has at most 128, or a bucket is eight days."""

LEVEL_OF = {
    name: next(at for at, (_, reach) in enumerate(LEVELS) if reach >= seconds) for name, seconds in WINDOWS.items()
}


def shapes(longest: int) -> tuple[tuple[int, int], ...]:
    """Return step and reach in seconds of every ring of an objective whose longest period has some seconds."""
    step = COARSE
    while longest > step * MOST_COARSE and step < LONGEST_BUCKET:
        step *= 2
    return (*LEVELS, (step, longest))


class Sums(NamedTuple):
    """Millionths of events and of the bad ones among them, and covered microseconds."""

    events: int
    bad: int
    covered: int


class Ring:
    """Buckets aligned to the epoch, as three flat arrays whose index 0 is the bucket numbered `first`.

    One bucket more than the reach needs is kept, since data may be a moment ahead of the clock. The sums of each
    window that was asked for are kept too, and follow what is added and what leaves the window: summing anew at every
    step costs five times as much.
    """

    __slots__ = ("_sums", "bad", "covered", "events", "first", "step")

    def __init__(self, step: int, reach: int, now: int) -> None:
        size = -(-reach // step) + 2
        self.step = step * SECOND
        self.first = now // self.step - size + 1
        self.events, self.bad, self.covered = _zeros(size), _zeros(size), _zeros(size)
        self._sums: dict[int, list[int]] = {}

    def add(self, flow: Flow, begin: int, end: int, cover: Flow | None = None) -> None:
        """Add what flows between two moments; what is older than the ring reaches is left out.

        `cover` spreads the covered microseconds, as good events; without it all of the time is covered.
        """
        step = self.step
        last = (end - 1) // step
        if last - self.first >= len(self.events):
            self._advance(last - len(self.events) + 1)
        for bucket in range(max(begin // step, self.first), last + 1):
            start, stop = max(begin, bucket * step), min(end, (bucket + 1) * step)
            good, bad = flow.between(start, stop)
            covered = stop - start if cover is None else cover.between(start, stop)[0]
            at = bucket - self.first
            self.events[at] += good + bad
            self.bad[at] += bad
            self.covered[at] += covered
            for sums in self._sums.values():
                if bucket >= sums[0]:
                    sums[1] += good + bad
                    sums[2] += bad
                    sums[3] += covered

    def window(self, length: int, now: int) -> Sums:
        """Return the sums of whole buckets, from the one that contains now - length (microseconds) on."""
        first = max((now - length) // self.step, self.first)
        sums = self._sums.get(length)
        if sums is None or not self.first <= sums[0] <= first:
            sums = self._sums[length] = [first, *self.since(now - length)]
        elif sums[0] < first:
            left = slice(sums[0] - self.first, first - self.first)
            sums[0] = first
            sums[1] -= sum(self.events[left])
            sums[2] -= sum(self.bad[left])
            sums[3] -= sum(self.covered[left])
        return Sums(*sums[1:])

    def since(self, moment: int) -> Sums:
        """Return the sums of whole buckets, from the one that contains the moment on."""
        at = max(moment // self.step - self.first, 0)
        return Sums(sum(self.events[at:]), sum(self.bad[at:]), sum(self.covered[at:]))

    def pour(self, other: Ring) -> None:
        """Take over what a ring of another step holds, each of its buckets spread evenly."""
        for at, covered in enumerate(other.covered):
            if covered:
                start = (other.first + at) * other.step
                end = start + other.step
                good = other.events[at] - other.bad[at]
                self.add(Flow(start, end, good, other.bad[at]), start, end, Flow(start, end, covered, 0))

    @classmethod
    def of(cls, step: int, first: int, arrays: tuple[array[int], array[int], array[int]]) -> Ring:
        """Return a ring with these buckets; ValueError if they cannot be a ring's."""
        ring = cls(1, 1, 0)
        ring.step, ring.first = step, first
        ring.events, ring.bad, ring.covered = arrays
        if step <= 0 or not ring.events or not len(ring.events) == len(ring.bad) == len(ring.covered):
            raise ValueError("a ring's arrays are of different lengths")
        if any(not 0 <= bad <= events for events, bad in zip(ring.events, ring.bad, strict=True)):
            raise ValueError("more of a ring's events are bad than there are")
        if min(ring.covered) < 0:
            raise ValueError("a ring's covered time is negative")
        return ring

    def _advance(self, first: int) -> None:
        shift = min(first - self.first, len(self.events))
        zeros = _zeros(shift)
        self.events = self.events[shift:] + zeros
        self.bad = self.bad[shift:] + zeros
        self.covered = self.covered[shift:] + zeros
        self.first = first


def _zeros(size: int) -> array[int]:
    """Return zeros in no more memory than they need: an array made of bytes has room to grow."""
    return array("q", [0]) * size
