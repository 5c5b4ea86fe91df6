"""Back-off as client-go's flowcontrol.Backoff counts it, and Go's durations."""

from __future__ import annotations

import pytest

from kube_headroom.simulator.kubelet.backoff import BackOff, duration

KEY = ("uid", "app")


def test_the_delay_doubles_from_10_seconds_to_300() -> None:
    back_off = BackOff()
    delays = []
    for attempt in range(8):
        back_off.next(KEY, float(attempt), float(attempt))
        delays.append(back_off.delay(KEY))
    assert delays == [10, 20, 40, 80, 160, 300, 300, 300]


@pytest.mark.parametrize(
    ("event", "delay"),
    [
        pytest.param(600.0, 20.0, id="an end within ten minutes of the last start doubles the delay"),
        pytest.param(600.1, 10.0, id="an end after more than ten minutes begins anew"),
    ],
)
def test_a_container_that_ran_long_enough_is_forgiven(event: float, delay: float) -> None:
    back_off = BackOff()
    back_off.next(KEY, 0.0, 0.0)
    back_off.next(KEY, event, event)
    assert back_off.delay(KEY) == delay


@pytest.mark.parametrize(
    ("now", "waits"),
    [
        pytest.param(14.9, True, id="it waits until the delay has passed since the end"),
        pytest.param(15.0, False, id="it waits no longer than that"),
    ],
)
def test_a_delay_counts_from_the_end(now: float, waits: bool) -> None:
    back_off = BackOff()
    back_off.next(KEY, 0.0, 0.0)
    assert back_off.waits_since(KEY, 5.0, now) is waits


def test_nothing_waits_that_never_failed() -> None:
    assert not BackOff().waits_since(KEY, 0.0, 0.0)
    assert not BackOff().waits(KEY, 0.0)


def test_a_pod_that_is_gone_leaves_nothing() -> None:
    back_off = BackOff()
    back_off.next(KEY, 0.0, 0.0)
    back_off.next(("other", "app"), 0.0, 0.0)
    back_off.forget("uid")
    assert (back_off.delay(KEY), back_off.delay(("other", "app"))) == (0.0, 10.0)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0s"),
        (0.512, "512ms"),
        (1.0, "1s"),
        (4.25, "4.25s"),
        (10.0, "10s"),
        (60.0, "1m0s"),
        (160.0, "2m40s"),
        (300.0, "5m0s"),
        (3723.5, "1h2m3.5s"),
    ],
)
def test_durations_read_as_go_prints_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text
