"""When maintenance is: once, or weekly by the clocks of its zone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from kube_headroom.slo.engine.flow import SECOND, micros
from kube_headroom.slo.intake import Key
from kube_headroom.slo.objective import Maintenance

AHEAD = 86_400 * SECOND
"""How far beyond a stretch the occurrences are looked up at once, so that the next stretches find them."""

Interval = tuple[int, int]


def applies(maintenance: Maintenance, key: Key) -> bool:
    """Tell whether the maintenance names the objective; an empty service or name stands for any."""
    return any(service in {"", key[0]} and name in {"", key[1]} for service, name in maintenance.objectives)


def occurrences(maintenance: Maintenance, begin: int, end: int) -> Iterator[Interval]:
    """Yield the times of the maintenance that overlap with a time (microseconds).

    Weekly ones begin at the same time of day on the clocks of their zone, summer or winter, and last the same number
    of seconds; one that begins at a time the clocks skip begins as much later as they skip.
    """
    start, length = micros(maintenance.start), micros(maintenance.seconds)
    if not maintenance.weekly:
        if start < end and start + length > begin:
            yield start, start + length
        return
    zone = ZoneInfo(maintenance.time_zone)
    first = datetime.fromtimestamp(maintenance.start, zone).replace(tzinfo=None)
    # A zone's clocks are never moved by more than a day, so one week less is early enough.
    week = max((begin - length - start) // (7 * AHEAD) - 1, 0)
    while True:
        start = micros((first + timedelta(weeks=week)).replace(tzinfo=zone).timestamp())
        if start >= end:
            return
        if start + length > begin:
            yield start, start + length
        week += 1


class Schedule:
    """The maintenance of one objective, looked up once a day."""

    __slots__ = ("_begin", "_end", "_known", "maintenance")

    def __init__(self, maintenance: Sequence[Maintenance]) -> None:
        self.maintenance = tuple(maintenance)
        self._begin = self._end = 0
        self._known: list[Interval] = []

    def within(self, begin: int, end: int) -> list[Interval]:
        """Return the parts of a time that are maintenance, in order, none overlapping."""
        if not self.maintenance:
            return []
        if begin < self._begin or end > self._end:
            self._look_up(begin, end + AHEAD)
        return [(max(start, begin), min(stop, end)) for start, stop in self._known if start < end and stop > begin]

    def _look_up(self, begin: int, end: int) -> None:
        joined: list[Interval] = []
        for start, stop in sorted(each for one in self.maintenance for each in occurrences(one, begin, end)):
            if joined and start <= joined[-1][1]:
                joined[-1] = joined[-1][0], max(stop, joined[-1][1])
            else:
                joined.append((start, stop))
        self._begin, self._end, self._known = begin, end, joined
