"""How counted events reach the engine: who measures hands on stretches of time with their events, or says that there are none."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from kube_headroom.slo.amount import Amount
from kube_headroom.slo.objective import Selector

Key = tuple[str, str]
"""Service and name of an objective."""


class Member(NamedTuple):
    """One group of an objective: `group` such as `route=/cart`, "" where it is not grouped; the workload it is about, if any."""

    group: str = ""
    workload: Selector = Selector()


class Stretch(NamedTuple):
    """What happened to a member from `start` to `end` (Unix seconds); data cover the whole of it, also with no events."""

    member: Member
    start: float
    end: float
    amount: Amount


class Intake(Protocol):
    """Takes what was measured; any thread may call.

    A member's stretches follow each other: one that begins before the last one's end is refused and counted, what
    lies between two of them is a gap.
    """

    def add(self, key: Key, stretches: list[Stretch]) -> None:
        """Take new stretches of an objective: they count in the counters, the windows and the periods."""

    def fill(self, key: Key, stretches: list[Stretch]) -> None:
        """Take stretches of the past: they fill gaps of the windows and periods and move no counter."""

    def flaw(self, key: Key, reason: str, times: int = 1) -> None:
        """Count what could not be used of an objective's data: `good_above_total`, `negative`, `nan`, `groups_over_limit`, ..."""
