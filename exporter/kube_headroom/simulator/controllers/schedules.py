"""When a CronJob is due: cron syntax, the named schedules and @every, in a time zone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_EVERY = re.compile(r"@every ((?:\d+(?:\.\d+)?(?:h|ms|m|s))+)")
_PART = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s)")
_STEPPED = re.compile(r"^\*/(\d\d+|[2-9])$")
_FOREIGN_DAY = re.compile("[LW]", re.IGNORECASE)
_FOREIGN_WEEKDAY = re.compile(r"#|(?<!/)7|\dL|^L", re.IGNORECASE)
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}

Schedule = Callable[[float], float | None]
"""Unix seconds in, the next time after them out; None if there is none within 50 years."""


class ScheduleError(ValueError):
    """A schedule or a time zone that cannot be read; the message says why."""


@lru_cache(maxsize=1024)
def parse_schedule(text: str, time_zone: str | None = None) -> Schedule:
    """Read a CronJob's schedule; without a time zone it is UTC, as the controller manager's usually is.

    Around a change of the clocks it does what Debian's cron does. Where both the day of the month and the day of the week are restricted, one of them is enough. Raises
    ScheduleError.
    """
    if match := _EVERY.fullmatch(text):
        delay = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(match[1]))
        period = max(1.0, float(int(delay)))
        return lambda after: float(int(after)) + period
    zone = zone_named(time_zone)
    fields = _fields(_NAMED.get(text, text))
    expression = " ".join(fields)
    try:
        CronSim(expression, datetime.fromtimestamp(0, zone))
    except CronSimError as error:
        if "day-of-month" in str(error) and _day_never_comes(fields):
            return lambda _: None
        raise ScheduleError(str(error)) from error
    return lambda after: _next(expression, zone, after)


def zone_named(name: str | None) -> tzinfo:
    """Return a time zone of the IANA database. Raises ScheduleError for an unknown one."""
    if name is None:
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ScheduleError(f"unknown time zone {name}") from error


def _fields(text: str) -> list[str]:
    """Split the fields, and refuse or reword what cron libraries read differently from Kubernetes (robfig/cron)."""
    fields = text.replace("?", "*").split()
    if len(fields) != 5:
        raise ScheduleError(f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]")
    if _FOREIGN_DAY.search(fields[2]) or _FOREIGN_WEEKDAY.search(fields[4]):
        raise ScheduleError(
            f"failed to parse int from {fields[2]} {fields[4]}: L, W, # and weekday 7 are not supported"
        )
    # A star with a step restricts the days, so that the other field alone is enough as well.
    fields[2] = _STEPPED.sub(r"1-31/\1", fields[2])
    fields[4] = _STEPPED.sub(r"0-6/\1", fields[4])
    return fields


def _next(expression: str, zone: tzinfo, after: float) -> float | None:
    found = next(CronSim(expression, datetime.fromtimestamp(after, zone)), None)
    return None if found is None else found.timestamp()


def _day_never_comes(fields: list[str]) -> bool:
    """Tell whether the fields are right but for a day that its months lack, which is no error to Kubernetes."""
    everyday = [*fields[:2], "*", *fields[3:]]
    try:
        CronSim(" ".join(everyday), datetime.fromtimestamp(0, UTC))
    except CronSimError:
        return False
    return all(part.isdigit() and 1 <= int(part) <= 31 for part in fields[2].split(","))
