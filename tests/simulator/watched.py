"""The exporter's state beside a simulated world, without sockets: fed with its objects and its kubelets' pages."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

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

PAGES = {PageName.RESOURCE: resource.page, PageName.CADVISOR: cadvisor.page, PageName.PROBES: probes.page}
EVERY = {PageName.RESOURCE: 15, PageName.CADVISOR: 30, PageName.PROBES: 30}
PUBLISH_SECONDS = 10
HOLD_SECONDS = 60.0
Series = tuple[str, tuple[str, ...]]


class Books(NamedTuple):
    """What a cgroup's kernel has counted of it: core-seconds, seconds throttled; and how long it lived before our eyes."""

    cpu: float = 0.0
    throttled: float = 0.0
    seconds: float = 0.0


class Watched:
    """A world, and the exporter's view of it since `__init__`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.inventory = Inventory(
            Limits(HOLD_SECONDS, 600, 30, 600, 1000, frozenset(), 36), Ledger(world.now), lambda: world.now
        )
        self.samples: dict[Series, float] = {}
        self.fallen: list[Series] = []
        self.cgroups: dict[tuple[str, str, str], Books] = {}
        """By pod uid, container ("" for the pod's own) and container id: what was counted since we watch."""
        self.workloads: dict[str, tuple[str, str]] = {}
        """Namespace and workload of each pod there ever was, by the uid that its kubelet knows."""
        self._readers = {
            kind.name: ObjectReader(kind, Keys(), SourceHealth(kind.name), NamespaceFilter()) for kind in KINDS
        }
        self._known = {node: KnownBlocks() for node in world.machines}
        self._changes: list[Change] = []
        for kind in KINDS:
            facts = {found["metadata"]["uid"]: self._fact(kind.name, found) for found in world.store.all(kind.name)}
            self.inventory.replace(kind.name, "", facts)
        self.inventory.start_waiting()
        world.store.listeners.append(self._changes.append)
        self._before = self._books()

    def advance(self, seconds: int) -> None:
        """Let time pass: objects at once, each page on its turn, a publication every ten seconds."""
        for _ in range(seconds):
            self.world.advance(self.world.now + self.world.tick)
            for key, books in self._books().items():
                before = self._before.get(key, Books())
                lived = self.cgroups.get(key, Books()).seconds + self.world.tick
                self.cgroups[key] = Books(books.cpu - before.cpu, books.throttled - before.throttled, lived)
            self._name_pods()
            self._watch()
            self._scrape()
            if self.world.now % PUBLISH_SECONDS == 0:
                self._publish()

    def total(self, metric: str, *labels: str) -> float:
        """The sum of a metric's series whose labels begin so."""
        return sum(
            value for (name, found), value in self.samples.items() if name == metric and found[: len(labels)] == labels
        )

    def _name_pods(self) -> None:
        """The shop labels pods with their workload; a static pod is its own, and has a uid of its kubelet's."""
        for pod in self.world.store.all("pods"):
            metadata = pod["metadata"]
            static = metadata.get("annotations", {}).get("kubernetes.io/config.hash")
            named = None if static else metadata.get("labels", {}).get("app.kubernetes.io/name")
            self.workloads[static or metadata["uid"]] = (metadata["namespace"], named or metadata["name"])

    def _books(self) -> dict[tuple[str, str, str], Books]:
        found = {}
        for machine in self.world.machines.values():
            for pod in machine.pods.values():
                found[pod.uid, "", ""] = Books(pod.cgroup.cpu_seconds, pod.cgroup.throttled_seconds)
                for one in pod.containers.values():
                    found[pod.uid, one.name, one.id] = Books(one.cgroup.cpu_seconds, one.cgroup.throttled_seconds)
        return found

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
