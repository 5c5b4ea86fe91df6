"""The simulated cluster with a real kube-state-metrics beside it, scraped as kube-prometheus-stack scrapes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

from benchmarks.mixin import agreement
from kube_headroom.simulator.kubelet.housekeeping import Housekeepings
from kube_headroom.simulator.kubelet.pages import cadvisor, own
from kube_headroom.simulator.kubelet.pages.view import View
from kube_headroom.simulator.simulation import Simulation
from kube_headroom.simulator.world import World
from tests.real.components import answers
from tests.real.processes import Process, free_port
from tools.build import program
from tools.gameday.stage import Pace

PATIENCE_SECONDS = 60.0
PAGES: dict[str, Callable[[View], str]] = {"/metrics": own.page, "/metrics/cadvisor": cadvisor.page}
STATE = {"job": "kube-state-metrics", "instance": "kube-state-metrics", "namespace": "monitoring"}
"""As the target of a ServiceMonitor that honors labels: what a row has of them stays."""


class LateError(Exception):
    """kube-state-metrics does not say what the cluster holds; the message names a difference."""


class Stage:
    """A world that stands still at each scrape until kube-state-metrics says what it holds."""

    def __init__(self, world: World, simulation: Simulation, *, folder: Path, names: frozenset[str]) -> None:
        """Start kube-state-metrics in a folder; of all pages the families in `names` are kept."""
        self._world, self._simulation, self._names = world, simulation, names
        port, telemetry = free_port(), free_port()
        families = sorted({name for name in names if name.startswith("kube_")} | agreement.FAMILIES)
        self._process = Process(
            (
                program("kube-state-metrics"),
                f"--kubeconfig={simulation.write_kubeconfig(folder / 'kubeconfig')}",
                *("--host=127.0.0.1", f"--port={port}"),
                *("--telemetry-host=127.0.0.1", f"--telemetry-port={telemetry}"),
                f"--metric-allowlist={','.join(families)}",
            ),
            log=folder / "kube-state-metrics.log",
            ready=answers(f"http://127.0.0.1:{telemetry}/readyz"),
        )
        self._process.start()
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30.0)

    def close(self) -> None:
        """End kube-state-metrics."""
        self._client.close()
        self._process.discard()

    def play(self, seconds: float, pace: Pace) -> Iterator[tuple[float, bytes]]:
        """Let time pass as a game day does, and yield all targets' rows at every scrape, with its Unix seconds."""
        world, until = self._world, self._world.now + seconds
        world.tick = pace.tick
        while world.now < until:
            self._simulation.advance(pace.publish)
            if world.now % pace.scrape == 0:
                rows = [*self._state(), *self._simulation.call(lambda: [*self._kubelets()])]
                yield world.now, "".join(rows).encode()

    def _state(self) -> Iterator[str]:
        held = self._simulation.call(lambda: agreement.held(self._world.store))
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (said := agreement.said(page := self._page())) != held:
            if time.monotonic() > deadline:
                first = min(key for key in held.keys() | said.keys() if held.get(key) != said.get(key))
                raise LateError(
                    f"{' '.join(first)} is {held.get(first)}, and kube-state-metrics says {said.get(first)}"
                )
        yield _row("up", STATE, "1")
        yield from self._kept(page, STATE)

    def _page(self) -> str:
        return self._client.get("/metrics").raise_for_status().text

    def _kubelets(self) -> Iterator[str]:
        world = self._world
        for number, node in enumerate(found["metadata"]["name"] for found in world.store.all("nodes")):
            machine = world.machines[node]
            target = {"job": "kubelet", "instance": f"10.0.0.{number}:10250", "node": node, "namespace": "kube-system"}
            reached = machine.up and machine.powered
            housekeeping = world.part(Housekeepings).on(node)
            view = View(machine=machine, housekeeping=housekeeping, now=world.now, kubernetes=world.kubernetes)
            for path, page in PAGES.items():
                yield _row("up", {**target, "metrics_path": path}, "1" if reached else "0")
                if reached:
                    yield from self._kept(page(view), {**target, "metrics_path": path})

    def _kept(self, page: str, target: dict[str, str]) -> Iterator[str]:
        """Yield a page's rows of the families that are asked for, with the target's labels where they have none."""
        for line in page.splitlines():
            name, brace, rest = line.partition("{")
            if not brace:
                name, _, rest = line.partition(" ")
            if name not in self._names:
                continue
            labels, value = rest.rsplit("} ", 1) if brace else ("", rest)
            # Before the first label is a brace, before all others a comma.
            own = {one for one in target if f',{one}="' in f",{labels}"}
            added = _labels({one: text for one, text in target.items() if one not in own})
            yield f"{name}{{{labels}{',' if labels else ''}{added}}} {value.partition(' ')[0]}\n"


def _row(name: str, labels: dict[str, str], value: str) -> str:
    return f"{name}{{{_labels(labels)}}} {value}\n"


def _labels(values: dict[str, str]) -> str:
    return ",".join(f'{name}="{value}"' for name, value in values.items())
