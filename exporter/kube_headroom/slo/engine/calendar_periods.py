"""Where the periods of a calendar begin and end, by the clocks of its zone."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from kube_headroom.slo.engine.flow import SECOND, micros
from kube_headroom.slo.objective import Calendar

DAYS = {"d": 1, "w": 7}
MONTHS = {"M": 1, "Q": 3, "Y": 12}
DAYS_PER_MONTH = 30.436875


class CalendarPeriods:
    """The periods of one calendar; the last one asked for is remembered.

    Months that lack the start's day begin on their last one. A start without a zone is by the calendar's clocks.
    """

    __slots__ = ("_begin", "_calendar", "_end", "_start", "_zone")

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._zone = ZoneInfo(calendar.time_zone)
        start = calendar.start
        self._start = start if start.tzinfo is None else start.astimezone(self._zone).replace(tzinfo=None)
        self._begin = self._end = 0

    def around(self, moment: int) -> tuple[int, int]:
        """Return begin and end (microseconds) of the period that contains the moment."""
        if not self._begin <= moment < self._end:
            self._begin, self._end = self._look_up(moment)
        return self._begin, self._end

    def _look_up(self, moment: int) -> tuple[int, int]:
        days = (datetime.fromtimestamp(moment / SECOND, UTC).replace(tzinfo=None) - self._start).days
        unit = self._calendar.unit
        usual = DAYS[unit] if unit in DAYS else MONTHS[unit] * DAYS_PER_MONTH
        number = int(days / (usual * self._calendar.length))
        while self._boundary(number) > moment:
            number -= 1
        while self._boundary(number + 1) <= moment:
            number += 1
        return self._boundary(number), self._boundary(number + 1)

    def _boundary(self, number: int) -> int:
        count, unit = number * self._calendar.length, self._calendar.unit
        if unit in DAYS:
            local = self._start + timedelta(days=count * DAYS[unit])
        else:
            year, month = divmod(self._start.year * 12 + self._start.month - 1 + count * MONTHS[unit], 12)
            day = min(self._start.day, monthrange(year, month + 1)[1])
            local = self._start.replace(year=year, month=month + 1, day=day)
        return micros(local.replace(tzinfo=self._zone).timestamp())
