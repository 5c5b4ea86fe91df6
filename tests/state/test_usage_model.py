"""Whatever happens to pods, kubelets, clocks and ourselves: counters never fall, and end where plain dicts end."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kube_headroom.readings import Cgroup, Page, ProbesPage
from kube_headroom.state.ledger import Ledger, Row
from kube_headroom.state.usage.totals import UNMEASURED
from tests.facts import START, controller, node, pod, reference, replica_set, status
from tests.kubelet_rows import cadvisor, cgroup, probe, probes, resource, usage
from tests.stage import LIMITS, Stage

CPU = "headroom_workload_cpu_usage_seconds_total"
LOST = "headroom_workload_cpu_throttled_seconds_total"
PERIODS = "headroom_workload_cpu_cfs_throttled_seconds_total"
PROBES = "headroom_workload_probes_total"
FAILURES = "headroom_workload_probe_failures_total"
COUNTERS = (CPU, LOST, PERIODS, PROBES, FAILURES)
NODES = ("node-1", "node-2")
NO_HOLD = LIMITS._replace(counter_hold=0)

STEADY = 0.1
LENGTHS = st.sampled_from([5.0, 15.0, 30.0])
NUMBERS = st.integers(0, 7)
# Beside steps of 5 s no five of them bring a clock back to where a run began: two runs of one start are one to us.
JUMPS = st.sampled_from([-2999.25, -599.25, -49.25, -4.25, 20.75, 90.75, 3000.75])


class Sample(NamedTuple):
    """What housekeeping read last of a container or its pod, by the node's clock."""

    at: float
    cpu: float
    throttled: float


class Container:
    """A pod's one container as it truly is."""

    def __init__(self, name: str, machine: Machine, created: float) -> None:
        self.name = name
        self.machine = machine
        self.created = created
        self.pod_cpu = self.pod_throttled = 0.0
        self.pod_sample: Sample | None = None
        self.probes = [0, 0]
        self.run = 0
        self.begin()

    def begin(self) -> None:
        self.run += 1
        self.cpu = self.throttled = 0.0
        self.started = self.machine.clock
        self.sample: Sample | None = None

    @property
    def identity(self) -> str:
        return f"{self.name}-{self.run}"


class Machine:
    """A node: its clock, and its kubelet's."""

    def __init__(self, name: str, clock: float) -> None:
        self.name = name
        self.clock = clock
        self.kubelet_started = clock - 100

    def jump(self, seconds: float) -> None:
        self.clock += seconds


class Reference:
    """What should be counted, in plain dicts: the last value shown of every counter, and what of it is not this life's."""

    def __init__(self) -> None:
        self.shown: dict[tuple[str, str], float] = {}
        self.base: dict[tuple[str, str], float] = {}

    def show(self, counter: str, key: str, value: float) -> None:
        self.shown[counter, key] = value

    def rebase(self, shown: dict[tuple[str, str], float]) -> None:
        """Begin anew with what the last save knew: a killed process takes with it what came after."""
        self.shown, self.base = dict(shown), dict(shown)

    def counted(self, counter: str) -> float:
        """Sum what was shown since the base; a key stands for one run, so nothing in it ever falls."""
        return sum(
            value - self.base.get((name, key), 0.0) for (name, key), value in self.shown.items() if name == counter
        )

    def lost(self) -> float:
        """Sum the larger of what a pod and its containers lost, which our own restarts must not change."""
        own, containers = self.by_pod("own"), self.by_pod(PERIODS)
        return sum(max(own[name], containers[name]) for name in own)

    def by_pod(self, counter: str) -> dict[str, float]:
        sums: dict[str, float] = {}
        for (name, key), value in self.shown.items():
            if name == counter:
                of = key.split("/")[0]
                sums[of] = sums.get(of, 0.0) + value
        return sums


class Kubelets(RuleBasedStateMachine):
    """Two nodes, up to eight pods of one Deployment, and an exporter that is started anew now and then."""

    @initialize()
    def begin(self) -> None:
        self.now = START
        self.machines = {name: Machine(name, START + index * 7000) for index, name in enumerate(NODES)}
        self.containers: dict[str, Container] = {}
        self.made = 0
        self.reference = Reference()
        self.epochs: dict[str, int] = {}
        self.rows: dict[tuple[str, str], Row] = {}
        self.floor: dict[str, float] = {}
        self.former = dict.fromkeys((LOST, PERIODS), 0.0)
        self.steady = True
        self.exact = True
        self.create()
        self.stage = self.started(Ledger(START))

    def started(self, ledger: Ledger) -> Stage:
        stage = Stage(ledger, NO_HOLD)
        stage.now = self.now
        stage.relist("nodes", *(node(name) for name in NODES))
        stage.relist("replicasets", replica_set())
        stage.relist("deployments", controller())
        stage.relist("pods", *(self.fact(one) for one in self.containers.values()))
        stage.start()
        self.floor = dict.fromkeys(COUNTERS, 0.0)
        return stage

    def fact(self, one: Container, **fields: Any) -> Any:
        known = {
            "node": one.machine.name,
            "created": one.created,
            "controller": reference("ReplicaSet", "web-abc"),
            "statuses": (status(restart_count=one.run - 1),),
        }
        return pod(one.name, **(known | fields))

    # what happens in the cluster

    @rule()
    def create(self) -> None:
        if len(self.containers) < 8:
            machine = self.machines[NODES[self.made % 2]]
            one = Container(f"web-{self.made}", machine, self.now)
            self.made += 1
            self.containers[one.name] = one
            if hasattr(self, "stage"):
                self.stage.upsert("pods", self.fact(one))

    @rule(number=NUMBERS, abruptly=st.booleans())
    def delete(self, number: int, *, abruptly: bool) -> None:
        if len(self.containers) > 1:
            one = self.chosen(number)
            self.end_of(abruptly=abruptly)
            del self.containers[one.name]
            self.stage.delete("pods", self.fact(one))

    @rule(number=NUMBERS, abruptly=st.booleans())
    def restart_container(self, number: int, *, abruptly: bool) -> None:
        one = self.chosen(number)
        self.end_of(abruptly=abruptly)
        one.begin()
        self.stage.upsert("pods", self.fact(one))

    @rule(name=st.sampled_from(NODES))
    def restart_kubelet(self, name: str) -> None:
        machine = self.machines[name]
        machine.kubelet_started = machine.clock
        self.epochs[name] = self.epochs.get(name, 0) + 1
        for one in self.containers.values():
            if one.machine is machine:
                one.probes = [0, 0]

    @rule(name=st.sampled_from(NODES), seconds=JUMPS)
    def set_clock(self, name: str, seconds: float) -> None:
        self.machines[name].jump(seconds)

    @rule(seconds=LENGTHS, rate=st.sampled_from([0.0, STEADY, 0.5]), failing=st.booleans())
    def run(self, seconds: float, rate: float, *, failing: bool) -> None:
        """Time passes, and everything runs."""
        self.steady &= rate == STEADY
        self.now += seconds
        self.stage.now = self.now
        for machine in self.machines.values():
            machine.clock += seconds
        for index, one in enumerate(self.containers.values()):
            one.cpu += seconds * rate
            one.pod_cpu += seconds * rate
            one.throttled += seconds * rate * (index % 3) / 4
            one.pod_throttled += seconds * rate * (index % 2) / 2
            one.probes[failing] += int(seconds // 5)

    # what the kubelets tell

    @rule(name=st.sampled_from(NODES), which=st.integers(1, 7))
    def sample(self, name: str, which: int) -> None:
        """Housekeeping reads some cgroups; those it leaves out stand still."""
        machine = self.machines[name]
        for index, one in enumerate(self.containers.values()):
            if one.machine is machine and which >> (index % 3) & 1:
                one.sample = Sample(machine.clock, one.cpu, one.throttled)
                one.pod_sample = Sample(machine.clock, one.pod_cpu, one.pod_throttled)

    @rule(name=st.sampled_from(NODES), kinds=st.integers(1, 7))
    def read(self, name: str, kinds: int) -> None:
        """We read some of a node's pages."""
        for index, page in enumerate(self.pages(name)):
            if kinds >> index & 1:
                self.stage.inventory.page(name, page, self.now)
                if isinstance(page, ProbesPage):
                    self.note_probes(page)

    def pages(self, name: str) -> list[Page]:
        machine = self.machines[name]
        here = [one for one in self.containers.values() if one.machine is machine]
        seen = [(one, one.sample) for one in here if one.sample is not None]
        rows = [usage(each.cpu, each.at, pod=one.name, started=one.started) for one, each in seen]
        cgroups: list[Cgroup] = []
        for one, each in seen:
            counts = (each.throttled * 20, each.throttled * 10, each.throttled)
            cgroups.append(cgroup(each.at, pod=one.name, container="app", run=one.identity, cpu=each.cpu, cfs=counts))
        owns = [(one, one.pod_sample) for one in here if one.pod_sample is not None]
        cgroups += (cgroup(own.at, pod=one.name, cpu=own.cpu, throttled=own.throttled) for one, own in owns)
        results = [probe(*one.probes, pod=one.name) for one in here]
        return [resource(*rows), cadvisor(*cgroups), probes(*results, started=machine.kubelet_started)]

    def note_probes(self, page: ProbesPage) -> None:
        for row in page.probes:
            one = self.containers[row.pod]
            key = f"{row.pod}/{one.machine.name}-{self.epochs.get(one.machine.name, 0)}"
            self.reference.show(PROBES, key, row.successful + row.failed)
            self.reference.show(FAILURES, key, row.failed)

    def end_of(self, *, abruptly: bool) -> None:
        """A run is about to end: its last seconds are read, or it ends abruptly and they may be lost."""
        if abruptly:
            self.exact = False
            self.note_usage()
        else:
            self.settle()

    def note_usage(self) -> None:
        for one in self.containers.values():
            self.reference.show(CPU, f"{one.name}/{one.run}", one.cpu)
            self.reference.show(PERIODS, f"{one.name}/{one.run}", one.throttled)
            self.reference.show("own", one.name, one.pod_throttled)

    # what happens to us

    @rule()
    def settle(self) -> None:
        """Everything is sampled and read again and again, until no clock stands in the way; then all agrees."""
        for _ in range(4):
            self.run(30.0, STEADY, failing=False)
            for name in NODES:
                self.sample(name, 7)
                self.read(name, 7)
        self.note_usage()
        for counter in (PROBES, FAILURES, CPU, PERIODS):
            counted, expected = self.value(counter), self.reference.counted(counter)
            assert counted <= expected + 1e-6, counter
            if self.exact or counter in (PROBES, FAILURES):
                assert counted == pytest.approx(expected, abs=1e-6), counter
        if self.steady:
            rests = sum(value for series, value in self.stage.values(CPU).items() if UNMEASURED in series)
            assert self.value(CPU) + rests <= self.reference.counted(CPU) + 1e-6
        lost, counted = self.reference.lost(), self.former[LOST] + self.value(LOST)
        assert counted <= lost + 1e-6
        if self.exact:
            assert counted == pytest.approx(lost, abs=1e-6)

    @rule(killed=st.booleans(), ahead=st.booleans(), seconds=st.sampled_from([0.0, 20.0, 300.0]))
    def restart_exporter(self, seconds: float, *, killed: bool, ahead: bool) -> None:
        """We end, by our own will or not; a kill forgets what came after the last save, never what was before it.

        Pods' rows may be ahead of their containers' then.
        """
        self.settle()
        if ahead:
            self.get_ahead()
        self.save()
        former = {counter: before + self.value(counter) for counter, before in self.former.items()}
        shown = dict(self.reference.shown)
        saved_at = self.now
        if killed:
            self.settle()
        self.run(seconds, STEADY, failing=True)
        self.former = former
        ledger = Ledger(self.now)
        ledger.restore(iter(self.rows.values()), saved_at)
        self.stage = self.started(ledger)
        self.reference.rebase(shown)

    def get_ahead(self) -> None:
        """Housekeeping reads the pods' own cgroups alone."""
        self.run(30.0, 0.5, failing=False)
        for one in self.containers.values():
            one.pod_sample = Sample(one.machine.clock, one.pod_cpu, one.pod_throttled)
            self.reference.show("own", one.name, one.pod_throttled)
        for name in NODES:
            self.stage.inventory.page(name, self.pages(name)[1], self.now)

    def save(self) -> None:
        for row in self.stage.inventory.take_changes(everything=True):
            self.rows[row.table, row.key] = row
            if row.value is None:
                del self.rows[row.table, row.key]

    @invariant()
    def no_counter_falls(self) -> None:
        if not hasattr(self, "stage"):
            return
        for counter in COUNTERS:
            value = self.value(counter)
            assert value >= self.floor[counter] - 1e-9, counter
            self.floor[counter] = value

    @invariant()
    def what_the_workload_lost_is_no_less_than_what_its_containers_did(self) -> None:
        if hasattr(self, "stage"):
            lost, theirs = (before + self.value(counter) for counter, before in self.former.items())
            assert lost >= theirs - 1e-6

    def value(self, counter: str) -> float:
        """Sum a counter, but for the rests of pods: they presume that rates stay, which these need not."""
        return sum(value for series, value in self.stage.values(counter).items() if UNMEASURED not in series)

    def chosen(self, number: int) -> Container:
        return [*self.containers.values()][number % len(self.containers)]


TestKubelets = Kubelets.TestCase
TestKubelets.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
