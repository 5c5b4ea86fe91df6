"""A served world: who drives it, what it tells when it fails, how it begins and ends."""

from __future__ import annotations

import resource
import stat
import threading
import time
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from kube_headroom.cluster.connection import Connection
from kube_headroom.cluster.introduction import introduce
from kube_headroom.errors import UsageError
from kube_headroom.simulator import serving
from kube_headroom.simulator.clock import Clock
from kube_headroom.simulator.serving import Served, bind, bind_free, port_of
from kube_headroom.simulator.simulation import Simulation, SimulationError
from kube_headroom.simulator.world import World
from tests.simulator.apiserver.stage import PODS, START, Stage, pod, wait_until


class Ticks:
    """A part that writes down when it was called, and fails when it is told to."""

    def __init__(self, fails_at: float | None = None) -> None:
        self.seen: list[float] = []
        self.threads: set[str] = set()
        self._fails_at = fails_at

    def step(self, now: float) -> None:
        self.seen.append(now)
        self.threads.add(threading.current_thread().name)
        if self._fails_at is not None and now >= self._fails_at:
            raise ValueError("the kitchen is on fire")


def world(part: Ticks) -> World:
    made = World(seed=1, start=START)
    made.add(part)
    return made


def test_a_driven_world_passes_the_time_it_is_told_to() -> None:
    ticks = Ticks()
    with Simulation(world(ticks)) as simulation:
        simulation.advance(10)
        simulation.advance(2.5)
        assert ticks.seen == [START + second for second in range(1, 13)]
    assert ticks.threads == {"simulation"}


def test_a_world_with_a_clock_follows_it() -> None:
    ticks = Ticks()
    clock = Clock(START, speed=1000)
    with Simulation(world(ticks), clock=clock) as simulation:
        wait_until(lambda: simulation.call(lambda: len(ticks.seen)) > 500, "500 seconds at a thousandfold speed")
        with pytest.raises(SimulationError, match="follows its clock"):
            simulation.advance(1)
        clock.pause()
        stands = clock.now()
        wait_until(lambda: simulation.call(lambda: ticks.seen[-1]) > stands - 1, "the world to catch up")
    assert ticks.seen[-1] <= stands
    assert ticks.seen == [START + 1 + second for second in range(len(ticks.seen))]


def test_calls_run_where_the_world_lives_and_hand_back_what_comes_of_them() -> None:
    with Simulation(World(seed=1, start=START)) as simulation:
        name = simulation.call(lambda: threading.current_thread().name)
        assert name == "simulation"
        assert simulation.call(lambda: simulation.call(lambda: 7)) == 7
        with pytest.raises(ZeroDivisionError):
            simulation.call(lambda: 1 // 0)


def test_a_part_that_fails_ends_a_driven_world_with_its_own_words() -> None:
    with Simulation(world(Ticks(fails_at=START + 2))) as simulation, pytest.raises(ValueError, match="on fire"):
        simulation.advance(5)


def test_a_part_that_fails_is_told_to_whoever_asks_next(caplog: pytest.LogCaptureFixture) -> None:
    def run() -> None:
        with Simulation(world(Ticks(fails_at=START + 2)), clock=Clock(START, speed=1000)) as simulation:
            while True:
                simulation.call(lambda: None)

    with pytest.raises(SimulationError, match="the simulated world stopped: ValueError: the kitchen is on fire"):
        run()
    assert "the simulated world stopped" in caplog.text


def test_the_kubeconfig_is_its_owners_alone_and_leads_to_the_server(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.touch(mode=0o644)
    with Simulation(World(seed=1, start=START)) as simulation:
        simulation.write_kubeconfig(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        answered = introduce(Connection.open(str(path)))
    assert (answered.version, answered.minor) == ("v1.36.3", 36)


def test_open_watches_and_idle_connections_do_not_hold_up_the_end() -> None:
    simulation = Simulation(World(seed=1, start=START))
    with simulation:
        stage = Stage(simulation._world, simulation)
        stage.create("pods", pod("a"))
        events: list[object] = []

        def read() -> None:
            with stage.watch() as watched:
                events.extend(watched.rest())

        reader = threading.Thread(target=read)
        reader.start()
        wait_until(lambda: stage.open_watches() == 1, "the watch to be open")
        assert stage.names(PODS) == ["a"]
        begin = time.monotonic()
    assert time.monotonic() - begin < 20, "TLS takes half a minute for its farewell, the watch a minute"
    reader.join(60)
    stage.http.close()
    assert len(events) == 1  # the stream had its proper end
    with pytest.raises(httpx.ConnectError):
        httpx.get(simulation.api_url)


async def which_port(request: web.Request) -> web.Response:
    assert request.transport is not None
    return web.Response(text=str(request.transport.get_extra_info("sockname")[1]))


def test_other_applications_are_served_beside_on_many_ports() -> None:
    kubelets, control = web.Application(), web.Application()
    for application in (kubelets, control):
        application.router.add_get("/", which_port)
    ports, plain = bind_free(20), bind(0)
    also = [Served(kubelets, ports), Served(control, [plain], tls=False)]
    with Simulation(World(seed=1, start=START), also=also) as simulation:
        stage = Stage(simulation._world, simulation)
        for listener in ports:
            assert httpx.get(f"https://127.0.0.1:{port_of(listener)}/", verify=stage.tls).text == str(port_of(listener))
        assert httpx.get(f"http://127.0.0.1:{port_of(plain)}/").text == str(port_of(plain))
        stage.http.close()


def test_a_port_in_use_is_one_clear_line() -> None:
    with bind(0) as taken:
        port = port_of(taken)
        expected = (
            rf"the simulated cluster cannot listen on 127.0.0.1:{port}: address already in use; "
            "another program listens there, choose another port or 0 for a free one"
        )
        with pytest.raises(UsageError, match=f"^{expected}$"):
            bind(port)


def test_a_port_that_cannot_be_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="a port is a number from 0 to 65535"):
        bind(70000)


def test_the_soft_limit_of_open_files_is_raised_for_many_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (600, 100_000))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))
    for listener in bind_free(100):
        listener.close()
    assert asked == [(100 + serving._SPARE_FILES, 100_000)]


def test_too_many_nodes_for_this_process_are_told_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (600, 1000))
    with pytest.raises(UsageError, match=r"5000 simulated nodes need 5512 open files .* \(ulimit -Hn\)"):
        bind_free(5000)
