"""CFS bandwidth control: which 100 ms periods stop a cgroup and for how long, from demand against quota.

The pod's cgroup is stopped more often than its containers': both pools are drained by the same work, but each is
refilled by a timer of its own. Until the pod's is refilled, the container waits with runtime in hand, and the
kernel counts that wait for the pod only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kube_headroom.simulator.kubelet.runtime import Cgroup, RunningContainer

PERIOD = 0.1
"""Seconds: cpu.cfs_period_us, cpu.max."""
_SQRT2 = math.sqrt(2.0)
_NEVER = -4.0
"""So many deviations below the quota a period in excess is not worth its arithmetic."""
_OFFSETS = (0.1, 0.8)
"""Measured: container rows with 0.3 to 0.8 of their pod's throttled seconds, for the same busy loop."""

Random = Callable[[], float]


@dataclass(slots=True)
class Load:
    """What one container's threads want of the CPU in a tick."""

    container: RunningContainer
    demand: float
    """Cores in periods with work in them."""
    active: float
    """Share of the periods with work in them."""
    spread: float
    """Standard deviation of the logarithm of the demand of a period."""
    width: float
    """Cores that it can use at once."""
    starved: float = 0.0
    """The share of what it wants that the machine's other processes keep from it."""
    stopped: float = 0.0
    """Seconds of the tick in which it could not run for a quota's sake, its own or its pod's."""


def exceed(demand: float, quota: float, spread: float) -> tuple[float, float]:
    """Return the share of periods whose demand exceeds the quota, and the mean excess in cores.

    Demand is lognormal; what a period leaves undone waits for the next one, which fills the periods as the load
    nears the quota and all of them beyond it.
    """
    below = (math.log(demand / quota) - spread * spread / 2) / spread
    if below < _NEVER:
        return 0.0, 0.0
    share = math.erfc(-below / _SQRT2) / 2
    excess = max(0.0, demand * math.erfc(-(below + spread) / _SQRT2) / 2 - quota * share)
    if demand >= quota:
        return 1.0, excess
    left_over = (demand / quota) ** 8
    return share + (1.0 - share) * left_over, excess


def throttle(pod: Cgroup, loads: Sequence[Load], seconds: float, random: Random) -> None:
    """Count a tick's periods in a pod's cgroup and its containers', and note in the loads how long they stood still."""
    tails = [_tail(load, load.container.cgroup.quota) for load in loads]
    together, pod_stops, pod_stop = 0.0, 0, 0.0
    if pod.quota is not None and loads:
        together, demand = _both(pod, loads, tails)
        periods = _whole(max(load.active for load in loads) * seconds / PERIOD, random)
        pod_stops = _whole(periods * together, random)
        pod.periods += periods
        pod.throttled_periods += pod_stops
        if pod_stops:
            width = min(max(1.0, demand), sum(load.width for load in loads))
            pod_stop = max(0.0, 1.0 - pod.quota / demand)
            pod.throttled_seconds += pod_stops * pod_stop * width * PERIOD
    for load, (share, demand) in zip(loads, tails, strict=True):
        load.stopped = pod_stops * pod_stop * PERIOD
        if load.container.cgroup.quota is not None:
            _count_own(load, demand, (share, min(share, together), pod_stops), seconds, random)


def _count_own(load: Load, demand: float, stops: tuple[float, float, int], seconds: float, random: Random) -> None:
    """Count what the container's own quota stops: alone, or after its pod's timer has let it go."""
    share, together, pod_stops = stops
    cgroup = load.container.cgroup
    periods = _whole(load.active * seconds / PERIOD, random)
    cgroup.periods += periods
    if not share or not periods:
        return
    if cgroup.period_offset < 0:
        cgroup.period_offset = _OFFSETS[0] + (_OFFSETS[1] - _OFFSETS[0]) * random()
    stop = max(0.0, 1.0 - (cgroup.quota or 0.0) / demand)
    alone = _whole(periods * (share - together), random)
    likely, left = _after(cgroup.period_offset, stop)
    both = _whole(min(pod_stops, periods - alone) * likely, random)
    cgroup.throttled_periods += alone + both
    width = min(max(1.0, demand), load.width)
    cgroup.throttled_seconds += (alone * stop + both * left) * width * PERIOD
    load.stopped = min(seconds, load.stopped + alone * stop * PERIOD)


def _tail(load: Load, quota: float | None) -> tuple[float, float]:
    """Return the share of active periods beyond a quota and the demand, in cores, of such a period."""
    if quota is None or load.demand <= 0:
        return 0.0, 0.0
    share, excess = exceed(load.demand, quota, load.spread)
    if not share:
        return 0.0, 0.0
    return share, min(quota + excess / share, max(quota, load.width))


def _both(pod: Cgroup, loads: Sequence[Load], tails: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the share of its periods in which the pod's quota is used up, and the demand of such a period.

    A quota that is the containers' sum is used up only where each of them uses up its own.
    """
    quotas = [load.container.cgroup.quota for load in loads]
    quota = pod.quota or 0.0
    if all(quotas) and quota >= sum(each or 0.0 for each in quotas) * 0.999:
        return math.prod(share for share, _ in tails), sum(demand for _, demand in tails)
    demands = [load.demand * load.active for load in loads]
    total = sum(demands)
    if total <= 0:
        return 0.0, 0.0
    deviation = math.sqrt(sum((demand * load.spread) ** 2 for demand, load in zip(demands, loads, strict=True)))
    share, excess = exceed(total, quota, max(deviation / total, 0.01))
    return (share, quota + excess / share) if share else (0.0, 0.0)


def _after(offset: float, stop: float) -> tuple[float, float]:
    """Return how likely a pod's stop outlasts the offset of the container's timer, and what is then left of it.

    Stops are taken as even over a range around their mean `stop`, all as shares of a period.
    """
    half = min(stop, 1.0 - stop)
    longest = stop + half
    if longest <= offset:
        return 0.0, 0.0
    shortest = stop - half
    if shortest >= offset:
        return 1.0, stop - offset
    return (longest - offset) / (longest - shortest), (longest - offset) / 2


def _whole(expected: float, random: Random) -> int:
    """Round to a whole number up or down by chance, true on average."""
    return int(expected + random())
