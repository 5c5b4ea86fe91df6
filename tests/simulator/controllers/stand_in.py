"""A world with a stand-in for scheduler and kubelets: pods run, end and go as a test says."""

from __future__ import annotations

from typing import Any, NamedTuple

from kube_headroom.simulator.store import Object, Store, timestamp
from kube_headroom.simulator.world import Marks, World

START = 1_767_225_600.0  # 2026-01-01T00:00:00Z, a Thursday


class Plan(NamedTuple):
    """What a pod's container does once it is started."""

    runs: float | None = None
    exit_code: int = 0
    restarts: bool = False


class Kubelet:
    """Runs every pod on node-1; `plans` by image, forever where there is none."""

    def __init__(self, world: World, plans: dict[str, Plan] | None = None) -> None:
        self.plans = plans or {}
        self.frozen = False
        self._store = world.store
        self._marks = Marks(world.store, ("pods",))
        self._running: dict[tuple[str, str], float] = {}

    def step(self, now: float) -> None:
        if self.frozen:
            return
        for change in self._marks.take():
            name = (change.object["metadata"]["namespace"], change.object["metadata"]["name"])
            pod = self._store.get("pods", *name)
            if pod is None:
                self._running.pop(name, None)
            elif "deletionTimestamp" in pod["metadata"]:
                self._store.delete("pods", pod)
            elif "nodeName" not in pod["spec"]:
                self._running[name] = now
                spec = {**pod["spec"], "nodeName": "node-1"}
                self._store.change("pods", pod, spec=spec, status=running(now))
        for name, since in list(self._running.items()):
            self._end(name, since, now)

    def _end(self, name: tuple[str, str], since: float, now: float) -> None:
        pod = self._store.get("pods", *name)
        if pod is None:
            return
        plan = self.plans.get(pod["spec"]["containers"][0].get("image", ""), Plan())
        if plan.runs is None or now < since + plan.runs:
            return
        if plan.restarts:
            self._running[name] = now
            statuses = pod["status"]["containerStatuses"]
            again = [{**statuses[0], "restartCount": statuses[0]["restartCount"] + 1}]
            self._store.change("pods", pod, status={**pod["status"], "containerStatuses": again})
            return
        del self._running[name]
        self._store.change("pods", pod, status=ended(now, plan.exit_code))


def running(now: float, *, ready: bool = True) -> Object:
    return {
        "phase": "Running",
        "startTime": timestamp(now),
        "conditions": [{"type": "Ready", "status": str(ready), "lastTransitionTime": timestamp(now)}],
        "containerStatuses": [{"name": "app", "restartCount": 0, "state": {"running": {"startedAt": timestamp(now)}}}],
    }


def ended(now: float, exit_code: int) -> Object:
    terminated = {"exitCode": exit_code, "finishedAt": timestamp(now)}
    return {
        "phase": "Failed" if exit_code else "Succeeded",
        "conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": timestamp(now)}],
        "containerStatuses": [{"name": "app", "restartCount": 0, "state": {"terminated": terminated}}],
    }


def world(**options: Any) -> World:
    made = World(seed=1, start=START, **options)
    for namespace in ("shop", "other"):
        made.store.create("namespaces", {"metadata": {"name": namespace}, "status": {"phase": "Active"}})
    made.store.create("nodes", {"metadata": {"name": "node-1"}, "spec": {}, "status": {}})
    return made


def container(name: str = "app", image: str = "app:1", **resources: Any) -> Object:
    return {"name": name, "image": image, "resources": resources}


def pod(name: str, *containers: Object, namespace: str = "shop", **metadata: Any) -> Object:
    return {
        "metadata": {"name": name, "namespace": namespace, **metadata},
        "spec": {"containers": list(containers) or [container()]},
    }


def running_pod(
    store: Store, name: str, now: float, *, ready: bool = True, node: str = "node-1", **more: Any
) -> Object:
    made = pod(name, **more)
    made["spec"]["nodeName"] = node
    return store.create("pods", {**made, "status": running(now, ready=ready)})


def job(name: str, *, image: str = "app:1", restart: str = "Never", **spec: Any) -> Object:
    template = {"spec": {"containers": [container(image=image)], "restartPolicy": restart}}
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": {"template": template, **spec}}


def told(made: World, name: str) -> list[tuple[str, str]]:
    """The reasons and messages of an object's events, oldest first, as often as they were counted."""
    return [
        (event["reason"], event["message"])
        for event in made.store.all("events")
        if event["involvedObject"]["name"] == name
        for _ in range(event["count"])
    ]


def reasons(made: World, name: str) -> list[str]:
    return [reason for reason, _ in told(made, name)]
