"""A container's memory and the pressure it causes: what its program holds, what it leaks, what the page cache adds."""

from __future__ import annotations

from kube_headroom.simulator.kubelet.runtime import Cgroup, Machine, RunningContainer, RunningPod

CACHE_IN_WORKING_SET = 0.3
"""The share of the page cache on the active list, which a working set counts."""
PAUSE_BYTES = 450 * 1024.0
_RISE_SECONDS = 6.0
_FALL_SECONDS = 90.0
_CACHE_SECONDS = 1800.0
_CACHE_OF_ROOM = 0.35
"""Where a limit stands, the page cache comes to hold this share of what the processes leave free."""
_CACHE_OF_PROGRAM = 0.5
_STARTS_WITH = 0.3
_TIGHT = 0.9
"""From this share of the limit on, the kernel reclaims at the processes' expense."""


def grow(container: RunningContainer, rate: float, now: float, seconds: float) -> None:
    """Let a program's memory move towards what it needs at a request rate; kills it at its cgroup's limit."""
    program, cgroup = container.program, container.cgroup
    container.leaked += program.memory_growth * seconds
    needed = program.memory_bytes
    age = now - container.started
    if age < program.start_seconds:
        needed *= _STARTS_WITH + (1.0 - _STARTS_WITH) * age / program.start_seconds
    needed += program.memory_per_request_rate * rate + container.leaked
    rss = cgroup.rss
    rss += (needed - rss) * min(1.0, seconds / (_RISE_SECONDS if needed > rss else _FALL_SECONDS))
    limit = cgroup.memory_limit
    if limit is None:
        wanted_cache = program.memory_bytes * _CACHE_OF_PROGRAM
    else:
        if rss >= limit:
            rss = float(limit)
            container.oom_killed = True
        wanted_cache = (limit - rss) * _CACHE_OF_ROOM
    cache = cgroup.cache
    # Growing is slow, reclaim is immediate.
    cache = (
        wanted_cache if cache > wanted_cache else cache + (wanted_cache - cache) * min(1.0, seconds / _CACHE_SECONDS)
    )
    hold(cgroup, rss, cache)


def hold(cgroup: Cgroup, rss: float, cache: float) -> None:
    """Set what a cgroup holds."""
    cgroup.rss, cgroup.cache = rss, cache
    cgroup.working_set = rss + cache * CACHE_IN_WORKING_SET
    if rss + cache > cgroup.peak:  # noqa: PLR1730  for every cgroup in every tick: max() takes three times as long
        cgroup.peak = rss + cache


def tightness(cgroup: Cgroup) -> float:
    """Return how much reclaim hurts in a cgroup: 0 until it is nearly full, 1 at its limit."""
    limit = cgroup.memory_limit
    if limit is None or cgroup.rss <= limit * _TIGHT:
        return 0.0
    return min(1.0, (cgroup.rss / limit - _TIGHT) / (1.0 - _TIGHT)) ** 2


def press(cgroup: Cgroup, tight: float, seconds: float) -> None:
    """Count the time that reclaim takes from the processes, and that of reading back what it threw out."""
    cgroup.memory_waiting_seconds += 0.3 * tight * seconds
    cgroup.memory_stalled_seconds += 0.15 * tight * seconds
    cgroup.io_waiting_seconds += 0.2 * tight * seconds
    cgroup.io_stalled_seconds += 0.1 * tight * seconds


def gather(pod: RunningPod) -> None:
    """Sum a pod's memory; at the pod's own limit its largest process dies, unless one just did."""
    cgroup = pod.cgroup
    rss, cache = PAUSE_BYTES, 0.0
    for container in pod.containers.values():
        rss += container.cgroup.rss
        cache += container.cgroup.cache
    limit = cgroup.memory_limit
    if limit is not None:
        if rss >= limit and not any(container.oom_killed for container in pod.containers.values()):
            largest = max(pod.containers.values(), key=lambda container: container.cgroup.rss, default=None)
            if largest is not None:
                largest.oom_killed = True
        cache = min(cache, max(0.0, limit - rss))
    hold(cgroup, rss, cache)


def reclaim(machine: Machine, held: float) -> None:
    """Kill the process that holds the most beyond its request where `held` bytes exceed the machine's memory."""
    if held <= machine.memory_bytes:
        return
    processes = [each for pod in machine.pods.values() for each in pod.containers.values()]
    alive = [each for each in processes if not each.oom_killed]
    freed = sum(each.cgroup.rss for each in processes if each.oom_killed)
    if alive and held - freed > machine.memory_bytes:
        max(alive, key=lambda each: each.cgroup.rss - each.cgroup.memory_request).oom_killed = True


def write(machine: Machine, pod: RunningPod, amount: float) -> None:
    """Write to a pod's first claim, else to its own room on the node's disk, until either is full."""
    if pod.claims:
        claim = (pod.namespace, pod.claims[0])
        room = machine.volume_capacities.get(claim, float("inf"))
        machine.volumes[claim] = min(room, machine.volumes.get(claim, 0.0) + amount)
        return
    amount = min(amount, max(0.0, machine.disk_bytes - machine.disk_used))
    pod.disk_bytes += amount
    machine.disk_used += amount
