"""Simulated time, against a clock that a test moves."""

from __future__ import annotations

import pytest

from kube_headroom.simulator.clock import Clock


class Hand:
    """A monotonic clock that is turned by hand."""

    def __init__(self) -> None:
        self.at = 50.0

    def __call__(self) -> float:
        return self.at


@pytest.mark.parametrize(("speed", "shown"), [(1.0, 110.0), (60.0, 700.0), (0.5, 105.0)])
def test_time_passes_at_its_speed(speed: float, shown: float) -> None:
    hand = Hand()
    clock = Clock(100.0, speed=speed, monotonic=hand)
    hand.at += 10
    assert clock.now() == shown


def test_a_pause_is_left_out() -> None:
    hand = Hand()
    clock = Clock(100.0, speed=2.0, monotonic=hand)
    hand.at += 10
    clock.pause()
    hand.at += 1000
    assert clock.now() == 120.0
    clock.resume()
    clock.resume()
    hand.at += 1
    assert clock.now() == 122.0
