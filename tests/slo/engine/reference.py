"""The engine's definitions once more, by brute force: every stretch is kept, every sum is made anew, in Fractions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import floor
from typing import NamedTuple
from zoneinfo import ZoneInfo

from kube_headroom.slo.objective import Budgeting, Calendar, Maintenance, Objective

SCALE = 1_000_000
DAY = 86_400
BUCKETS = {"5m": 30, "30m": 30, "1h": 30, "2h": 300, "6h": 300, "1d": 3_600, "3d": 3_600}
SECONDS = {"5m": 300, "30m": 1_800, "1h": 3_600, "2h": 7_200, "6h": 21_600, "1d": DAY, "3d": 3 * DAY}
COARSE = 21_600
PAIRS = (("1h", "5m", True), ("6h", "30m", True), ("1d", "2h", False), ("3d", "6h", False))


class Piece(NamedTuple):
    """A part of a stretch, which keeps its whole to know its share; times in microseconds, counts in millionths."""

    begin: int
    end: int
    whole: tuple[int, int, int, int]

    def amount(self, begin: int, end: int) -> tuple[int, int]:
        """Events and bad events between two moments: shares up to a moment are rounded down."""
        start, stop, events, bad = self.whole

        def until(moment: int, number: int) -> int:
            return floor(Fraction(number * (moment - start), stop - start))

        bad_part = until(end, bad) - until(begin, bad)
        return bad_part + until(end, events - bad) - until(begin, events - bad), bad_part


class Total(NamedTuple):
    """Events, bad events and covered microseconds."""

    events: int
    bad: int
    covered: int


def total(pieces: Iterable[Piece], begin: int, end: int | None = None) -> Total:
    """Sum what the pieces hold between two moments."""
    events = bad = covered = 0
    for piece in pieces:
        start, stop = max(piece.begin, begin), piece.end if end is None else min(piece.end, end)
        if start < stop:
            more, more_bad = piece.amount(start, stop)
            events, bad, covered = events + more, bad + more_bad, covered + stop - start
    return Total(events, bad, covered)


@cache
def boundaries(calendar: Calendar) -> list[int]:
    """Every boundary from the calendar's start for some years, by walking the clock."""
    zone = ZoneInfo(calendar.time_zone)
    start = calendar.start
    local = (start.astimezone(zone) if start.tzinfo else start).replace(tzinfo=None)
    found = []
    while local.year < 2028:
        found.append(round(local.replace(tzinfo=zone).timestamp()) * SCALE)
        if calendar.unit in "dw":
            local += timedelta(days=calendar.length * (7 if calendar.unit == "w" else 1))
        else:
            for _ in range(calendar.length * {"M": 1, "Q": 3, "Y": 12}[calendar.unit]):
                local = (local.replace(day=1) + timedelta(days=32)).replace(day=calendar.start.day)
    return found


@cache
def maintained(maintenance: Maintenance) -> list[tuple[int, int]]:
    """Every occurrence for some years, by walking the weeks."""
    zone = ZoneInfo(maintenance.time_zone)
    local = datetime.fromtimestamp(maintenance.start, zone).replace(tzinfo=None)
    starts = [local + timedelta(weeks=week) for week in range(120 if maintenance.weekly else 1)]
    moments = [round(start.replace(tzinfo=zone).timestamp() * SCALE) for start in starts]
    return [(moment, moment + round(maintenance.seconds * SCALE)) for moment in moments]


@dataclass
class Reference:
    """One ungrouped objective with a rolling and a calendar period of 30 days at most."""

    objective: Objective
    maintenance: tuple[Maintenance, ...]
    live: list[Piece] = field(default_factory=list)
    filled: list[tuple[list[Piece], int]] = field(default_factory=list)
    """The new parts of each back-fill, and up to when there were data then."""
    frozen: bool = False
    _known: tuple[tuple[int, int], tuple[list[Piece], list[Piece]]] = ((0, 0), ([], []))

    @property
    def end(self) -> int | None:
        """Up to when events are counted."""
        return max((piece.end for piece in self._pieces()), default=None)

    def add(self, stretch: tuple[int, int, int, int]) -> bool:
        """Take a stretch unless it begins before the last one's end."""
        if self.end is not None and stretch[0] < self.end:
            return False
        self.live.append(Piece(*stretch[:2], stretch))
        return True

    def fill(self, stretch: tuple[int, int, int, int], oldest: int) -> bool:
        """Take the parts of a stretch that nothing covers."""
        begin, end = max(stretch[0], oldest), stretch[1]
        edges = {begin, end}
        for piece in self._pieces():
            edges.update(edge for edge in piece[:2] if begin < edge < end)
        ordered = sorted(edges)
        parts = [
            Piece(left, right, stretch)
            for left, right in pairwise(ordered)
            if not any(piece.begin < right and piece.end > left for piece in self._pieces())
        ]
        self.filled.append((parts, max(piece.end for piece in (*self._pieces(), *parts))))
        return bool(parts)

    def windows(self, now: int) -> dict[str, Total]:
        """Sums by window, of those of which something is covered."""
        counted, _ = self.counted()
        sums = {
            name: total(counted, (now - SECONDS[name] * SCALE) // (step * SCALE) * step * SCALE)
            for name, step in BUCKETS.items()
        }
        return {name: each for name, each in sums.items() if each.covered}

    def periods(self, now: int) -> dict[str, tuple[Total, Total, int]]:
        """Counted and excluded sums of each period, and its time so far."""
        result = {}
        both = self.counted()
        for period in self.objective.periods:
            if period.calendar is None:
                length = period.seconds * SCALE
                begin, end = (now - length) // (COARSE * SCALE) * COARSE * SCALE, None
            else:
                edges = boundaries(period.calendar)
                begin = max(edge for edge in edges if edge <= now)
                end = min(edge for edge in edges if edge > now)
                length = now - begin
            result[period.name] = (total(both[0], begin, end), total(both[1], begin, end), length)
        return result

    def remaining(self, now: int, name: str) -> Fraction:
        """What is left of a period's budget, which is that of the whole period at the pace of what was seen."""
        (period,) = (each for each in self.objective.periods if each.name == name)
        counted, excluded, whole = self.periods(now)[name]
        if period.calendar is not None:
            edges = boundaries(period.calendar)
            whole = min(edge for edge in edges if edge > now) - max(edge for edge in edges if edge <= now)
        seen = min(Fraction(counted.covered + excluded.covered, whole), Fraction(1))
        return 1 - self.burn(counted) * seen

    def counted(self) -> tuple[list[Piece], list[Piece]]:
        """What counts against the budget, and what maintenance excluded."""
        if self._known[0] == (len(self.live), len(self.filled)):
            return self._known[1]
        sliced = self.objective.budgeting is not Budgeting.OCCURRENCES
        live = max((piece.end for piece in self.live), default=0)
        groups = [(self.live, live, False), *((parts, reached, True) for parts, reached in self.filled)]
        counted: list[Piece] = []
        excluded: list[Piece] = []
        for pieces, reached, strictly in groups:
            outside, inside = self._split(pieces)
            if sliced:
                outside, inside = self._slices(outside, inside, reached, strictly=strictly)
            counted += outside
            excluded += inside
        self._known = (len(self.live), len(self.filled)), (counted, excluded)
        return counted, excluded

    def state(self, now: int) -> str:
        """The policy's state; a freeze is remembered."""
        objective = self.objective
        burn = {name: self.burn(sums) for name, sums in self.windows(now).items()}
        bad = {name: Fraction(sums.bad, SCALE) for name, sums in self.windows(now).items()}
        remaining = self.remaining(now, objective.periods[0].name)
        if remaining <= 0:
            self.frozen = objective.freeze
        elif remaining >= Fraction(1, 10):
            self.frozen = False
        if self.frozen or remaining <= 0:
            return "frozen" if self.frozen else "exhausted"
        found = "healthy"
        for long, short, page in reversed(PAIRS):
            bound = {"1h": Fraction(72, 5), "6h": Fraction(6), "1d": Fraction(3), "3d": Fraction(1)}[long]
            bound = min(bound, Fraction(4, 5) / (1 - objective.target))
            if (
                min(burn.get(long, 0), burn.get(short, 0)) > bound
                and bad[long] >= objective.alerting.minimum_bad_events
            ):
                found = "fast_burn" if page else "slow_burn"
        return found

    def burn(self, sums: Total) -> Fraction:
        """Share of bad events over what the target allows."""
        return Fraction(sums.bad, sums.events) / (1 - self.objective.target) if sums.events else Fraction(0)

    def _pieces(self) -> list[Piece]:
        return [*self.live, *(piece for parts, _ in self.filled for piece in parts)]

    def _split(self, pieces: Iterable[Piece]) -> tuple[list[Piece], list[Piece]]:
        times = [each for maintenance in self.maintenance for each in maintained(maintenance)]
        outside: list[Piece] = []
        inside: list[Piece] = []
        for piece in pieces:
            edges = {piece.begin, piece.end}
            edges.update(edge for time in times for edge in time if piece.begin < edge < piece.end)
            ordered = sorted(edges)
            for left, right in pairwise(ordered):
                within = any(begin <= left < end for begin, end in times)
                (inside if within else outside).append(Piece(left, right, piece.whole))
        return outside, inside

    def _slices(
        self, outside: list[Piece], inside: list[Piece], reached: int, *, strictly: bool
    ) -> tuple[list[Piece], list[Piece]]:
        assert self.objective.slices is not None
        length = self.objective.slices.seconds * SCALE
        touching: dict[int, tuple[list[Piece], list[Piece]]] = {}
        for pieces, which in ((outside, (0, 1)), (inside, (1,))):
            for piece in pieces:
                for number in range(piece.begin // length, (piece.end - 1) // length + 1):
                    for each in which:
                        touching.setdefault(number, ([], []))[each].append(piece)
        counted: list[Piece] = []
        excluded: list[Piece] = []
        for number, (without, everything) in touching.items():
            begin, end = number * length, (number + 1) * length
            if end > reached and not strictly:
                continue
            for pieces, into in ((without, counted), (everything, excluded)):
                sums = total(pieces, begin, end)
                if 2 * sums.covered > length or (2 * sums.covered == length and not strictly):
                    bad = self._verdict(sums)
                    # Of a slice that is not over the event lies where there are data.
                    stop = min(end, reached)
                    into.append(Piece(begin, stop, (begin, stop, SCALE, bad)))
                    break
        return counted, excluded

    def _verdict(self, sums: Total) -> int:
        assert self.objective.slices is not None
        if not sums.events:
            return 0
        share = Fraction(sums.bad, sums.events)
        if self.objective.budgeting is Budgeting.RATIO_TIMESLICES:
            return floor(share * SCALE)
        return SCALE if 1 - share < self.objective.slices.target else 0
