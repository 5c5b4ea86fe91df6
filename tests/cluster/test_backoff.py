"""client-go's numbers, and what a Retry-After header means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.cluster.backoff import DENIED, REFUSED, RETRY, Backoff, Pace, retry_after

NOW = 1_792_569_600.0  # Wed, 21 Oct 2026 08:00:00 GMT


def delays(pace: Pace, chance: float, count: int) -> list[float]:
    backoff, now, found = Backoff(pace, lambda: chance), 0.0, []
    for _ in range(count):
        found.append(backoff.delay(now))
        now += found[-1]
    return found


def test_waits_double_from_800_ms_to_30_s() -> None:
    assert delays(RETRY, 0.0, 8) == [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0]


def test_jitter_adds_up_to_as_much_again() -> None:
    assert delays(RETRY, 0.5, 3) == pytest.approx([1.2, 2.4, 4.8])


@pytest.mark.parametrize(
    ("healthy", "delay"),
    [
        pytest.param(119.0, 1.6, id="a failure within two minutes of the last wait goes on growing"),
        pytest.param(121.0, 0.8, id="two healthy minutes start anew"),
    ],
)
def test_health_is_remembered(healthy: float, delay: float) -> None:
    backoff = Backoff(RETRY, lambda: 0.0)
    waited = backoff.delay(0.0)
    assert backoff.delay(waited + healthy) == delay


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 40))
def test_no_wait_leaves_its_bounds(chance: float, count: int) -> None:
    for pace, longest in ((RETRY, 60.0), (REFUSED, 5.0), (DENIED, 300.0)):
        assert all(pace.first <= delay <= longest for delay in delays(pace, chance, count))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param(None, None, id="no header"),
        pytest.param("", None, id="an empty one"),
        pytest.param("7", 7.0, id="seconds"),
        pytest.param(" 0 ", 0.0, id="no seconds at all"),
        pytest.param("99999999999999999999", 120.0, id="more than two minutes are two"),
        pytest.param("Wed, 21 Oct 2026 08:00:30 GMT", 30.0, id="a date ahead"),
        pytest.param("Wed, 21 Oct 2026 08:00:30 -0000", 30.0, id="a date without a zone is UTC"),
        pytest.param("Wed, 21 Oct 2026 07:00:00 GMT", 0.0, id="a date gone by"),
        pytest.param("Wed, 21 Oct 2036 08:00:00 GMT", 120.0, id="a date far ahead"),
        pytest.param("soon", None, id="a word"),
        pytest.param("-5", None, id="a negative number"),
        pytest.param("\u0665", None, id="a digit of another script"),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


@given(st.text(max_size=40))
def test_no_header_escapes_as_an_exception(header: str) -> None:
    found = retry_after(header, NOW)
    assert found is None or 0 <= found <= 120
