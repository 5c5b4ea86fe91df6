"""A real API server and a simulated one that hold the same objects, asked the same questions."""

import json
import re
import ssl
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from kube_headroom.simulator.kinds import BY_KIND, RESOURCES
from kube_headroom.simulator.simulation import Simulation
from kube_headroom.simulator.store import Object
from kube_headroom.simulator.world import World
from tests.real import twin_objects
from tests.real.control_plane import ControlPlane

_AGE = re.compile(r"^(\d+[smhdy]){1,2}$")
_AGO = re.compile(r"\((\d+[smhdy]){1,2} ago\)")
_NUMBER = re.compile(r"\d+")
_SPOKEN = re.compile(r"((?:representations|accepted): application/json).*")
# The real server keeps it as a field and writes it into whole objects only, not into their metadata alone.
_GENERATION = "deprecated.daemonset.template.generation"
# What no client can rely on: versions and tokens are each server's own, managedFields tell of writers and the
# simulated server has none, descriptions are kubectl's to ignore.
_OWN = {"resourceVersion": "VERSION", "continue": "TOKEN"}
_LEFT_OUT = ("managedFields", "description", _GENERATION)


Pair = tuple[dict[str, str], dict[str, str]]
"""Of a query, what is the real server's and what the simulated one's."""


class Twin:
    """The pair; every change is made on the real server and repeated on the other."""

    def __init__(self, plane: ControlPlane, world: World, simulation: Simulation) -> None:
        self.plane = plane
        self.real = plane.client()
        self._world = world
        self._simulation = simulation
        trust = ssl.create_default_context(cadata=simulation.authority.certificate.decode())
        self.simulated = httpx.Client(
            base_url=simulation.api_url,
            verify=trust,
            headers={"Authorization": f"Bearer {simulation.token}"},
            timeout=30,
        )

    def ask(
        self, path: str, *, accept: str = "application/json", **query: str
    ) -> tuple[httpx.Response, httpx.Response]:
        """The real answer and the simulated one."""
        return self.ask_each(path, ({}, {}), accept=accept, **query)

    def ask_each(
        self, path: str, own: Pair, *, accept: str = "application/json", **query: str
    ) -> tuple[httpx.Response, httpx.Response]:
        """The real answer and the simulated one; `own` is what the query says to each alone."""
        # Or the simulated server would find its objects to come from the future.
        self._simulation.advance(time.time() - self._world.now)

        def asked(client: httpx.Client, more: dict[str, str]) -> httpx.Response:
            return client.get(path, params=query | more, headers={"Accept": accept})

        with ThreadPoolExecutor(2) as both:
            real, simulated = both.map(asked, (self.real.http, self.simulated), own)
        return real, simulated

    def now(self) -> Pair:
        """What asks each server for what comes after its version of now."""
        real, simulated = (
            {"resourceVersion": answer.json()["metadata"]["resourceVersion"]}
            for answer in self.ask("/api/v1/pods", limit="1")
        )
        return real, simulated

    def forget(self) -> None:
        """Make both servers forget their history; the real one is killed for it, its cache would remember."""
        self.plane.api_server.kill()
        self.plane.compact_history()
        self.plane.api_server.start()
        self._simulation.call(self._simulation.api_server.compact)

    def create(self, manifest: Object, status: Object) -> None:
        """Create an object with a status."""
        made = self.real.create(manifest)
        if status:
            metadata = made["metadata"]
            self.real.patch_status(made["kind"], metadata["name"], metadata.get("namespace"), status=status)
        self.repeat(made["kind"], made["metadata"]["name"], made["metadata"].get("namespace"))

    def patch(self, kind: str, name: str, patch: Object) -> None:
        """Change an object of the twins' namespace."""
        self.real.patch(kind, name, twin_objects.NAMESPACE, patch=patch)
        self.repeat(kind, name, twin_objects.NAMESPACE)

    def repeat(self, kind: str, name: str, namespace: str | None) -> None:
        """Give the simulated server the real one's object as it is now, or take it away."""
        plural = BY_KIND[kind].plural
        found = self.real.read(kind, name, namespace) if self.real.exists(kind, name, namespace) else None
        self._simulation.call(lambda: self._put(plural, namespace or "", name, found))

    def repeat_all(self) -> None:
        """Repeat what the real server holds of itself: its namespaces, services and the like."""
        for resource in RESOURCES:
            for found in self.real.objects(resource.kind):
                metadata = found["metadata"]
                self.repeat(resource.kind, metadata["name"], metadata.get("namespace"))

    def _put(self, plural: str, namespace: str, name: str, found: Object | None) -> None:
        store = self._world.store
        known = store.get(plural, namespace, name)
        if found is None:
            if known is not None:
                store.delete(plural, known)
            return
        metadata = {field: value for field, value in found["metadata"].items() if field != "managedFields"}
        found = {**found, "metadata": metadata}
        if known is None:
            known = store.create(plural, found)
            if known["metadata"].get("generation") == metadata.get("generation"):
                return
        kept = known["metadata"]["resourceVersion"]
        store.replace(plural, {**found, "metadata": {**metadata, "resourceVersion": kept}})


@contextmanager
def twins(folder: Path) -> Iterator[Twin]:
    """Both servers with all of `twin_objects`; no controller runs, so that nothing moves."""
    plane = ControlPlane(folder)
    try:
        plane.etcd.start()
        plane.api_server.start()
        world = World(seed=1, start=time.time())
        with Simulation(world) as simulation:
            twin = Twin(plane, world, simulation)
            _fill(twin)
            yield twin
            twin.simulated.close()
    finally:
        plane.discard()


def _fill(twin: Twin) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": twin_objects.NAMESPACE}}
    twin.create(namespace, {})
    # Its controller is not there to make it, and admission wants it.
    twin.create(twin_objects.named("ServiceAccount", "default"), {})
    for family in (twin_objects.cluster, twin_objects.pods, twin_objects.workloads, twin_objects.jobs):
        for manifest, status in family():
            twin.create(manifest, status)
    for manifest, status in twin_objects.around():
        twin.create(manifest, status)
    twin.repeat_all()


def told(answer: httpx.Response) -> tuple[int, str, Any]:
    """Status, content type and what was said, without what is each server's own."""
    kind = answer.headers["content-type"]
    if "json" not in kind:
        return answer.status_code, kind, answer.text
    return answer.status_code, kind, _comparable(answer.json())


def events(answer: httpx.Response) -> list[tuple[str, Any]]:
    """The events of a watch that has ended; of bookmarks only their metadata: the real ones add empty fields."""
    found = [json.loads(line) for line in answer.text.splitlines()]
    return [
        (event["type"], _comparable(event["object"]["metadata"] if event["type"] == "BOOKMARK" else event["object"]))
        for event in found
    ]


def _comparable(value: Any) -> Any:
    if isinstance(value, list):
        return [_comparable(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    shown = {
        name: _OWN[name] if name in _OWN and part else _comparable(part)
        for name, part in value.items()
        if name not in _LEFT_OUT
    }
    if shown.get("annotations") == {}:
        del shown["annotations"]
    if value.get("kind") == "Status":
        shown["message"] = _SPOKEN.sub(r"\1", _NUMBER.sub("N", shown["message"]))
    if "cells" in shown:
        shown["cells"] = [_ageless(cell) for cell in shown["cells"]]
    return shown


def _ageless(cell: Any) -> Any:
    """A cell without the age in it: the two servers are not asked in the same second."""
    return _AGO.sub("(AGE ago)", _AGE.sub("AGE", cell)) if isinstance(cell, str) else cell
