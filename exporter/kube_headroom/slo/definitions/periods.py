"""Budget periods: OpenSLO's `timeWindow`, and the words that settings and annotations use."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from kube_headroom.slo.definitions import values
from kube_headroom.slo.definitions.reading import Field, Part, Reader, record, shown, suggestion
from kube_headroom.slo.objective import Calendar, Period

SHORTEST, LONGEST = 86_400, 366 * 86_400
"""Seconds of a period: under a day budgets are noise, over a year nobody remembers what they were for."""

WORDS = {"day": "d", "week": "w", "month": "M", "quarter": "Q", "year": "Y"}
"""Calendar periods by name, with OpenSLO's unit."""

_WORD_OF = {unit: word for word, unit in WORDS.items()}
_START_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")
# A Monday and the first day of a year: weeks, months, quarters and years all begin there.
_BEGIN = datetime(2001, 1, 1)  # noqa: DTZ001 - by the clocks of the zone
_FOR_A_MONTH = "1m is one minute; write 1M for a month"


def parse_period(text: str, time_zone: str = "UTC") -> Period:
    """Parse `28d`, `4w`, or the calendar's day, week, month, quarter or year; ValueError with a sentence."""
    if text in WORDS:
        return _calendar(1, WORDS[text], _BEGIN, time_zone)
    try:
        count, unit = values.shorthand(text)
    except ValueError:
        known = suggestion(text, WORDS)
        found = shown(text) if text else "nothing"
        raise ValueError(f"expected a period such as 30d, 4w, week, month or quarter, found {found}{known}") from None
    if unit in "MQY":
        raise ValueError(f"a rolling period has days or weeks; write {_WORD_OF[unit]} for the calendar's, or 30d")
    return _rolling(count, unit, text)


def parse_periods(text: str, time_zone: str = "UTC") -> tuple[Period, ...]:
    """Parse a comma separated list of periods."""
    periods = tuple(parse_period(part.strip(), time_zone) for part in text.split(","))
    if len({period.name for period in periods}) < len(periods):
        raise ValueError(f"expected every period once, found {shown(text)}")
    return periods


def time_zone(text: str) -> str:
    """Check a name of the IANA Time Zone Database."""
    if not _is_zone(text):
        hint = suggestion(text, sorted(available_timezones()))
        raise ValueError(f"expected a time zone such as Europe/Berlin, found {shown(text)}{hint}")
    return text


@lru_cache(maxsize=1024)
def _is_zone(text: str) -> bool:
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):  # unknown, no key at all, or a directory such as `Europe`
        return False
    return True


def _start_time(text: str) -> datetime:
    for form in _START_FORMATS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - OpenSLO gives the zone apart
        except ValueError:
            continue
    raise ValueError(
        f"expected a time without zone such as 2024-01-01 00:00:00, found {shown(text)}; timeZone names its zone"
    )


class WrittenCalendar(NamedTuple):
    """`timeWindow[0].calendar`."""

    part: Part
    start_time: datetime
    time_zone: str


class WrittenWindow(NamedTuple):
    """`timeWindow[0]`."""

    part: Part
    duration: str
    is_rolling: bool | None = None
    calendar: WrittenCalendar | None = None


_WINDOW: Reader[WrittenWindow] = record(
    WrittenWindow,
    Field("duration", values.on_text(values.words), required=True),
    Field("isRolling", values.on_text(values.truth)),
    Field(
        "calendar",
        record(
            WrittenCalendar,
            Field("startTime", values.on_text(_start_time), required=True),
            Field("timeZone", values.on_text(time_zone), required=True),
        ),
    ),
)


def time_window(part: Part) -> Period:
    """Read an item of `timeWindow`."""
    window = _WINDOW(part)
    rolling = window.is_rolling if window.is_rolling is not None else window.calendar is None
    if rolling and window.calendar is not None:
        raise ValueError("isRolling: true and calendar contradict each other; keep one of them")
    if not rolling and window.calendar is None:
        raise ValueError("isRolling: false needs a calendar with startTime and timeZone")
    duration = part.at("duration")
    try:
        return _period(window, duration)
    except ValueError as error:
        raise duration.error(str(error)) from None


def _period(window: WrittenWindow, duration: Part) -> Period:
    count, unit = values.shorthand(window.duration)
    if window.calendar is not None:
        return _calendar(count, unit, window.calendar.start_time, window.calendar.time_zone)
    if unit in "MQY":
        days = count * values.UNIT_SECONDS[unit] // values.UNIT_SECONDS["d"]
        period = _rolling(days, "d", f"{days}d")
        duration.warn(f"a rolling period has no months: {window.duration} is counted as the last {days}d")
        return period
    return _rolling(count, unit, window.duration)


def _rolling(count: int, unit: str, name: str) -> Period:
    seconds = count * values.UNIT_SECONDS[unit]
    _check_length(seconds, name)
    return Period(name, seconds)


def _calendar(count: int, unit: str, start: datetime, zone: str) -> Period:
    seconds = count * values.UNIT_SECONDS[unit]
    _check_length(seconds, f"{count}{unit}")
    if unit in "mh":
        raise ValueError(f"a calendar period counts in d, w, M, Q or Y, found {count}{unit}")
    word = _WORD_OF[unit]
    return Period(word if count == 1 else f"{count}-{word}s", seconds, Calendar(unit, count, start, zone))


def _check_length(seconds: int, written: str) -> None:
    if not SHORTEST <= seconds <= LONGEST:
        hint = (
            f"; {_FOR_A_MONTH}" if written == "1m" else "; m is minutes, M is months" if written.endswith("m") else ""
        )
        raise ValueError(f"expected a period from 1d to 366d, found {written}{hint}")
