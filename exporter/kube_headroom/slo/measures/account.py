"""What one member of an objective has counted and not handed on yet, and since when anything about it is known."""

from __future__ import annotations

from kube_headroom.slo.amount import SCALE, Amount
from kube_headroom.slo.intake import Member, Stretch


def microseconds(moment: float) -> int:
    """Return a time in parts of a second: differences of these add up exactly, whoever cuts them where."""
    return round(moment * SCALE)


class Account:
    """Takes amounts from the meters of all workloads of a member; data cover it while at least one of them knows its state."""

    __slots__ = ("_bad", "_closed", "_events", "_knowing", "_since", "_until", "member", "workloads")

    def __init__(self, member: Member) -> None:
        self.member = member
        self.workloads = 0
        self._knowing = 0
        self._since: float | None = None
        self._until = 0.0
        self._events = 0
        self._bad = 0
        self._closed: list[Stretch] = []

    def add(self, events: int, bad: int) -> None:
        """Count events and the bad ones among them, in millionths."""
        self._events += events
        self._bad += bad

    def begin(self, now: float) -> None:
        """One more meter knows its state from now on."""
        self._knowing += 1
        if self._since is None:
            self._since = max(now, self._until)

    def end(self, now: float) -> None:
        """One meter less knows its state."""
        self._knowing -= 1
        if not self._knowing:
            self._close(now)
            self._since = None

    def take(self, now: float) -> list[Stretch]:
        """Return what is covered up to now and go on from there."""
        self._close(now)
        taken, self._closed = self._closed, []
        return taken

    def skip(self, now: float, *, forget: bool) -> list[Stretch]:
        """Leave a gap up to now; `forget` also what was counted in it. Return what was closed before."""
        if forget:
            self._events = self._bad = 0
        if self._since is not None:
            self._since = self._until = max(now, self._until)
        taken, self._closed = self._closed, []
        return taken

    def _close(self, now: float) -> None:
        if self._since is None or now <= self._since:
            return
        self._closed.append(Stretch(self.member, self._since, now, Amount(self._events, self._bad)))
        self._events = self._bad = 0
        self._since = self._until = now
