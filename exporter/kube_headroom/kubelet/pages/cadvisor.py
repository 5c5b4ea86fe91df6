"""`/metrics/cadvisor` read into cgroups: usage, throttling and pressure of pods and containers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence

from kube_headroom.kubelet.pages.families import Expected, Oddity, cut
from kube_headroom.kubelet.pages.known import KnownBlocks
from kube_headroom.kubelet.pages.table import Table
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
    tuple(f"container_pressure_{resource}_{kind}_seconds_total".encode() for kind in ("waiting", "stalled"))
    for resource in ("cpu", "memory", "io")
)
_WANTED = frozenset((_STARTED, *_COUNTED, *(name for names in _PRESSURES for name in names)))


def cadvisor(
    page: bytes, odd: Counter[Oddity] | None = None, *, known: KnownBlocks | None = None
) -> CadvisorPage:
    """Return what a page says, counting in `odd` what was unusual about it.

    `known` is what its node's last page taught about label blocks; without it every page is read as the first.
    Of two rows of a container or pod with different ids the newest is taken, by its timestamps, else by its start.
    NaN and infinite values are as absent ones.

    Raises:
        PageError: the body is no such page.

    """
    odd = Counter() if odd is None else odd
    texts = cut(page, _WANTED, EXPECTED)
    table = Table(texts, odd, KnownBlocks() if known is None else known)
    counted = [table.column(name) for name in _COUNTED]
    pressures = [[table.column(name) for name in names] for names in _PRESSURES]
    size = len(table.identities)
    columns: list[Sequence[object]] = [column.spread(size) for column in counted]
    columns += [_pressure(*(column.spread(size) for column in pair)) for pair in pressures]
    # tuple's own constructor spares the call of a function for each cgroup.
    cgroups = [tuple.__new__(Cgroup, identity + rest) for identity, rest in zip(table.identities, zip(*columns, strict=True), strict=True)]
    table.known.turn()
    pods = [each for each in cgroups if not each.container and not each.container_id]
    containers = [each for each in cgroups if each.container]
    labelled = bool(containers)
    if not labelled:
        containers = [each for each in cgroups if each.container_id]
        labelled = not containers
    starts = _Starts(table)
    return CadvisorPage(
        pods=_newest(pods, _pod, starts, odd),
        containers=_newest(containers, _container, starts, odd),
        pressure=any(column.moves for pair in pressures for column in pair),
        labelled=labelled,
    )


def _pressure(waiting: Sequence[Reading | None], stalled: Sequence[Reading | None]) -> list[Pressure | None]:
    return [
        None if some is None or full is None else tuple.__new__(Pressure, (some, full))
        for some, full in zip(waiting, stalled, strict=True)
    ]


def _pod(cgroup: Cgroup) -> Hashable:
    return cgroup.pod_uid or (cgroup.namespace, cgroup.pod)


def _container(cgroup: Cgroup) -> Hashable:
    """Two pods of one name may run at once; containers of one name in a pod may not."""
    return cgroup[:5] if not cgroup.container else (cgroup.pod_uid, cgroup.namespace, cgroup.pod, cgroup.container)


class _Starts:
    """When cgroups started, read only for the page that has two rows of one container as new as each other."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._starts: dict[tuple[str, ...], float] | None = None

    def age(self, cgroup: Cgroup) -> tuple[float, float]:
        """Return what sorts cgroups from the oldest to the newest."""
        if self._starts is None:
            column = self._table.column(_STARTED)
            identities = self._table.identities
            self._starts = {
                identities[place]: reading.value
                for place, reading in zip(column.places, column.readings, strict=True)
            }
        seen = [each.at for each in cgroup[5:10] if each is not None and each.at is not None]
        return max(seen, default=0.0), self._starts.get(cgroup[:5], 0.0)


def _newest(
    cgroups: list[Cgroup], key: Callable[[Cgroup], Hashable], starts: _Starts, odd: Counter[Oddity]
) -> tuple[Cgroup, ...]:
    """Return one cgroup for each key."""
    if len(set(map(key, cgroups))) == len(cgroups):
        return tuple(cgroups)
    newest: dict[Hashable, Cgroup] = {}
    for cgroup in cgroups:
        last = newest.setdefault(key(cgroup), cgroup)
        if last is not cgroup:
            odd[Oddity.DUPLICATE] += 1
            newest[key(cgroup)] = max(last, cgroup, key=starts.age)
    return tuple(newest.values())
