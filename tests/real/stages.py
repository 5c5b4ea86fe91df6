"""Two stages for the same assertions: a real control plane whose kubelet is the test, and the simulated cluster.

How things are created and broken is each stage's own business; what is asserted comes from the API, over HTTP.
"""

from __future__ import annotations

import functools
import ssl
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from kube_headroom.simulator.clock import Clock
from kube_headroom.simulator.composition import build
from kube_headroom.simulator.incidents.board import Incidents
from kube_headroom.simulator.kinds import BY_KIND
from kube_headroom.simulator.kubelet.kubelet import Kubelets
from kube_headroom.simulator.simulation import Simulation
from kube_headroom.simulator.world import World
from tests.real import manifests
from tests.real.client import Client, Object
from tests.real.control_plane import ControlPlane
from tests.real.shop import open_shop
from tests.real.waiting import wait_until

NAMESPACE = "default"
SHOP, LOST = "shop", "lost"
PATIENCE_SECONDS = 180.0
"""After an outage of the API server a controller may wait a minute before it looks again (client-go's back-off)."""
INCIDENTS = (
    *("crash-loop", "bad-image", "unschedulable-pods", "quota-full", "pdb-blocks-drain"),
    *("disk-filling", "node-down"),
)
TROUBLED_SECONDS = 780.0
"""A node that is down loses its pods after 350 s, a disk is full after ten minutes."""
RECOVERY_SECONDS = 400.0
"""A back-off may take five minutes."""


class Stage(Protocol):
    """A cluster to act in; every call returns when the API shows what was asked for."""

    client: Client
    """Only for reading."""
    kubeconfig: Path

    def create(self, manifest: Object) -> None:
        """Create an object."""

    def change_spec(self, kind: str, name: str, **fields: object) -> None:
        """Change fields of an object's spec."""

    def change_event(self, name: str, count: int) -> None:
        """Let an event have happened so many times in all."""

    def delete(self, kind: str, names: Iterable[str]) -> None:
        """Delete objects in the background."""

    def crash(self, pods: Sequence[str]) -> None:
        """Let the container of each pod crash once and run again."""

    def stop_server(self) -> None:
        """Let the API server answer nobody."""

    def start_server(self) -> None:
        """Let the API server answer again."""

    def forget_history(self) -> None:
        """Between a stop and a start: no watch can go on from where it was."""

    def populate(self) -> None:
        """Let some of every kind live here, in all phases of life; on a fresh stage."""

    def disturb(self) -> None:
        """Let a populated cluster have troubles of many kinds at once."""

    def calm(self) -> None:
        """End the troubles."""


def restart_counts(stage: Stage) -> dict[str, int]:
    """The restarts of each pod in the stage's namespace, as the API tells them."""
    return {
        pod["metadata"]["name"]: sum(one["restartCount"] for one in pod["status"].get("containerStatuses", ()))
        for pod in stage.client.objects("Pod", NAMESPACE)
    }


def deploy(stage: Stage, names: Sequence[str], *, replicas: int) -> list[str]:
    """Create Deployments and wait for their pods to be ready; returns the pods' names."""
    for name in names:
        stage.create(manifests.deployment(name, NAMESPACE, _spec(name), replicas=replicas))

    def ready() -> bool:
        found = stage.client.objects("Deployment", NAMESPACE)
        counts: list[int] = [one["status"].get("readyReplicas", 0) for one in found if one["metadata"]["name"] in names]
        return sum(counts) == len(names) * replicas

    wait_until(ready, what="the Deployments' pods to be ready", timeout=PATIENCE_SECONDS)
    pods = stage.client.objects("Pod", NAMESPACE)
    return sorted(pod["metadata"]["name"] for pod in pods if pod["metadata"].get("labels", {}).get("app") in names)


def run_pod(stage: Stage, name: str) -> Object:
    """Create a bare pod, wait until it runs, and return it."""
    stage.create(manifests.pod(name, NAMESPACE, _spec(name)))
    wait_until(
        lambda: stage.client.read("Pod", name, NAMESPACE)["status"].get("phase") == "Running",
        what=f"{name} to run",
        timeout=PATIENCE_SECONDS,
    )
    return stage.client.read("Pod", name, NAMESPACE)


def _spec(name: str) -> Object:
    return manifests.pod_spec(manifests.container(image=f"{name}:1"), terminationGracePeriodSeconds=1)


class RealStage:
    """A real control plane; kwok runs the pods, and the test reports what happens to them."""

    def __init__(self, plane: ControlPlane) -> None:
        """Take a started control plane and give it nodes."""
        plane.add_fake_nodes("node-1", "node-2")
        self.client = plane.client()
        self.kubeconfig = plane.kubeconfig()
        self._plane = plane

    def create(self, manifest: Object) -> None:
        self.client.create(manifest)

    def change_spec(self, kind: str, name: str, **fields: object) -> None:
        self.client.patch(kind, name, NAMESPACE, patch={"spec": fields})

    def change_event(self, name: str, count: int) -> None:
        self.client.patch("Event", name, NAMESPACE, patch={"count": count})

    def delete(self, kind: str, names: Iterable[str]) -> None:
        for name in names:
            self.client.delete(kind, name, NAMESPACE)

    def crash(self, pods: Sequence[str]) -> None:
        counts = restart_counts(self)
        for pod in pods:
            status = {"containerStatuses": [manifests.crashed(counts[pod] + 1)]}
            self.client.patch_status("Pod", pod, NAMESPACE, status=status)

    def stop_server(self) -> None:
        self._plane.api_server.kill()

    def start_server(self) -> None:
        self._plane.api_server.start()

    def forget_history(self) -> None:
        # The watch cache of a started server would remember: it starts once more, from a compacted etcd.
        self._plane.compact_history()

    def populate(self) -> None:
        self._plane.add_fake_nodes("node-3")
        place = {"karpenter.sh/nodepool": "spot", "topology.kubernetes.io/zone": "zone-a"}
        self.client.patch("Node", "node-3", patch={"metadata": {"labels": place}})
        self.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SHOP}})
        wait_until(lambda: self.client.exists("ServiceAccount", "default", SHOP), what="the ServiceAccount")
        open_shop(self.client, SHOP)

    def disturb(self) -> None:
        self.client.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": LOST}})
        # No kubelet played by kwok: such a node would be well again at once.
        conditions = [{"type": "Ready", "status": "Unknown"}, {"type": "DiskPressure", "status": "True"}]
        room = {"cpu": "4", "memory": "8Gi", "pods": "10"}
        self.client.patch_status("Node", LOST, status={"conditions": conditions, "allocatable": room})
        self.client.create(manifests.pod(LOST, SHOP, _spec(LOST) | {"nodeName": LOST}))
        self._constrain(cordoned=True, quota="1", replicas=4)

    def calm(self) -> None:
        self.client.delete("Node", LOST)
        self.client.delete("Pod", LOST, SHOP, grace_seconds=0)
        self._constrain(cordoned=False, quota="50", replicas=2)

    def _constrain(self, *, cordoned: bool, quota: str, replicas: int) -> None:
        self.client.patch("Node", "node-1", patch={"spec": {"unschedulable": cordoned}})
        self.client.patch("ResourceQuota", "team", SHOP, patch={"spec": {"hard": {"pods": quota}}})
        self.client.patch("StatefulSet", "db", SHOP, patch={"spec": {"replicas": replicas}})


class SimulatedStage:
    """The simulated cluster with its shop, at the speed of real time; opened and closed by `simulation`."""

    def __init__(self, world: World, simulation: Simulation, folder: Path) -> None:
        """Take a simulation that is open."""
        self.kubeconfig = simulation.write_kubeconfig(folder / "kubeconfig")
        trusted = ssl.create_default_context(cadata=simulation.authority.certificate.decode())
        self.client = Client(simulation.api_url, trusted)
        self.client.http.headers["Authorization"] = f"Bearer {simulation.token}"
        self._world = world
        self._simulation = simulation

    def create(self, manifest: Object) -> None:
        plural = BY_KIND[manifest["kind"]].plural
        self._simulation.call(lambda: self._world.store.create(plural, manifest))

    def change_spec(self, kind: str, name: str, **fields: object) -> None:
        def change() -> None:
            found = self._found(kind, name)
            self._world.store.change(BY_KIND[kind].plural, found, spec={**found["spec"], **fields})

        self._simulation.call(change)

    def change_event(self, name: str, count: int) -> None:
        self._simulation.call(
            lambda: self._world.store.replace("events", {**self._found("Event", name), "count": count})
        )

    def delete(self, kind: str, names: Iterable[str]) -> None:
        def delete() -> None:
            for name in names:
                self._world.store.delete(BY_KIND[kind].plural, self._found(kind, name))

        self._simulation.call(delete)

    def crash(self, pods: Sequence[str]) -> None:
        images = dict.fromkeys(self._found("Pod", pod)["spec"]["containers"][0]["image"] for pod in pods)
        expected = {pod: count + 1 for pod, count in self._simulation.call(self._counts).items() if pod in pods}

        def end_processes() -> None:
            """Let every process of the images exit within one tick; a restarted kubelet has no back-off."""
            world, registry = self._world, self._world.registry
            alterations = [
                (name, registry.alter(name, runs_seconds=0.0, exit_code=1))
                for name in (image.partition(":")[0] for image in images)
            ]
            world.advance(world.now + world.tick)
            for name, alteration in alterations:
                registry.restore(name, alteration)
            for node in world.machines:
                world.part(Kubelets).restart(node)

        self._simulation.call(end_processes)
        wait_until(
            lambda: self._world.now <= time.time() and expected.items() <= self._simulation.call(self._counts).items(),
            what="the containers to be restarted",
            timeout=PATIENCE_SECONDS,
        )

    def stop_server(self) -> None:
        def stop() -> None:
            self._simulation.api_server.faults.refuse(503)
            self._simulation.api_server.cut_watches()

        self._simulation.call(stop)

    def start_server(self) -> None:
        self._simulation.call(self._simulation.api_server.faults.accept)

    def forget_history(self) -> None:
        self._simulation.call(self._simulation.api_server.compact)

    def populate(self) -> None:
        """The shop is there."""

    def disturb(self) -> None:
        incidents = self._world.part(Incidents)
        for name in INCIDENTS:
            self._simulation.call(functools.partial(incidents.begin, name))
        self._let_pass(TROUBLED_SECONDS)

    def calm(self) -> None:
        incidents = self._world.part(Incidents)
        for name in INCIDENTS:
            self._simulation.call(functools.partial(incidents.end, name))
        self._let_pass(RECOVERY_SECONDS)

    def _let_pass(self, seconds: float) -> None:
        """Let the world run ahead of its clock; it then stands still until the clock has caught up."""
        for _ in range(int(seconds)):
            self._simulation.call(lambda: self._world.advance(self._world.now + 1))

    def _found(self, kind: str, name: str) -> Object:
        found = self._world.store.get(BY_KIND[kind].plural, NAMESPACE, name)
        assert found is not None, f"{kind} {name}"
        return found

    def _counts(self) -> dict[str, int]:
        """The pods whose containers run, and how often they were restarted."""
        return {
            pod["metadata"]["name"]: sum(one["restartCount"] for one in pod["status"]["containerStatuses"])
            for pod in self._world.store.all("pods", NAMESPACE)
            if all("running" in one["state"] for one in pod["status"].get("containerStatuses", ()))
            and pod["status"].get("containerStatuses")
        }


def simulated(nodes: int = 6, *, start: float | None = None, past: float = 0) -> tuple[World, Simulation]:
    """A simulated shop and what serves it; its time is the real one, or begins at `start` and runs as fast."""
    begin = float(int(time.time())) if start is None else start
    world = build(seed=1, start=begin, nodes=nodes, past=past)
    return world, Simulation(world, clock=Clock(world.now))
