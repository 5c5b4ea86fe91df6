"""`/metrics/cadvisor` read into cgroups: usage, throttling and pressure of pods and containers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import partial
from itertools import repeat
from operator import itemgetter

from kube_headroom.kubelet.pages.families import Expected, Oddity, cut
from kube_headroom.kubelet.pages.known import KnownBlocks
from kube_headroom.kubelet.pages.table import Column, Table
from kube_headroom.readings import CadvisorPage, Cgroup, Pressure, Reading

EXPECTED = Expected("/metrics/cadvisor", (b"container_", b"machine_", b"cadvisor_"))

_STARTED = b"container_start_time_seconds"
_COUNTED = (
    b"container_cpu_usage_seconds_total",
    b"container_cpu_cfs_periods_total",
    b"container_cpu_cfs_throttled_periods_total",
    b"container_cpu_cfs_throttled_seconds_total",
    b"container_memory_working_set_bytes",
)
"""In the order of `Cgroup`'s fields, as are the resources."""
_PRESSURES = tuple(
    (
        f"container_pressure_{resource}_waiting_seconds_total".encode(),
        f"container_pressure_{resource}_stalled_seconds_total".encode(),
    )
    for resource in ("cpu", "memory", "io")
)
_WANTED = frozenset((_STARTED, *_COUNTED, *(name for names in _PRESSURES for name in names)))


def cadvisor(page: bytes, odd: Counter[Oddity] | None = None, *, known: KnownBlocks | None = None) -> CadvisorPage:
    """Return what a page says, counting in `odd` what was unusual about it.

    `known` is what its node's last page taught about label blocks; without it every page is read as the first.
    Of two rows of a container or pod with different ids the newest is taken, by its timestamps, else by its start.
    NaN and infinite values are as absent ones.

    Raises:
        PageError: the body is no such page.

    """
    odd = Counter() if odd is None else odd
    table = Table(cut(page, _WANTED, EXPECTED), odd, KnownBlocks() if known is None else known)
    counted = [table.column(name) for name in _COUNTED]
    pressures = [(table.column(waiting), table.column(stalled)) for waiting, stalled in _PRESSURES]
    cgroups = _cgroups(table, counted, pressures)
    pods = [each for each in cgroups if not each.container and not each.container_id]
    containers = [each for each in cgroups if each.container]
    # A runtime that gives names gives them to all its containers: rows without are cgroups that it does not know.
    unnamed = [] if containers else [each for each in cgroups if each.container_id]
    read = CadvisorPage(
        pods=_newest(pods, _POD, _pod, table),
        containers=_newest(containers, _CONTAINER, _container, table) or tuple(unnamed),
        pressure=any(column.moves for pair in pressures for column in pair),
        labelled=not unnamed,
    )
    table.known.turn()
    return read


def _cgroups(table: Table, counted: Iterable[Column], pressures: Iterable[tuple[Column, Column]]) -> list[Cgroup]:
    size = len(table.known.identities)
    columns = (
        *(column.spread(size) for column in counted),
        *(_pressure(waiting, stalled, size) for waiting, stalled in pressures),
    )
    nothing = (None,) * len(columns)
    # tuple's own constructor spares the call of a function for each cgroup.
    rows = zip(table.known.identities, zip(*columns, strict=True), strict=True)
    return [tuple.__new__(Cgroup, identity + values) for identity, values in rows if values != nothing]


def _pressure(waiting: Column, stalled: Column, size: int) -> Sequence[Pressure | None]:
    pairs = zip(waiting.spread(size), stalled.spread(size), strict=True)
    if len(waiting.readings) == len(stalled.readings) == size:
        return list(map(tuple.__new__, repeat(Pressure), pairs))
    return [None if some is None or full is None else Pressure(some, full) for some, full in pairs]


_POD = itemgetter(0)
_CONTAINER = itemgetter(0, 2, 3, 4)


def _pod(cgroup: Cgroup) -> Hashable:
    return cgroup.pod_uid or (cgroup.namespace, cgroup.pod)


def _container(cgroup: Cgroup) -> Hashable:
    """Two pods of one name may run at once; two containers of one name in a pod may not."""
    return cgroup.pod_uid, cgroup.namespace, cgroup.pod, cgroup.container


def _newest(
    cgroups: list[Cgroup],
    likely: Callable[[Cgroup], Hashable],
    key: Callable[[Cgroup], Hashable],
    table: Table,
) -> tuple[Cgroup, ...]:
    """Return the newest cgroup for each key; `likely` is a cheap key that mostly tells all of them apart."""
    if len(set(map(likely, cgroups))) == len(cgroups):
        return tuple(cgroups)
    newest: dict[Hashable, Cgroup] = {}
    starts = _starts(table)
    for cgroup in cgroups:
        last = newest.setdefault(key(cgroup), cgroup)
        if last is not cgroup:
            newest[key(cgroup)] = max(last, cgroup, key=partial(_age, starts=starts))
            table.odd[Oddity.DUPLICATE] += 1
    return tuple(newest.values())


def _starts(table: Table) -> dict[tuple[str, ...], float]:
    column = table.column(_STARTED)
    return {
        table.known.identities[place]: reading.value
        for place, reading in zip(column.places, column.readings, strict=True)
    }


def _age(cgroup: Cgroup, starts: Mapping[tuple[str, ...], float]) -> tuple[float, float]:
    """Return what sorts cgroups from the oldest to the newest."""
    readings: tuple[Reading | None, ...] = cgroup[5:10]
    seen = [each.at for each in readings if each is not None and each.at is not None]
    return max(seen, default=0.0), starts.get(cgroup[:5], 0.0)
