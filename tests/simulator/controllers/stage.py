"""A small stage for controllers: a world with defaults, nodes, a kubelet that plays, and a few words for objects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kube_headroom.simulator.controllers import defaults
from kube_headroom.simulator.controllers.daemonsets import DaemonSets
from kube_headroom.simulator.controllers.deployments import Deployments
from kube_headroom.simulator.controllers.pods import condition, is_terminating, with_condition
from kube_headroom.simulator.controllers.replicasets import ReplicaSets
from kube_headroom.simulator.controllers.scheduler import Scheduler
from kube_headroom.simulator.controllers.statefulsets import StatefulSets
from kube_headroom.simulator.store import Object, moment, timestamp
from kube_headroom.simulator.world import World

START = 1_780_000_000.0
NAMESPACE = "shop"


class PlayedKubelet:
    """Makes bound pods run and, if `is_up` says so, ready; ends deleted ones. Does nothing for nodes in `down`."""

    def __init__(self, world: World, *, starts_after: float = 0.0) -> None:
        self._world = world
        self._starts_after = starts_after
        self.is_up: Callable[[Object], bool] = lambda _: True
        self.down: set[str] = set()

    def step(self, now: float) -> None:
        for pod in self._world.store.all("pods"):
            if "nodeName" not in pod["spec"] or pod["spec"]["nodeName"] in self.down:
                continue
            if is_terminating(pod):
                self._world.store.delete("pods", pod)
                continue
            bound = condition(pod, "PodScheduled")
            since = now if bound is None else moment(bound["lastTransitionTime"])
            if now - since >= self._starts_after and pod["status"]["phase"] in ("Pending", "Running"):
                self._report(pod, now)

    def _report(self, pod: Object, now: float) -> None:
        ready = {"type": "Ready", "status": "True" if self.is_up(pod) else "False"}
        status = pod["status"]
        conditions = with_condition(list(status.get("conditions", ())), ready, now)
        started = {"startTime": status.get("startTime", timestamp(now))}
        self._world.store.change(
            "pods", pod, status={**status, **started, "phase": "Running", "conditions": conditions}
        )


class Stage:
    """A world with the workload controllers, in the order of the real one."""

    def __init__(self, *, nodes: int = 3, starts_after: float = 0.0, **of_node: Any) -> None:
        self.world = World(seed=7, start=START)
        self.store = self.world.store
        defaults.register(self.world)
        self.kubelet = PlayedKubelet(self.world, starts_after=starts_after)
        for number in range(nodes):
            self.add_node(f"node-{number + 1}", zone=f"zone-{number % 3 + 1}", **of_node)
        self.world.add(*self.early_parts())
        self.world.add(Deployments(self.world), ReplicaSets(self.world))
        self.world.add(StatefulSets(self.world), DaemonSets(self.world), Scheduler(self.world), self.kubelet)

    def early_parts(self) -> Sequence[Any]:
        """What acts before the workload controllers."""
        return ()

    def add_node(self, name: str, *, zone: str = "zone-1", cpu: str = "4", memory: str = "16Gi", **spec: Any) -> Object:
        labels = {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone, **spec.pop("labels", {})}
        amounts = {"cpu": cpu, "memory": memory, "pods": spec.pop("pods", "110")}
        ready = {"type": "Ready", "status": "True", "reason": "KubeletReady"}
        status = {"capacity": amounts, "allocatable": amounts, "conditions": with_condition([], ready, self.world.now)}
        return self.store.create(
            "nodes", {"metadata": {"name": name, "labels": labels}, "spec": spec, "status": status}
        )

    def run(self, seconds: float = 1.0) -> None:
        self.world.advance(self.world.now + seconds)

    def apply(self, resource: str, name: str, spec: Object, **metadata: Any) -> Object:
        return self.store.create(
            resource, {"metadata": {"name": name, "namespace": NAMESPACE, **metadata}, "spec": spec}
        )

    def get(self, resource: str, name: str) -> Object:
        found = self.store.get(resource, NAMESPACE, name)
        assert found is not None, f"no {resource} {name}"
        return found

    def edit(self, resource: str, name: str, **spec: Any) -> Object:
        stored = self.get(resource, name)
        return self.store.change(resource, stored, spec={**stored["spec"], **spec})

    def pods(self) -> list[Object]:
        return self.store.all("pods", NAMESPACE)

    def told(self, reason: str) -> list[str]:
        """The messages of the events of a reason, oldest first."""
        return [event["message"] for event in self.store.all("events") if event["reason"] == reason]

    def reasons(self) -> list[str]:
        return sorted({event["reason"] for event in self.store.all("events")})


def template(image: str = "app:1", requests: Object | None = None, **spec: Any) -> Object:
    container = {"name": "app", "image": image, **({"resources": {"requests": requests}} if requests else {})}
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container], **spec}}


def workload(image: str = "app:1", *, pod: Object | None = None, **spec: Any) -> Object:
    return {"selector": {"matchLabels": {"app": "web"}}, "template": template(image, **(pod or {})), **spec}


def verdict(stored: Object, type_: str) -> tuple[str, str]:
    """A condition's status and reason."""
    found = condition(stored, type_)
    assert found is not None, f"no condition {type_}"
    return found["status"], found.get("reason", "")
