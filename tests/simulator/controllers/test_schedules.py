from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.simulator.controllers.schedules import ScheduleError, parse_schedule
from tests.simulator.controllers.stand_in import START


def at(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("schedule", "after", "expected"),
    [
        pytest.param("*/15 * * * *", "2026-01-01T00:00", "2026-01-01T00:15", id="steps"),
        pytest.param("5,35 8-10 * * *", "2026-01-01T08:35", "2026-01-01T09:05", id="lists and ranges"),
        pytest.param(
            "30 6-16/4 * * 1-5", "2026-01-02T14:30", "2026-01-05T06:30", id="a range with a step, on weekdays"
        ),
        pytest.param("0 0 * * mon", "2026-01-01T00:00", "2026-01-05T00:00", id="a weekday by name"),
        pytest.param("0 0 1 FEB *", "2026-01-01T00:00", "2026-02-01T00:00", id="a month by name"),
        pytest.param("0 0 13 * 5", "2026-01-01T00:00", "2026-01-02T00:00", id="either day is enough"),
        pytest.param("0 0 */10 * 1", "2026-01-01T00:00", "2026-01-05T00:00", id="either day, though one has a step"),
        pytest.param("0 0 ? * 0", "2026-01-01T00:00", "2026-01-04T00:00", id="a question mark is a star"),
        pytest.param("@hourly", "2026-01-01T00:00", "2026-01-01T01:00", id="hourly"),
        pytest.param("@midnight", "2026-01-01T00:00", "2026-01-02T00:00", id="midnight"),
        pytest.param("@weekly", "2026-01-01T00:00", "2026-01-04T00:00", id="weekly is on Sunday"),
        pytest.param("@monthly", "2026-01-01T00:00", "2026-02-01T00:00", id="monthly"),
        pytest.param("@yearly", "2026-01-01T00:00", "2027-01-01T00:00", id="yearly"),
        pytest.param("@every 1h30m", "2026-01-01T00:00", "2026-01-01T01:30", id="a period"),
    ],
)
def test_the_next_time_after_one(schedule: str, after: str, expected: str) -> None:
    assert parse_schedule(schedule)(at(after)) == at(expected)


def test_a_time_zone_moves_the_hours() -> None:
    berlin = parse_schedule("0 3 * * *", "Europe/Berlin")
    assert berlin(at("2026-01-01T00:00")) == at("2026-01-01T02:00")
    assert berlin(at("2026-07-01T00:00")) == at("2026-07-01T01:00")


@pytest.mark.parametrize(
    "schedule",
    ["", "* * * *", "61 * * * *", "* * * * * *", "@never", "0 0 L * *", "0 0 * * 5#2", "0 0 * * 7", "*/0 * * * *"],
)
def test_what_kubernetes_refuses_is_refused(schedule: str) -> None:
    with pytest.raises(ScheduleError):
        parse_schedule(schedule)


def test_an_unknown_time_zone_is_named() -> None:
    with pytest.raises(ScheduleError, match="unknown time zone Mars/Olympus"):
        parse_schedule("* * * * *", "Mars/Olympus")


def test_a_day_that_never_comes_is_no_error_and_has_no_next_time() -> None:
    assert parse_schedule("0 0 31 2 *")(START) is None


@given(st.integers(0, 59), st.integers(0, 23), st.floats(START, START + 10**8))
def test_the_next_time_is_after_and_on_the_minute(minute: int, hour: int, after: float) -> None:
    following = parse_schedule(f"{minute} {hour} * * *")(after)
    assert following is not None
    assert 0 < following - after <= 86_400
    assert following % 86_400 == hour * 3600 + minute * 60
