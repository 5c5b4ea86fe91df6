"""A world being served: one thread with one loop that owns it, advances it and answers for it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from kube_headroom.simulator.apiserver.application import ApiServer
from kube_headroom.simulator.clock import Clock
from kube_headroom.simulator.serving import LOOPBACK, Authority, Served, bind, end, port_of, start
from kube_headroom.simulator.world import World

logger = logging.getLogger(__name__)
Result = TypeVar("Result")

_NAME = "kube-headroom-demo"
_LONGEST_SLEEP_SECONDS = 0.2
"""How late a paused or slowed clock is noticed."""
_END_SECONDS = 10.0


class SimulationError(Exception):
    """The simulated world stopped because a part of it failed; the cause is chained."""


class Simulation:
    """A context manager that serves a world; outside of `call` nobody touches the world while it is open.

    With a clock the world follows it; without one it stands still and is driven by `advance`.
    """

    def __init__(
        self,
        world: World,
        *,
        clock: Clock | None = None,
        api: socket.socket | None = None,
        also: Sequence[Served] = (),
        token: str | None = None,
    ) -> None:
        """Serve the API on the socket `api` (a free port if None), and what else is given, kubelets for example.

        All sockets belong to the simulation from now on and are closed when it ends. `token` is what the API server
        and the kubeconfig know, one by chance if None.
        """
        self.clock = clock
        self.token = token or secrets.token_urlsafe(24)
        self.authority = Authority()
        self.api_server = ApiServer(world, token=self.token, speed=clock.speed if clock else 1.0)
        """Its methods are for the loop's thread: `call` them."""
        self._world = world
        listener = api or bind(0)
        self.api_url = f"https://{LOOPBACK}:{port_of(listener)}"
        self._served = (Served(self.api_server.application, [listener]), *also)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="simulation", daemon=True)
        self._started = threading.Event()
        self._stop = asyncio.Event()
        self._failure: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        self._raise_failure()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(RuntimeError):  # the loop ended by itself, after a failure
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_END_SECONDS)
        if self._thread.is_alive():
            raise SimulationError(f"the simulation's thread did not end within {_END_SECONDS:g} s")
        if error is None:
            self._raise_failure()

    def call(self, function: Callable[[], Result]) -> Result:
        """Run a function in the loop's thread, between two ticks, and return its result.

        Raises what the function raises, and SimulationError once the world has failed.
        """
        if threading.current_thread() is self._thread:
            return function()
        self._raise_failure()

        async def run() -> Result:
            return function()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result()

    def advance(self, seconds: float) -> None:
        """Let a driven world's time pass; the servers answer between its ticks. Raises what a part of it raises."""
        if self.clock is not None:
            raise SimulationError("this simulation follows its clock: it cannot be driven as well")
        self._raise_failure()
        asyncio.run_coroutine_threadsafe(self._advance(seconds), self._loop).result()

    def write_kubeconfig(self, path: Path) -> Path:
        """Write a kubeconfig for the simulated cluster that only its owner can read; return its path."""
        data = msgspec.yaml.encode(self._kubeconfig())
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)  # it may have been there with other rights
            file.write(data)
        return path

    def _kubeconfig(self) -> dict[str, object]:
        authority = base64.b64encode(self.authority.certificate).decode()
        cluster = {"server": self.api_url, "certificate-authority-data": authority}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": _NAME, "cluster": cluster}],
            "users": [{"name": _NAME, "user": {"token": self.token}}],
            "contexts": [{"name": _NAME, "context": {"cluster": _NAME, "user": _NAME}}],
            "current-context": _NAME,
        }

    def _raise_failure(self) -> None:
        if self._failure is not None:
            message = f"the simulated world stopped: {type(self._failure).__name__}: {self._failure}"
            raise SimulationError(message) from self._failure

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._serve())
        except BaseException as error:  # noqa: BLE001  whoever opened the simulation is told
            self._failure = error
        finally:
            self._started.set()

    async def _serve(self) -> None:
        async with contextlib.AsyncExitStack() as stack:
            for served in self._served:
                runner = await start(served, self.authority)
                stack.push_async_callback(end, runner)
            ticker = asyncio.create_task(self._follow())
            self._started.set()
            await self._stop.wait()
            ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ticker

    async def _follow(self) -> None:
        """Let the world follow the clock. A failure is kept for whoever asks next; the servers go on answering."""
        clock, world = self.clock, self._world
        if clock is None:
            return
        try:
            while True:
                missing = world.now + world.tick - clock.now()
                if missing > 0:
                    await asyncio.sleep(min(missing / clock.speed, _LONGEST_SLEEP_SECONDS))
                else:
                    world.advance(world.now + world.tick)
                    await asyncio.sleep(0)  # requests are answered between ticks, however far behind we are
        except Exception as error:
            logger.exception("the simulated world stopped")
            self._failure = error

    async def _advance(self, seconds: float) -> None:
        world = self._world
        until = world.now + seconds
        while world.now + world.tick <= until:
            world.advance(world.now + world.tick)
            await asyncio.sleep(0)
