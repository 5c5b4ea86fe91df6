"""Everything worth attention, kept up to date key by key, and the view of it at one instant."""

from __future__ import annotations

import heapq
from collections import Counter as Multiset
from collections.abc import Iterable, Sequence
from typing import Any

from kube_headroom.catalogue import indicators
from kube_headroom.catalogue.labels import Slo
from kube_headroom.catalogue.metric import Sample
from kube_headroom.overview.conditions import Condition, Sorted, sort
from kube_headroom.overview.content import RANK, Overview, Question, Room, Severity, Source, Subject
from kube_headroom.overview.error_budgets import ErrorBudgets, title, told
from kube_headroom.overview.record import Identity, Record
from kube_headroom.overview.room import room, whole
from kube_headroom.overview.strain import Strain, quiet
from kube_headroom.overview.use import PoolUse
from kube_headroom.snapshot import PoolSnapshot, SloSnapshot, UsageSnapshot

SHOWN = 50
"""Subjects that are listed; the others are counted."""

Key = tuple[str, ...]
Rank = tuple[int, int, float, Key]

KINDS = {
    "node": "Node",
    "resourcequotas": "ResourceQuota",
    "poddisruptionbudgets": "PodDisruptionBudget",
    "volumes": "PersistentVolumeClaim",
    "slo": "SLO",
}
"""Keys beside workloads that may need attention, by scope."""

QUESTIONS = tuple(
    Question(indicator.name, indicator.sentence, indicator.unit.value)
    for indicator in indicators.INDICATORS
    if indicator not in (indicators.SOURCE_AGE, indicators.EXPORTER_ABSENT)
)


class Board:
    """Takes what each changed key says; for one thread. Costs what changed, not what is there."""

    def __init__(self) -> None:
        self._records: dict[Key, Record] = {}
        self._subjects: dict[Key, tuple[Rank, Subject]] = {}
        self._due: list[tuple[float, Key]] = []
        self._awaited: dict[Key, float] = {}
        self._pools: dict[str, PoolSnapshot] = {}
        self._uses: dict[str, PoolUse] = {}
        self._rooms: dict[str, Room] = {}
        self._pools_changed: set[str] = set()
        self._error_budgets = ErrorBudgets()
        self._strains: dict[Key, Strain] = {}
        self._owners: dict[Key, str] = {}
        self._namespace_owner: dict[str, str] = {}
        self._watching_since: float | None = None
        self._changed = True

    def put(self, key: Key, snapshot: Any, samples: Sequence[Sample], now: float) -> None:  # noqa: ANN401  by its scope
        """Take a key's snapshot, None for what is gone, and the samples that its signals made of it."""
        if self._watching_since is None:
            self._watching_since = now
        scope = key[0]
        if scope == "usage":
            self._take_usage(("workload", *key[1:]), snapshot, now)
        elif scope in {"pool", "pool_usage"}:
            self._take_pool(key, snapshot, now)
        elif scope == "namespaces":
            self._namespace_owner[key[2]] = "" if snapshot is None else snapshot.metadata.owner
        elif scope == "workload":
            self._own(key, "" if snapshot is None else snapshot.owner)
            self._take(key, snapshot, samples, now)
        elif scope == "slo":
            self._take_slo(key, snapshot, now)
        elif scope in KINDS:
            self._take(key, snapshot, samples, now)

    def pending(self, now: float) -> bool:
        """Whether the view differs from the last one, by what was put or by time."""
        return self._changed or bool(self._due and self._due[0][0] <= now)

    def view(self, sources: Iterable[Source], now: float) -> Overview:
        """Look at everything at once; a second look costs again."""
        while self._due and self._due[0][0] <= now:
            due, key = heapq.heappop(self._due)
            if self._awaited.get(key) == due:
                del self._awaited[key]
                self._judge(key, now)
        for pool in self._pools_changed:
            self._rooms.pop(pool, None)
            if pool in self._pools:
                self._rooms[pool] = room(self._pools[pool], self._uses.get(pool))
        self._pools_changed.clear()
        self._changed = False
        pools = tuple(self._rooms[name] for name in sorted(self._rooms))
        severities = Multiset(subject.severity for _, subject in self._subjects.values())
        # The newest are last in the dict and first in their rank: seen first, they spare most of the comparisons.
        worst = heapq.nsmallest(SHOWN, reversed(self._subjects.values()))
        return Overview(
            at=now,
            watching_since=now if self._watching_since is None else self._watching_since,
            counts={severity: severities[severity] for severity in Severity},
            subjects=tuple(subject for _, subject in worst),
            more=len(self._subjects) - len(worst),
            cluster=whole(pools),
            pools=pools,
            error_budgets=self._error_budgets.worst,
            error_budgets_more=self._error_budgets.more,
            sources=tuple(sources),
            questions=QUESTIONS,
        )

    def _take_pool(self, key: Key, snapshot: Any, now: float) -> None:  # noqa: ANN401  by its scope
        scope, pool = key
        known: dict[str, Any] = self._pools if scope == "pool" else self._uses
        if snapshot is None:
            known.pop(pool, None)
        elif scope == "pool":
            known[pool] = snapshot
        else:
            known.setdefault(pool, PoolUse()).take(snapshot, now)
        self._pools_changed.add(pool)
        self._changed = True

    def _take_usage(self, key: Key, snapshot: UsageSnapshot | None, now: float) -> None:
        """Take what kubelets tell of a workload: its subject is the workload's own."""
        strain = self._strains.get(key)
        if strain is None and (snapshot is None or quiet(snapshot)):
            return
        if snapshot is None:
            del self._strains[key]
            conditions: tuple[Condition, ...] = ()
        else:
            strain = strain or self._strains.setdefault(key, Strain())
            conditions = strain.take(snapshot, now)
        record = self._records.get(key)
        if record is None:
            if not conditions:
                return
            record = self._records[key] = Record(_identity(key))
        if record.suffer(self._owners.get(key, ""), conditions, now):
            self._judge(key, now)

    def _take_slo(self, key: Key, snapshot: SloSnapshot | None, now: float) -> None:
        """Take an SLO, which is told anew twice a minute: what nobody would see differ costs no more than this."""
        said = None if snapshot is None else told(snapshot, self._owner(key, snapshot))
        if not self._error_budgets.put(key, said):
            return
        self._changed = True
        if said is None:
            self._leave(key, now)
        else:
            self._hear(key, said.row.owner, Sorted(said.conditions, ()), now)

    def _take(self, key: Key, snapshot: Any, samples: Sequence[Sample], now: float) -> None:  # noqa: ANN401  by its scope
        if snapshot is None:
            self._leave(key, now)
        else:
            self._hear(key, self._owner(key, snapshot), sort(samples), now)

    def _hear(self, key: Key, owner: str, said: Sorted, now: float) -> None:
        record = self._records.get(key)
        if record is None:
            if not (said.conditions or said.counters):
                return
            record = self._records[key] = Record(_identity(key))
        if record.update(owner, said, now):
            self._judge(key, now)

    def _leave(self, key: Key, now: float) -> None:
        record = self._records.get(key)
        if record is not None:
            record.leave(now)
            self._judge(key, now)

    def _judge(self, key: Key, now: float) -> None:
        record = self._records[key]
        subject, due = record.judge(now)
        before = self._subjects.pop(key, None)
        if subject is not None:
            self._subjects[key] = (_rank(subject, key), subject)
        if (before and before[1]) != subject:
            self._changed = True
        if due is None:
            self._awaited.pop(key, None)
            if record.idle:
                del self._records[key]
        elif self._awaited.get(key) != due:
            self._awaited[key] = due
            heapq.heappush(self._due, (due, key))

    def _own(self, key: Key, owner: str) -> None:
        if owner:
            self._owners[key] = owner
        else:
            self._owners.pop(key, None)

    def _owner(self, key: Key, snapshot: Any) -> str:  # noqa: ANN401  by its scope
        if key[0] == "workload":
            owner: str = snapshot.owner
            return owner
        if key[0] == "node":
            return ""
        if key[0] == "volumes":
            return self._namespace_owner.get(key[1], "")
        if key[0] == "slo":
            return snapshot.owner or self._namespace_owner.get(Slo(*key[1:]).namespace, "")
        return snapshot.metadata.owner or self._namespace_owner.get(key[1], "")


def _identity(key: Key) -> Identity:
    if key[0] == "workload":
        _, namespace, kind, name = key
        return Identity(kind, namespace, name)
    if key[0] == "node":
        return Identity(KINDS["node"], "", key[1])
    if key[0] == "slo":
        slo = Slo(*key[1:])
        return Identity(KINDS["slo"], slo.namespace, title(slo.slo_service, slo.slo, slo.slo_group))
    return Identity(KINDS[key[0]], key[1], key[2])


def _rank(subject: Subject, key: Key) -> Rank:
    """Worst first, then who has more to say, then the newest: what has just broken is what one looks for."""
    newest = max(finding.since for finding in subject.findings)
    return RANK[subject.severity], -len(subject.findings), -newest, key
