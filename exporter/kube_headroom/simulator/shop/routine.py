"""The shop's ordinary life: on working days a team now and then ships a new version of its Deployment."""

from __future__ import annotations

import heapq
import random
from collections.abc import Sequence
from datetime import UTC, datetime

from kube_headroom.simulator.program import Program, repository
from kube_headroom.simulator.shop.rows import Workload
from kube_headroom.simulator.store import Object
from kube_headroom.simulator.world import World

REGISTRY = "registry.example.com/"
BETWEEN_DEPLOYS_SECONDS = 2 * 8 * 3600.0
"""Mean of working time between two deploys of a workload."""
WORK_BEGINS, WORK_ENDS = 8, 16
"""Hours, UTC."""
_AGAIN_SECONDS = 900.0


class Routine:
    """Deploys by a schedule of its own for each workload; leaves alone what is paused, not settled or on trial."""

    def __init__(self, world: World, rows: Sequence[Workload]) -> None:
        self._world = world
        self._chances: dict[tuple[str, str], random.Random] = {}
        self._programs: dict[tuple[str, str], Program] = {}
        self._due: list[tuple[float, str, str]] = []
        for row in rows:
            if row.kind == "Deployment" and row.containers[0].image.startswith(REGISTRY):
                name = (row.namespace, row.name)
                self._programs[name] = row.containers[0].program
                self._chances[name] = world.chance("deploys", *name)
                heapq.heappush(self._due, (self._next(name, world.now), *name))

    def step(self, now: float) -> None:
        """Deploy what is due."""
        while self._due and self._due[0][0] <= now:
            _, namespace, name = heapq.heappop(self._due)
            deployed = self._deploy(namespace, name)
            at = self._next((namespace, name), now) if deployed else now + _AGAIN_SECONDS
            heapq.heappush(self._due, (at, namespace, name))

    def _next(self, name: tuple[str, str], now: float) -> float:
        """Return when the team deploys next: after a while of its working time."""
        left = self._chances[name].expovariate(1 / BETWEEN_DEPLOYS_SECONDS)
        while True:
            moment = datetime.fromtimestamp(now, UTC)
            midnight = now - now % 86_400
            begins, ends = midnight + WORK_BEGINS * 3600, midnight + WORK_ENDS * 3600
            working = max(0.0, ends - max(now, begins)) if moment.weekday() < 5 else 0.0
            if left < working:
                return max(now, begins) + left
            left -= working
            now = midnight + 86_400

    def _deploy(self, namespace: str, name: str) -> bool:
        store = self._world.store
        found = store.get("deployments", namespace, name)
        if found is None or not _settled(found):
            return False
        template = found["spec"]["template"]
        first, *others = template["spec"]["containers"]
        image = _next_version(first["image"])
        if image is None:
            return False
        self._world.registry.push(image, self._programs[namespace, name])
        containers = [{**first, "image": image}, *others]
        template = {**template, "spec": {**template["spec"], "containers": containers}}
        store.change("deployments", found, spec={**found["spec"], "template": template})
        return True


def _settled(deployment: Object) -> bool:
    status = deployment.get("status", {})
    wanted = deployment["spec"].get("replicas", 1)
    counts = (status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas"))
    return (
        not deployment["spec"].get("paused", False)
        and status.get("observedGeneration") == deployment["metadata"]["generation"]
        and all(count == wanted for count in counts)
    )


def _next_version(image: str) -> str | None:
    """Return the image with the last number of its tag one higher; None for a tag that is no version of the team's."""
    name = repository(image)
    *head, last = image.removeprefix(f"{name}:").split(".")
    return f"{name}:{'.'.join([*head, str(int(last) + 1)])}" if last.isdecimal() else None
