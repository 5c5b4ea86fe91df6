"""The simulated cluster and the exporter in one process, under the world's clock and without a socket between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from kube_headroom import kubelets, signals, sources
from kube_headroom.app import BUILD, SILENT_SECONDS
from kube_headroom.catalogue.metric import Sample
from kube_headroom.catalogue.metrics import CLUSTER_METRICS
from kube_headroom.cluster.decode import NamespaceFilter, ObjectReader
from kube_headroom.cluster.facts.conversion import Keys
from kube_headroom.cluster.health import ListCause, SourceHealth
from kube_headroom.cluster.kinds import KINDS
from kube_headroom.demo.options import SLO_FILES
from kube_headroom.exposition.deflate import inflate
from kube_headroom.exposition.page import Page, join
from kube_headroom.exposition.registry import registry_body
from kube_headroom.kubelet.failures import Failure, Reason
from kube_headroom.kubelet.health import Cost, Health, findings_of
from kube_headroom.kubelet.pages import KnownBlocks, Oddity
from kube_headroom.kubelet.parsing import PARSERS
from kube_headroom.kubelet.reader import Summary
from kube_headroom.kubelet.schedule import PageName
from kube_headroom.model import Change as Verb
from kube_headroom.model import Fact
from kube_headroom.self_report import registry
from kube_headroom.settings import Settings, read
from kube_headroom.simulator.composition import build
from kube_headroom.simulator.kubelet.housekeeping import Housekeepings
from kube_headroom.simulator.kubelet.pages import cadvisor, own, probes, resource
from kube_headroom.simulator.kubelet.pages.view import View
from kube_headroom.simulator.store import Change, Object
from kube_headroom.simulator.world import World
from kube_headroom.slos import Slos
from kube_headroom.state.inventory import Inventory, Limits
from kube_headroom.state.ledger import Ledger
from kube_headroom.state.usage.limits import UsageLimits
from kube_headroom.timing import Timing

PAGES: dict[PageName, Callable[[View], str]] = {
    PageName.RESOURCE: resource.page,
    PageName.CADVISOR: cadvisor.page,
    PageName.PROBES: probes.page,
    PageName.VOLUMES: own.page,
}
FREE = Cost(0.0, 0, 0)


@dataclass(frozen=True)
class Pace:
    """How finely time passes, all in seconds: the world's step, between publications, between scrapes of all."""

    tick: float
    publish: float
    scrape: float


FINE = Pace(1.0, 5.0, 30.0)
MIDDLE = Pace(5.0, 15.0, 60.0)
"""For what is over and has only to come to rest."""
COARSE = Pace(30.0, 120.0, 240.0)
"""For days on which nothing happens: still finer than Prometheus' memory of five minutes."""


class Stage:
    """A simulated cluster, and an exporter that has watched it from its start."""

    def __init__(self, seed: int, start: float) -> None:
        self.world: World = build(seed=seed, start=start)
        self._settings = read({"slo_files": str(SLO_FILES)})
        self._inventory = _inventory(self._settings, self.world)
        timing = Timing(clock=lambda: self.world.now)
        self._slos = Slos(self._settings, self._inventory, "simulated", timing, stale=self._silent)
        self._page = Page(CLUSTER_METRICS)
        self._own = registry(self._samples)
        keys = Keys(owner=self._settings.owner_keys, slo=f"{self._settings.annotation_prefix}slo")
        self._healths = {kind.name: SourceHealth(kind.name) for kind in KINDS}
        self._readers = {
            kind.name: ObjectReader(kind, keys, self._healths[kind.name], NamespaceFilter()) for kind in KINDS
        }
        self._kubelets = Health(tuple(PAGES))
        self._blocks: dict[str, KnownBlocks] = {}
        self._changes: list[Change] = []
        self._list()

    def play(self, seconds: float, pace: Pace) -> Iterator[tuple[float, bytes]]:
        """Let time pass, and yield the page at every scrape, with its instant in Unix seconds."""
        world, until = self.world, self.world.now + seconds
        world.tick = pace.tick
        while world.now < until:
            world.advance(world.now + pace.publish)
            self._watch()
            scraped = world.now % pace.scrape == 0
            if scraped:
                self._read_kubelets()
            self._publish()
            if scraped:
                yield world.now, self._exposition()

    def _list(self) -> None:
        for kind in KINDS:
            facts = {
                found["metadata"]["uid"]: self._fact(kind.name, found) for found in self.world.store.all(kind.name)
            }
            self._inventory.replace(kind.name, "", facts)
            self._healths[kind.name].list_done(self.world.now, ListCause.FIRST)
            self._healths[kind.name].watching()
        self._inventory.start_waiting()
        self.world.store.listeners.append(self._changes.append)

    def _fact(self, kind: str, found: Object) -> Fact:
        fact = self._readers[kind].read(msgspec.json.encode(found)).fact
        if fact is None:
            raise ValueError(f"the exporter cannot read {kind} {found['metadata']['name']} of the simulated cluster")
        return fact

    def _watch(self) -> None:
        changes = [*self._changes]
        self._changes.clear()
        for change in changes:
            if change.resource in self._readers:
                verb = Verb.DELETE if change.type == "DELETED" else Verb.UPSERT
                self._inventory.apply(change.resource, [(verb, self._fact(change.resource, change.object))])
        for health in self._healths.values():
            health.heard(self.world.now)

    def _read_kubelets(self) -> None:
        nodes = {fact.metadata.name for fact in self._inventory.nodes()}
        for gone in self._blocks.keys() - nodes:
            del self._blocks[gone]
            self._kubelets.left(gone)
            self._inventory.gone(gone)
        for node in sorted(nodes & self.world.machines.keys()):
            self._blocks.setdefault(node, KnownBlocks())
            self._kubelets.joined(node, node)
            machine = self.world.machines[node]
            if not machine.up or not machine.powered:
                for name in PAGES:
                    self._kubelets.failed(node, name, Failure(Reason.UNREACHABLE, "off"), FREE, "off")
                continue
            housekeeping = self.world.part(Housekeepings).on(node)
            view = View(
                machine=machine, housekeeping=housekeeping, now=self.world.now, kubernetes=self.world.kubernetes
            )
            for name, page_of in PAGES.items():
                odd: Counter[Oddity] = Counter()
                page = PARSERS[name](page_of(view).encode(), odd, self._blocks[node])
                self._inventory.page(node, page, self.world.now)
                findings = findings_of(page, self._inventory.running(node))
                self._kubelets.read(node, name, self.world.now, FREE, findings)

    def _publish(self) -> None:
        now = self.world.now
        for origin in (self._inventory, self._slos):
            for key, snapshot in origin.snapshots(origin.changes()):
                samples = () if snapshot is None else tuple(signals.samples(key[0], snapshot))
                self._page.put(key, samples)
                self._slos.put(key, snapshot, samples, now)

    def _exposition(self) -> bytes:
        return b"".join(inflate(join((self._page.body(), registry_body(self._own))).text))

    def _samples(self) -> Iterator[Sample]:
        yield BUILD
        reports = [health.report() for health in self._healths.values()]
        yield from sources.samples(reports, self._inventory.sizes(), self._silent())
        summary = Summary(
            expected=len(self._blocks),
            virtual=0,
            without_address=0,
            insecure=False,
            pages=self._kubelets.summary(),
            missed=dict.fromkeys(PAGES, 0),
            oddities={},
            findings=self._kubelets.findings(),
        )
        yield from kubelets.samples(summary)
        yield from self._slos.samples()

    def _silent(self) -> frozenset[str]:
        reports = [health.report() for health in self._healths.values()]
        return sources.stale(reports, self.world.now, SILENT_SECONDS)


def _inventory(settings: Settings, world: World) -> Inventory:
    limits = Limits(
        counter_hold=settings.counter_hold,
        kept_after=settings.workload_kept_after,
        owner_wait=settings.owner_wait,
        rollout_deadline=settings.rollout_deadline,
        bare_workloads=settings.bare_workloads_per_namespace,
        event_reasons=frozenset(settings.event_reasons),
        minor=int(world.kubernetes.split(".")[1]),
        usage=UsageLimits(stale_after=settings.kubelet_stale_after, peak_window=settings.peak_window, read=True),
    )
    return Inventory(limits, Ledger(world.now, saved=False), lambda: world.now)
