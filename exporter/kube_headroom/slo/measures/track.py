"""One objective on its way: the members it splits into, the meters that count for each."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from kube_headroom.catalogue.metric import Sample
from kube_headroom.slo.intake import Member, Stretch
from kube_headroom.slo.measures.account import Account
from kube_headroom.slo.measures.indicators import MEASURED
from kube_headroom.slo.measures.meter import Meter
from kube_headroom.slo.objective import ClusterIndicator, Objective, Selector


class _Place:
    """Where a meter counts, and whether it knows its workload's state."""

    __slots__ = ("account", "knows")

    def __init__(self, account: Account) -> None:
        self.account = account
        self.knows = False


class Track:
    """The accounts of an objective by group, at most as many as it allows."""

    def __init__(self, objective: Objective, indicator: ClusterIndicator) -> None:
        self.key = objective.key
        self.indicator = indicator
        self.measured = MEASURED[indicator.indicator]
        self._group_by = objective.group_by
        self._group_limit = objective.group_limit
        self._sources = self.measured.sources(indicator.selector.workload_kind)
        self._accounts: dict[str, Account] = {}
        self._places: dict[Meter, _Place] = {}
        self._since: float | None = None
        self._blind = False

    @property
    def selector(self) -> Selector:
        """The workloads that count."""
        return self.indicator.selector

    def measures_alike(self, objective: Objective) -> bool:
        """Whether another definition of the objective counts the same events for the same members."""
        return (objective.sli, objective.group_by, objective.group_limit) == (
            self.indicator,
            self._group_by,
            self._group_limit,
        )

    def enter(self, workload: Selector, now: float) -> tuple[Meter | None, bool]:
        """Make the meter of a workload that is seen for the first time; else say whether it is one group too many."""
        if self._since is None:
            self._since = now
        if not self.measured.suits(workload.workload_kind):
            return None, False
        member = self._member(workload)
        account = self._accounts.get(member.group)
        if account is None:
            if self._group_by and len(self._accounts) >= self._group_limit:
                return None, True
            account = self._accounts[member.group] = Account(member)
        account.workloads += 1
        meter = self.measured.meter(self.indicator, account, self._since)
        self._places[meter] = _Place(account)
        return meter, False

    def see(self, meter: Meter, state: tuple[Any, Sequence[Sample]], now: float) -> None:
        """Show a meter its workload, and its account whether that says anything."""
        place = self._places[meter]
        knows = meter.see(*state, now)
        if knows != place.knows:
            place.knows = knows
            (place.account.begin if knows else place.account.end)(now)

    def leave(self, meter: Meter, now: float) -> None:
        """Let a workload go."""
        place = self._places.pop(meter)
        meter.settle(now)
        if place.knows:
            place.account.end(now)
        place.account.workloads -= 1

    def step(self, now: float, stale: AbstractSet[str]) -> list[Stretch]:
        """Return what was counted up to now, nothing of a time in which a source was stale."""
        if self._since is None:
            self._since = now
        blind, self._blind = self._blind or not self._sources.isdisjoint(stale), not self._sources.isdisjoint(stale)
        if not blind or self.measured.timed:
            for meter in self._places:
                meter.settle(now)
        stretches: list[Stretch] = []
        for account in self._accounts.values():
            stretches += account.skip(now, forget=self.measured.timed) if blind else account.take(now)
        self._accounts = {group: account for group, account in self._accounts.items() if account.workloads}
        return stretches

    def _member(self, workload: Selector) -> Member:
        if not self._group_by:
            return Member("", self.selector)
        declared, found = self.selector._asdict(), workload._asdict()
        group = ",".join(f"{name}={found[name]}" for name in self._group_by)
        return Member(
            group, Selector(**{name: found[name] if name in self._group_by else declared[name] for name in found})
        )
