"""How much a cumulative counter of the kernel grew between two readings, and when it cannot have."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from typing import Final, TypeAlias

from kube_headroom.readings import Reading

Track: TypeAlias = "array[float]"
"""When the node took it, then the values side by side: 8 bytes each; NaN for what the page did not have."""

Ceilings = tuple[float, ...]
"""How fast each value can grow per second."""

TOLERANCE: Final = 1.05
SLACK: Final = 10.0
"""Seconds by which clocks are corrected without our noticing; an absurd value is off by far more."""

FELL, SPIKE, STALE, FUTURE = "fell", "spike", "stale", "future"
INVALID, DUPLICATE, UNKNOWN_POD, UNLABELLED, FROZEN = "invalid", "duplicate", "unknown_pod", "unlabelled", "frozen"


def reading(at: float, values: Sequence[Reading | None]) -> Track | None:
    """Put values side by side that were taken together; None if one of them is no count at all."""
    track = array("d", (at,))
    for one in values:
        if one is None:
            track.append(math.nan)
        elif 0 <= one.value < math.inf:
            track.append(one.value)
        else:
            return None
    return track


def judge(before: Track, after: Track, ceilings: Ceilings) -> str:
    """Say why `after` cannot follow `before` in the same run, "" if it can; ceilings are per second."""
    seconds = (after[0] - before[0]) * TOLERANCE + SLACK
    for index, ceiling in enumerate(ceilings, 1):
        grown = after[index] - before[index]
        if grown < 0:
            return FELL
        if grown > ceiling * seconds:
            return SPIKE
    return ""


def whole(after: Track, since: float, ceilings: Ceilings) -> str:
    """Say why a run cannot have come so far since it began, "" if it can; `since` is when it began at the earliest."""
    seconds = max(0.0, after[0] - since) * TOLERANCE + SLACK
    for index, ceiling in enumerate(ceilings, 1):
        if after[index] > ceiling * seconds:
            return SPIKE
    return ""


class Suspects:
    """Readings that did not fit, kept until the next one says whether they or what came before was wrong.

    A single glitch is forgotten; when the next reading fits the suspect and not what was before it, the counter
    was reset without a sign of it, and goes on from the suspect: what it held then is not counted.
    """

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[tuple[int, str], Track] = {}

    def continued(
        self, what: tuple[object, str], before: Track | None, after: Track, began: float | None, ceilings: Ceilings
    ) -> tuple[Track | None, str]:
        """Return what a reading of `what`, an owner's slot, is counted from, and why it was refused, "" if it was not.

        Zeros for a run that `began` then; itself for a first sight, or a run that cannot have come so far; None
        where it is to be ignored.
        """
        owner, slot = what
        if began is not None:
            self._kept.pop((id(owner), slot), None)
            why = whole(after, began, ceilings)
            return (after, why) if why else (array("d", bytes(8 * len(after))), "")
        if before is None:
            return after, ""
        return self._following(owner, slot, before, after, ceilings)

    def forget(self, owner: object) -> None:
        """Drop what is kept of an owner that goes."""
        for key in [key for key in self._kept if key[0] == id(owner)]:
            del self._kept[key]

    def _following(
        self, owner: object, slot: str, before: Track, after: Track, ceilings: Ceilings
    ) -> tuple[Track | None, str]:
        for index in range(1, len(after)):
            if math.isnan(after[index]):
                after[index] = before[index]
        why = judge(before, after, ceilings)
        if not why:
            if self._kept:
                self._kept.pop((id(owner), slot), None)
            return before, ""
        suspect = self._kept.pop((id(owner), slot), None)
        if suspect is not None and suspect[0] < after[0] and not judge(suspect, after, ceilings):
            return suspect, ""
        self._kept[id(owner), slot] = after
        return None, why


def gained(before: Track, after: Track, index: int) -> float:
    """Return the growth of one column; a column that either reading lacks did not grow."""
    grown = after[index] - before[index]
    return grown if grown > 0 else 0.0
