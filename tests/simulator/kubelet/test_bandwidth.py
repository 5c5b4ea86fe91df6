"""CFS bandwidth control as arithmetic."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.simulator.kubelet.bandwidth import exceed

DEMANDS = st.floats(1e-4, 64.0)
QUOTAS = st.floats(0.001, 64.0)
SPREADS = st.floats(0.02, 1.5)


def integrated(demand: float, quota: float, spread: float) -> tuple[float, float]:
    """The share of lognormal periods beyond the quota and their mean excess, summed in small steps."""
    share = excess = 0.0
    step = 0.001
    for number in range(-8000, 8000):
        deviation = number * step
        weight = math.exp(-deviation * deviation / 2) / math.sqrt(2 * math.pi) * step
        wanted = demand * math.exp(spread * deviation - spread * spread / 2)
        if wanted > quota:
            share += weight
            excess += weight * (wanted - quota)
    return share, excess


@pytest.mark.parametrize(
    ("demand", "quota", "spread"), [(0.1, 0.2, 0.47), (0.3, 0.5, 0.47), (1.0, 2.0, 1.2), (0.05, 0.5, 1.0)]
)
def test_the_tail_is_that_of_the_lognormal_distribution(demand: float, quota: float, spread: float) -> None:
    share, excess = exceed(demand, quota, spread)
    tail, beyond = integrated(demand, quota, spread)
    left_over = (1.0 - tail) * (demand / quota) ** 8
    assert share == pytest.approx(tail + left_over, rel=0.01)
    assert excess == pytest.approx(beyond, rel=0.01)


@given(demand=DEMANDS, quota=QUOTAS, spread=SPREADS)
def test_a_share_is_a_share_and_an_excess_no_less_than_the_means_own(
    demand: float, quota: float, spread: float
) -> None:
    share, excess = exceed(demand, quota, spread)
    assert 0.0 <= share <= 1.0
    assert excess >= demand - quota - 1e-9 * demand
    assert excess <= demand * (1 + 1e-9)
    assert share == 1.0 or demand < quota


@given(demand=DEMANDS, more=st.floats(1.0, 4.0), quota=QUOTAS, spread=SPREADS)
def test_more_demand_never_stops_less(demand: float, more: float, quota: float, spread: float) -> None:
    less, _ = exceed(demand, quota, spread)
    greater, _ = exceed(demand * more, quota, spread)
    assert greater >= less - 1e-9


def test_the_bursty_are_stopped_where_the_steady_are_not() -> None:
    assert exceed(0.3, 0.6, 0.05)[0] == 0.0
    assert exceed(0.3, 0.6, 0.8)[0] > 0.1
