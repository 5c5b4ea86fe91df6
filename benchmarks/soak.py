"""An hour of churn, faults and incidents: does the exporter's memory stay flat, and does it count what happened?

.venv/bin/python -m benchmarks.soak [--minutes 60] [--warm-up 15] [--nodes 40] [--workloads 120] [--seed 1] [--folder /tmp/soak]
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import linear_regression
from typing import NamedTuple

import click
import httpx
from aiohttp import web

from benchmarks.costs import MALLOC, cpu_seconds, resident_bytes
from kube_headroom.errors import UsageError
from kube_headroom.simulator.clock import Clock
from kube_headroom.simulator.composition import build
from kube_headroom.simulator.incidents.board import Incidents
from kube_headroom.simulator.incidents.catalogue import INCIDENTS
from kube_headroom.simulator.kubelet.application import BROKEN, application, ports_of
from kube_headroom.simulator.kubelet.faults import FAULTS
from kube_headroom.simulator.kubelet.kubelet import Kubelets
from kube_headroom.simulator.serving import Served, bind_free, port_of
from kube_headroom.simulator.simulation import Simulation
from kube_headroom.simulator.store import controller
from kube_headroom.simulator.world import World
from tests.real.exporter import COMMAND, Page, labels_of
from tests.real.processes import Process, free_port
from tests.simulator.reference import COUNTED, Reference, Series

SAMPLE_SECONDS = 15
COMPARE_EVERY = 12
EVENTS_KEPT_SECONDS = 600.0
"""As with `--event-ttl=10m`: events are then as many all the time, instead of growing for an hour."""
SETTLING_SECONDS = 120
QUIET_SECONDS = 300
"""At the end nothing is broken any more, so that everything can be told; incidents heal for as long."""
MEBI = 2**20
HOUR = 3600
NAMES = frozenset(metric.name for metric in COUNTED)


class Churn:
    """A part of the world that troubles it by a seeded schedule."""

    def __init__(self, world: World, kubelets: web.Application, simulation: Simulation, ends: float) -> None:
        self._world, self._kubelets, self._simulation = world, kubelets, simulation
        self._chance = world.chance("churn")
        self._ends = ends
        self._due: list[tuple[float, Callable[[], None]]] = []
        self._turns: tuple[tuple[int, Callable[[], None]], ...] = (
            (15, self._delete_pod),
            (20, self._break_kubelet),
            (40, self._begin_incident),
            (300, self._restart_kubelet),
            (200, self._cut_watches),
        )
        self.done: dict[str, int] = {}

    def step(self, now: float) -> None:
        """Do what is due, and take back what is over."""
        for due in [due for due in self._due if due[0] <= now]:
            self._due.remove(due)
            due[1]()
        for every, turn in self._turns:
            if now < self._ends and int(now) % every == 0:
                turn()

    def _delete_pod(self) -> None:
        owned = [pod for pod in self._world.store.all("pods") if controller(pod)]
        self._world.store.delete("pods", self._chance.choice(owned), grace=30)
        self._note("pods deleted")

    def _break_kubelet(self) -> None:
        broken = self._kubelets[BROKEN]
        node, fault = self._chance.choice([*self._world.machines]), self._chance.choice([*FAULTS])
        broken[node] = fault

        def mend() -> None:
            broken.pop(node, None)

        self._due.append((self._world.now + self._chance.uniform(20, 120), mend))
        self._note(f"kubelets: {fault}")

    def _begin_incident(self) -> None:
        name, copy = self._chance.choice([*INCIDENTS]), self._chance.choice(("", "-2", "-3", "-4"))
        usual = INCIDENTS[name].usual
        target = usual.replace("/", f"{copy}/")
        seconds = min(self._chance.uniform(60, 420), max(60.0, self._ends - self._world.now))
        self._world.part(Incidents).begin(name, target=target, seconds=seconds)
        self._note(f"incidents: {name}")

    def _restart_kubelet(self) -> None:
        self._world.part(Kubelets).restart(self._chance.choice([*self._world.machines]))
        self._note("kubelets restarted")

    def _cut_watches(self) -> None:
        # Not their history: what ends and vanishes while nobody can tell of it is known to none but the reference.
        self._simulation.api_server.cut_watches()
        self._note("all watches cut")

    def _note(self, what: str) -> None:
        self.done[what] = self.done.get(what, 0) + 1


class Sample(NamedTuple):
    """What the exporter held and had used `at` seconds after its start."""

    at: float
    resident: tuple[int, ...]
    cpu: float
    series: int


class Soak:
    """The exporter beside the reference: samples, comparisons, and what fell."""

    def __init__(
        self, exporter: Process, url: str, reference: Reference, simulation: Simulation, *, warm_up: float
    ) -> None:
        """`warm_up` is in seconds."""
        self._exporter, self._url, self._reference, self._simulation = exporter, url, reference, simulation
        self._warm_up = warm_up
        self._began = time.monotonic()
        self._client = httpx.Client(timeout=30)
        self._counters: dict[str, float] = {}
        self.samples: list[Sample] = []
        self.fallen: list[str] = []

    def sample(self) -> None:
        """Scrape as Prometheus does, and look at the processes."""
        series = Page(self._client.get(self._url).raise_for_status().text).series
        counters = {name: value for name, value in series.items() if name.partition("{")[0].endswith("_total")}
        self.fallen += [name for name, value in counters.items() if value < self._counters.get(name, 0.0)]
        self._counters |= counters
        pid = self._exporter.pid
        at = time.monotonic() - self._began
        self.samples.append(Sample(at, tuple(resident_bytes(pid)), cpu_seconds(pid), len(series)))

    def wrong(self) -> list[str]:
        """Compare with the reference now."""
        found: dict[Series, float] = {}
        for name, value in self._counters.items():
            metric = name.partition("{")[0]
            if metric in NAMES:
                labels = {label: text for label, text in labels_of(name).items() if label != "workload_kind"}
                series = (metric, *labels.values())
                found[series] = found.get(series, 0.0) + value
        return self._simulation.call(lambda: self._reference.wrong(found))

    def slope(self) -> float:
        """MiB per hour after the warm-up, by least squares."""
        late = [sample for sample in self.samples if sample.at >= self._warm_up]
        if len(late) < 2:
            return float("nan")
        return linear_regression([each.at / HOUR for each in late], [sum(each.resident) / MEBI for each in late]).slope


@click.command()
@click.option("--minutes", default=60, show_default=True)
@click.option("--warm-up", default=15, show_default=True, help="Minutes whose memory is left out of the slope.")
@click.option("--nodes", default=40, show_default=True)
@click.option("--workloads", default=120, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--folder", default=Path("/tmp/soak"), show_default=True, type=click.Path(path_type=Path))
def main(  # noqa: PLR0913 - one for each option
    *, minutes: int, warm_up: int, nodes: int, workloads: int, seed: int, folder: Path
) -> None:
    """Run for so many minutes of real time; print a line a comparison and the figures at the end."""
    folder.mkdir(exist_ok=True)
    seconds = minutes * 60
    with ExitStack() as stack:
        listeners = bind_free(nodes)
        ports = {number: port_of(listener) for number, listener in enumerate(listeners)}
        world = build(seed=seed, start=time.time(), nodes=nodes, workloads=workloads, ports=ports, past=1800)
        world.events.kept_seconds = EVENTS_KEPT_SECONDS
        token = secrets.token_urlsafe(24)
        kubelets = application(world, ports_of(world), token)
        reference = Reference(world, lambda node: node not in kubelets[BROKEN])
        clock = Clock(time.time())
        simulation = stack.enter_context(
            Simulation(world, clock=clock, also=[Served(kubelets, listeners)], token=token)
        )
        target = f"127.0.0.1:{free_port()}"
        flags = (
            f"--kubeconfig={simulation.write_kubeconfig(folder / 'kubeconfig')}",
            f"--web.listen-address={target}",
            f"--state.file={folder / 'state.sqlite'}",
        )
        (folder / "state.sqlite").unlink(missing_ok=True)
        exporter = Process(
            (COMMAND, "run", *flags),
            log=folder / "exporter.log",
            ready=lambda: httpx.get(f"http://{target}/-/ready").is_success,
            environment=os.environ | MALLOC,
        )
        exporter.start(timeout=120)
        stack.callback(exporter.discard)
        soak = Soak(exporter, f"http://{target}/metrics", reference, simulation, warm_up=warm_up * 60)
        churn = Churn(world, kubelets, simulation, world.now + seconds - QUIET_SECONDS)
        _run(soak, simulation, lambda: _trouble(world, reference, churn), seconds)
        for what, times in sorted(churn.done.items()):
            click.echo(f"{times:5} {what}")
        _report(soak)


def _trouble(world: World, reference: Reference, churn: Churn) -> None:
    """Begin with the trouble, ahead of the reference, which is the last part."""
    reference.settle()
    world.parts.insert(world.parts.index(world.part(Incidents)), churn)


def _run(soak: Soak, simulation: Simulation, begin: Callable[[], None], seconds: int) -> None:
    for number in _turns(seconds):
        soak.sample()
        if number == SETTLING_SECONDS // SAMPLE_SECONDS:
            simulation.call(begin)
        if number > SETTLING_SECONDS // SAMPLE_SECONDS and number % COMPARE_EVERY == 0:
            last = soak.samples[-1]
            wrong = soak.wrong()
            held = " + ".join(f"{one / MEBI:.1f}" for one in last.resident)
            click.echo(
                f"{last.at:6.0f} s  RSS {held} MiB  CPU {last.cpu:.1f} s  {last.series} series"
                f"  slope {soak.slope():+.2f} MiB/h  fell {len(soak.fallen)}  wrong {len(wrong)}"
            )
            for line in wrong[:20]:
                click.echo(f"        {line}")


def _turns(seconds: int) -> Iterator[int]:
    began = time.monotonic()
    for number in range(seconds // SAMPLE_SECONDS + 1):
        time.sleep(max(0.0, began + number * SAMPLE_SECONDS - time.monotonic()))
        yield number


def _report(soak: Soak) -> None:
    wrong = soak.wrong()
    click.echo(f"slope {soak.slope():+.2f} MiB/h, {len(soak.fallen)} counters fell, {len(wrong)} are wrong")
    for line in (*soak.fallen[:20], *wrong):
        click.echo(f"  {line}")
    if wrong or soak.fallen:
        raise UsageError("the exporter's counters are not what happened")


if __name__ == "__main__":
    main()
