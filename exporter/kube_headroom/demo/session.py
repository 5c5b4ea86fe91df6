"""One demo: ports, the simulated cluster, the exporter on its clock, what the terminal shows; and the end of all."""

from __future__ import annotations

import secrets
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from kube_headroom import app
from kube_headroom.demo.look import Look, Places
from kube_headroom.demo.options import Options
from kube_headroom.demo.terminal import terminal
from kube_headroom.exposition.listeners import address_of, bind
from kube_headroom.overview.content import Overview
from kube_headroom.settings import Settings
from kube_headroom.simulator.clock import Clock
from kube_headroom.simulator.composition import PAST_SECONDS, build
from kube_headroom.simulator.control import control
from kube_headroom.simulator.incidents.board import Incidents, Planned, known
from kube_headroom.simulator.incidents.schedule import read_schedule
from kube_headroom.simulator.kubelet.application import application, ports_of
from kube_headroom.simulator.serving import Served, bind_free, port_of
from kube_headroom.simulator.simulation import Simulation
from kube_headroom.simulator.world import World
from kube_headroom.timing import Timing

SHORTEST_WAIT = 0.05
"""Real seconds: however fast simulated time runs, nothing is published more often than a person can see."""
USUAL_NODES, USUAL_WORKLOADS = 12, 25
LOOK_SECONDS = 0.5
STARTING_SECONDS = 0.05
_EVERYWHERE = ("0.0.0.0:", "[::]:")


def play(options: Options, stop_on_signals: Callable[[], threading.Event]) -> None:
    """Run until the event that `stop_on_signals` returns is set; raises UsageError for what the user must mend."""
    started = time.monotonic()
    with ExitStack() as stack:
        web = stack.enter_context(_closed(bind(options.exporter.web_listen_address)))
        (control_port,) = stack.enter_context(_closed(bind((options.control_address,))))
        planned = _planned(options)
        shown = stack.enter_context(terminal(options.exporter))
        shown.say(f"Starting a simulated cluster of {options.nodes} nodes and {options.workloads} workloads ...")
        kubelets = stack.enter_context(_closed(bind_free(options.nodes)))
        world = _world(options, kubelets)
        incidents = world.part(Incidents)
        incidents.plan(planned)
        # Until here a signal ends the process at once, from here on in order.
        stop = stop_on_signals()
        clock = Clock(time.time(), speed=options.speed)
        token = secrets.token_urlsafe(24)
        also = [
            Served(application(world, ports_of(world), token), kubelets),
            Served(control(world), [control_port], tls=False),
        ]
        simulation = stack.enter_context(Simulation(world, clock=clock, also=also, token=token))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kube-headroom-demo-")))
        kubeconfig = simulation.write_kubeconfig(folder / "kubeconfig")
        settings = replace(options.exporter, kubeconfig=kubeconfig)
        overview_now = stack.enter_context(_exporting(settings, stop, timing(world, clock), web))

        def look() -> Look | None:
            running = simulation.call(incidents.running)
            overview = overview_now()
            return (
                None if overview is None else Look(world.now, options.speed, clock.now() - world.now, overview, running)
            )

        while (first := look()) is None:
            if stop.wait(STARTING_SECONDS):
                return
        shown.ready(_places(web[0], control_port, settings), time.monotonic() - started)
        shown.show(first)
        while not stop.wait(LOOK_SECONDS):
            seen = look()
            if seen is not None:
                shown.show(seen)


def timing(world: World, clock: Clock) -> Timing:
    """Return the world's time for the exporter, which waits as much shorter as the world is faster.

    Its clock never runs ahead of the world, which falls behind on a busy machine: nothing would be as old as it seemed.
    """

    def now() -> float:
        return min(clock.now(), world.now + world.tick)

    def wait(event: threading.Event, seconds: float) -> bool:
        return event.wait(max(seconds / clock.speed, min(seconds, SHORTEST_WAIT)))

    return Timing(clock=now, wait=wait)


@contextmanager
def _exporting(
    settings: Settings, stop: threading.Event, its_time: Timing, listeners: Sequence[socket.socket]
) -> Iterator[Callable[[], Overview | None]]:
    """Run the exporter on a thread; its end, or its failure, which is raised, sets `stop`.

    Gives what asks for the overview: None until everything was listed.
    """
    begun: list[app.Exporter] = []

    def overview() -> Overview | None:
        latest = begun[0].overview() if begun and begun[0].ready else None
        return latest if latest is not None and latest.cluster is not None else None

    with ThreadPoolExecutor(1, thread_name_prefix="exporter") as threads:
        ended = threads.submit(app.run, settings, stop, its_time, listeners=listeners, begun=begun.append)
        ended.add_done_callback(lambda _: stop.set())
        try:
            yield overview
        finally:
            stop.set()
    ended.result()


@contextmanager
def _closed(listeners: Sequence[socket.socket]) -> Iterator[Sequence[socket.socket]]:
    """Close sockets at the end, also those that nobody came to serve on."""
    try:
        yield listeners
    finally:
        for listener in listeners:
            listener.close()


def _world(options: Options, kubelets: Sequence[socket.socket]) -> World:
    """Build the cluster; the larger it is, the shorter is its past, which costs as much as its future."""
    ports = {number: port_of(listener) for number, listener in enumerate(kubelets)}
    larger = max(1.0, options.nodes / USUAL_NODES, options.workloads / USUAL_WORKLOADS)
    return build(
        seed=options.seed,
        start=time.time(),
        nodes=options.nodes,
        workloads=options.workloads,
        ports=ports,
        past=PAST_SECONDS / larger,
    )


def _planned(options: Options) -> list[Planned]:
    """Return what shall happen; an unknown name is told before the cluster is built."""
    for begin in options.incidents:
        known(begin.name)
    scheduled = () if options.schedule is None else read_schedule(options.schedule)
    return [*(Planned(0.0, begin.name, begin.target) for begin in options.incidents), *scheduled]


def _places(web: socket.socket, control_port: socket.socket, settings: Settings) -> Places:
    if settings.kubeconfig is None:
        raise ValueError("the demo's exporter has a kubeconfig")
    page, by_hand = (f"http://{_reachable(address_of(each))}" for each in (web, control_port))
    return Places(f"{page}/", f"{page}{settings.web_telemetry_path}", by_hand, settings.kubeconfig)


def _reachable(address: str) -> str:
    for everywhere in _EVERYWHERE:
        if address.startswith(everywhere):
            return "localhost:" + address.removeprefix(everywhere)
    return address
