"""A place where workloads change and what is counted of them can be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from fractions import Fraction
from typing import Any

from kube_headroom import model, signals
from kube_headroom.catalogue.labels import Workload
from kube_headroom.catalogue.metric import Sample
from kube_headroom.slo.amount import Amount
from kube_headroom.slo.intake import Stretch
from kube_headroom.slo.measures import Measures
from kube_headroom.slo.objective import ClusterIndicator, Indicator, Objective, Period, Place, Selector
from kube_headroom.snapshot import UsageSnapshot, WorkloadSnapshot
from tests import facts

WEB = Workload("shop", "Deployment", "web")
MONTH = (Period("30d", 30 * 86_400),)


def objective(indicator: Indicator, selector: Selector | None = None, name: str = "slo", **fields: Any) -> Objective:
    parameters = {key: fields.pop(key) for key in ClusterIndicator._fields if key in fields}
    sli = ClusterIndicator(indicator, Selector(*WEB) if selector is None else selector, **parameters)
    return Objective("shop", name, Fraction(99, 100), sli, MONTH, Place("test", 0), **fields)


def workload(of: Workload = WEB, **fields: Any) -> WorkloadSnapshot:
    known: dict[str, Any] = {
        "owner": "",
        "controller": None,
        "jobs": (),
        "autoscaler": None,
        "pods": (),
        "ready_nodes": frozenset(),
        "rollout_stuck": None,
        "counters": (),
    }
    return WorkloadSnapshot(workload=of, **(known | fields))


def scaled_to(desired: int, ready: int | None = None, of: Workload = WEB, **fields: Any) -> WorkloadSnapshot:
    counts = facts.replicas(desired, ready=desired if ready is None else ready)
    return workload(of, controller=facts.controller(of.workload, of.workload_kind, replicas=counts, **fields))


def usage(of: Workload = WEB, *, expected: int = 1, measured: int = 1, **fields: Any) -> UsageSnapshot:
    known: dict[str, Any] = {"containers": (), "throttled": None, "pressure": (), "probes": ()}
    return UsageSnapshot(workload=of, expected=expected, measured=measured, **(known | fields))


class Stage:
    """Measures with an intake that remembers."""

    def __init__(self, *objectives: Objective) -> None:
        self.stretches: list[tuple[tuple[str, str], Stretch]] = []
        self.flaws: Counter[tuple[tuple[str, str], str]] = Counter()
        self.measures = Measures(self)
        self.measures.define(objectives)

    def add(self, key: tuple[str, str], stretches: list[Stretch]) -> None:
        self.stretches += [(key, stretch) for stretch in stretches]

    def fill(self, key: tuple[str, str], stretches: list[Stretch]) -> None:
        raise AssertionError(key, stretches)

    def flaw(self, key: tuple[str, str], reason: str, times: int = 1) -> None:
        self.flaws[key, reason] += times

    def put(self, at: float, snapshot: WorkloadSnapshot | UsageSnapshot | model.Pod, *more: Sample) -> None:
        assert isinstance(snapshot, WorkloadSnapshot | UsageSnapshot)
        scope = "workload" if isinstance(snapshot, WorkloadSnapshot) else "usage"
        samples = (*signals.samples(scope, snapshot), *more)
        self.measures.put((scope, *snapshot.workload), snapshot, samples, facts.START + at)

    def gone(self, at: float, of: Workload = WEB, scope: str = "workload") -> None:
        self.measures.put((scope, *of), None, (), facts.START + at)

    def step(self, at: float, stale: AbstractSet[str] = frozenset()) -> list[tuple[float, float, float, float]]:
        """The new stretches: start and end since START, events and bad ones in the SLI's unit."""
        before = len(self.stretches)
        self.measures.step(facts.START + at, stale)
        return [_plain(stretch) for _, stretch in self.stretches[before:]]

    def total(self) -> Amount:
        amounts = [stretch.amount for _, stretch in self.stretches]
        return Amount(sum(one.events for one in amounts), sum(one.bad for one in amounts))

    def groups(self) -> dict[str, tuple[float, float]]:
        sums: dict[str, tuple[float, float]] = {}
        for _, stretch in self.stretches:
            events, bad = sums.get(stretch.member.group, (0.0, 0.0))
            _, _, more, worse = _plain(stretch)
            sums[stretch.member.group] = (events + more, bad + worse)
        return sums


def _plain(stretch: Stretch) -> tuple[float, float, float, float]:
    amount = stretch.amount
    return stretch.start - facts.START, stretch.end - facts.START, amount.events / 1e6, amount.bad / 1e6


def played(stage: Stage, story: Sequence[tuple[float, Any]], end: float) -> list[tuple[float, float, float, float]]:
    """Put each snapshot at its time (None for gone) and step once at the end."""
    for at, snapshot in story:
        if snapshot is None:
            stage.gone(at)
        else:
            stage.put(at, snapshot)
    return stage.step(end)
