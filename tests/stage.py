"""An inventory with a clock of its own, read the way the publisher reads it."""

from __future__ import annotations

from kube_headroom.exposition.render import render
from kube_headroom.model import Change, Fact, Pod
from kube_headroom.signals import samples
from kube_headroom.state.inventory import Inventory, Limits
from kube_headroom.state.ledger import Ledger
from kube_headroom.state.usage.limits import UsageLimits
from tests.facts import START

LIMITS = Limits(
    counter_hold=60,
    kept_after=600,
    owner_wait=30,
    rollout_deadline=600,
    bare_workloads=3,
    event_reasons=frozenset({"BackOff", "Unhealthy"}),
    minor=36,
    usage=UsageLimits(publish_every=0),
)
EMPTY_KINDS = ("replicasets", "jobs", "events", "pods")


class Stage:
    """Facts in, exposition lines out."""

    def __init__(self, ledger: Ledger | None = None, limits: Limits = LIMITS) -> None:
        self.now = START
        self.ledger = ledger or Ledger(START)
        self.inventory = Inventory(limits, self.ledger, lambda: self.now)
        self._page: dict[tuple[str, ...], list[str]] = {}
        self._listed: set[str] = set()

    def relist(self, kind: str, *facts: Fact, scope: str = "") -> None:
        self._listed.add(kind)
        self.inventory.replace(kind, scope, {uid_of(fact): fact for fact in facts})

    def start(self) -> None:
        """Say that every kind was listed, as the wiring does."""
        for kind in EMPTY_KINDS:
            if kind not in self._listed:
                self.relist(kind)
        self.inventory.start_waiting()

    def upsert(self, kind: str, *facts: Fact) -> None:
        self.inventory.apply(kind, [(Change.UPSERT, fact) for fact in facts])

    def delete(self, kind: str, *facts: Fact) -> None:
        self.inventory.apply(kind, [(Change.DELETE, fact) for fact in facts])

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def lines(self) -> list[str]:
        """Publish, and return every line of the page."""
        for key, snapshot in self.inventory.snapshots(self.inventory.changes()):
            if snapshot is None:
                self._page.pop(key, None)
            else:
                rendered = render(samples(key[0], snapshot)).values()
                self._page[key] = b"".join(rendered).decode().splitlines()
        return sorted(line for lines in self._page.values() for line in lines)

    def matching(self, *words: str) -> list[str]:
        """Publish, and return the lines that hold every word."""
        return [line for line in self.lines() if all(word in line for word in words)]

    def values(self, name: str) -> dict[str, float]:
        """Publish, and return one metric's values by label block."""
        found = (line.rsplit(" ", 1) for line in self.matching(name + "{"))
        return {series.removeprefix(name): float(value) for series, value in found}

    def workloads(self) -> set[str]:
        """Publish, and return every workload that exists as `kind/name`."""
        return {
            f"{label(line, 'workload_kind')}/{label(line, 'workload')}"
            for line in self.matching("headroom_workload_info{")
        }


def label(line: str, name: str) -> str:
    return line.split(f'{name}="', 1)[1].split('"', 1)[0]


def uid_of(fact: Fact) -> str:
    return fact.uid if isinstance(fact, Pod) else fact.metadata.uid
