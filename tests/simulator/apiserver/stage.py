"""A small world behind a real socket, and a client that speaks to it as any program would."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from kube_headroom.simulator.simulation import Simulation
from kube_headroom.simulator.store import Object
from kube_headroom.simulator.world import World

START = 1_800_000_000.0
PODS = "/api/v1/pods"
PATIENCE_SECONDS = 60.0


def pod(name: str, namespace: str = "shop", *, labels: dict[str, str] | None = None, node: str = "node-1") -> Object:
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": labels or {"app": name}},
        "spec": {"containers": [{"name": "app", "image": "app:1"}], "nodeName": node},
        "status": {"phase": "Running"},
    }


def wait_until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    pause = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {PATIENCE_SECONDS:g} s in vain for {what}")
        pause.wait(0.002)


class Stage:
    """A world being served, without parts: it changes when a test changes it."""

    def __init__(self, world: World, simulation: Simulation) -> None:
        self.world = world
        self.simulation = simulation
        self.api_server = simulation.api_server
        self.tls = ssl.create_default_context(cadata=simulation.authority.certificate.decode())
        self.http = httpx.Client(
            base_url=simulation.api_url,
            verify=self.tls,
            headers={"Authorization": f"Bearer {simulation.token}"},
            timeout=PATIENCE_SECONDS,
        )

    def get(self, path: str, *, accept: str = "application/json", **parameters: str) -> httpx.Response:
        return self.http.get(path, params=parameters, headers={"Accept": accept})

    def json(self, path: str, *, accept: str = "application/json", **parameters: str) -> Any:
        return self.get(path, accept=accept, **parameters).json()

    def names(self, path: str = PODS, **parameters: str) -> list[str]:
        return [item["metadata"]["name"] for item in self.json(path, **parameters)["items"]]

    @contextmanager
    def watch(self, path: str = PODS, *, accept: str = "application/json", **parameters: str) -> Iterator[Events]:
        """An open watch; when the block begins the server knows of it."""
        before = self.open_watches()
        asked = {"watch": "1", "timeoutSeconds": "60", **parameters}
        with self.http.stream("GET", path, params=asked, headers={"Accept": accept}) as response:
            wait_until(lambda: self.open_watches() > before, "the watch to be open")
            yield Events(response.iter_lines())

    def open_watches(self) -> int:
        return self.simulation.call(lambda: self.api_server.open_watches)

    def create(self, resource: str, *objects: Object) -> list[Object]:
        return self.simulation.call(lambda: [self.world.store.create(resource, found) for found in objects])

    def change(self, resource: str, stored: Object, **parts: Any) -> Object:
        return self.simulation.call(lambda: self.world.store.change(resource, stored, **parts))

    def delete(self, resource: str, stored: Object) -> None:
        self.simulation.call(lambda: self.world.store.delete(resource, stored))

    @property
    def revision(self) -> int:
        return self.simulation.call(lambda: self.world.store.revision)


class Events:
    """The events of a watch, one after the other."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines

    def next(self) -> Object:
        event: Object = json.loads(next(self._lines))
        return event

    def take(self, count: int) -> list[tuple[str, str]]:
        """Type and name of the next events."""
        taken = [self.next() for _ in range(count)]
        return [(event["type"], event["object"]["metadata"].get("name", "")) for event in taken]

    def rest(self) -> list[Object]:
        """What comes until the stream ends."""
        return [json.loads(line) for line in self._lines]


@contextmanager
def staged() -> Iterator[Stage]:
    world = World(seed=1, start=START)
    with Simulation(world) as simulation:
        stage = Stage(world, simulation)
        try:
            yield stage
        finally:
            stage.http.close()
