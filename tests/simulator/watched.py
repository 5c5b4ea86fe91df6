"""The exporter's state beside a simulated world, without sockets: fed with its objects and its kubelets' pages."""

from __future__ import annotations

from collections import Counter, defaultdict

import msgspec

from kube_headroom import signals
from kube_headroom.cluster.decode import NamespaceFilter, ObjectReader
from kube_headroom.cluster.facts.conversion import Keys
from kube_headroom.cluster.health import SourceHealth
from kube_headroom.cluster.kinds import KINDS
from kube_headroom.kubelet.pages import KnownBlocks, Oddity
from kube_headroom.kubelet.parsing import PARSERS
from kube_headroom.kubelet.schedule import PageName
from kube_headroom.model import Change as Verb
from kube_headroom.model import Fact
from kube_headroom.simulator.kubelet.housekeeping import Housekeepings
from kube_headroom.simulator.kubelet.pages import cadvisor, probes, resource
from kube_headroom.simulator.kubelet.pages.view import View
from kube_headroom.simulator.store import Change, Object
from kube_headroom.simulator.world import World
from kube_headroom.state.inventory import Inventory, Limits
from kube_headroom.state.ledger import Ledger
from tests.simulator.reference import COUNTED, Reference, Series

PAGES = {PageName.RESOURCE: resource.page, PageName.CADVISOR: cadvisor.page, PageName.PROBES: probes.page}
EVERY = {PageName.RESOURCE: 15, PageName.CADVISOR: 30, PageName.PROBES: 30}
PUBLISH_SECONDS = 10
HOLD_SECONDS = 60.0
KEYS = Keys(owner=("kube-headroom.io/owner",), slo="kube-headroom.io/slo")
NAMES = frozenset(metric.name for metric in COUNTED)


class Watched:
    """A world, and the exporter's view of it since `__init__`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.inventory = Inventory(
            Limits(HOLD_SECONDS, 600, 30, 600, 1000, frozenset(), 36), Ledger(world.now, saved=False), lambda: world.now
        )
        self.samples: dict[tuple[str, tuple[str, ...]], float] = {}
        self.fallen: list[tuple[str, tuple[str, ...]]] = []
        self.reference = Reference(world)
        self._readers = {
            kind.name: ObjectReader(kind, KEYS, SourceHealth(kind.name), NamespaceFilter()) for kind in KINDS
        }
        self._known = {node: KnownBlocks() for node in world.machines}
        self._changes: list[Change] = []
        for kind in KINDS:
            facts = {found["metadata"]["uid"]: self._fact(kind.name, found) for found in world.store.all(kind.name)}
            self.inventory.replace(kind.name, "", facts)
        self.inventory.start_waiting()
        world.store.listeners.append(self._changes.append)

    def advance(self, seconds: int) -> None:
        """Let time pass: objects at once, each page on its turn, a publication every ten seconds."""
        for _ in range(seconds):
            self.world.advance(self.world.now + self.world.tick)
            self._watch()
            self._scrape()
            if self.world.now % PUBLISH_SECONDS == 0:
                self._publish()

    def total(self, metric: str, *labels: str) -> float:
        """The sum of a metric's series whose labels begin so."""
        return sum(
            value for (name, found), value in self.samples.items() if name == metric and found[: len(labels)] == labels
        )

    def counters(self) -> dict[Series, float]:
        """Every counter as the reference names it: without the workload's kind."""
        sums: dict[Series, float] = defaultdict(float)
        for (name, labels), value in self.samples.items():
            if name in NAMES:
                namespace, _, *others = labels
                sums[name, namespace, *others] += value
        return sums

    def _fact(self, resource_name: str, found: Object) -> Fact:
        fact = self._readers[resource_name].read(msgspec.json.encode(found)).fact
        assert fact is not None
        return fact

    def _watch(self) -> None:
        for change in self._changes:
            if change.resource in self._readers:
                verb = Verb.DELETE if change.type == "DELETED" else Verb.UPSERT
                self.inventory.apply(change.resource, [(verb, self._fact(change.resource, change.object))])
        self._changes.clear()

    def _scrape(self) -> None:
        second = int(self.world.now)
        for number, (node, machine) in enumerate(self.world.machines.items()):
            due = [name for name, every in EVERY.items() if machine.up and (second + number) % every == 0]
            if not due:
                continue
            view = View(
                machine=machine,
                housekeeping=self.world.part(Housekeepings).on(node),
                now=self.world.now,
                kubernetes=self.world.kubernetes,
            )
            for name in due:
                odd: Counter[Oddity] = Counter()
                page = PARSERS[name](PAGES[name](view).encode(), odd, self._known[node])
                assert not odd
                self.inventory.page(node, page, self.world.now)

    def _publish(self) -> None:
        for key, snapshot in self.inventory.snapshots(self.inventory.changes()):
            if snapshot is None:
                continue
            for sample in signals.samples(key[0], snapshot):
                series = (sample.metric.name, sample.labels)
                if sample.metric.kind == "counter" and sample.value < self.samples.get(series, 0.0):
                    self.fallen.append(series)
                self.samples[series] = sample.value
