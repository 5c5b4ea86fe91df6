"""The kubelets of all nodes: each tick the kernel runs, then every pod is brought to what its object says."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from kube_headroom.simulator.kubelet.containers import KILLED
from kube_headroom.simulator.kubelet.eviction import Eviction
from kube_headroom.simulator.kubelet.heartbeat import Heartbeat
from kube_headroom.simulator.kubelet.kernel import Kernel
from kube_headroom.simulator.kubelet.lifecycle import PodWorker
from kube_headroom.simulator.kubelet.node import Claim, Node
from kube_headroom.simulator.kubelet.runtime import Machine
from kube_headroom.simulator.kubelet.status import ENDED
from kube_headroom.simulator.store import Change, Object
from kube_headroom.simulator.world import World

RateAt = Callable[[str], float]
"""Requests per second that arrive at a pod, by its uid."""


class Runs(Protocol):
    """A machine's kernel."""

    def run(self, now: float, seconds: float, rate_at: RateAt) -> None:
        """Account for the processes of the seconds before `now`, and kill those whose memory ran out."""


class Kubelets:
    """A part of the world: one kubelet per machine, those of machines that come and go included."""

    def __init__(self, world: World, rate_at: RateAt, kernel: Callable[..., Runs] = Kernel) -> None:
        """`kernel` makes a machine's kernel from the machine and its stream of chance."""
        self._world = world
        self._rate_at = rate_at
        self._kernel = kernel
        self._kubelets: dict[str, Kubelet] = {}
        self._changes: dict[str, Change] = {}
        self._claims: dict[Claim, float] = {}
        self._revision = world.registry.revision
        world.store.listeners.append(self._hear)

    def step(self, now: float) -> None:
        """Let a tick pass on every machine."""
        self._follow_machines()
        self._deliver()
        altered = self._world.registry.revision != self._revision
        self._revision = self._world.registry.revision
        for kubelet in self._kubelets.values():
            kubelet.step(now, self._rate_at, altered=altered)

    def restart(self, node: str) -> None:
        """Restart a node's kubelet: probe counts begin at nothing, back-offs are forgotten, containers run on."""
        self._kubelets[node].restart()

    def _hear(self, change: Change) -> None:
        if change.resource == "pods" and change.object["spec"].get("nodeName"):
            self._changes[change.object["metadata"]["uid"]] = change
        elif change.resource == "persistentvolumeclaims" and change.type == "DELETED":
            metadata = change.object["metadata"]
            self._claims.pop((metadata["namespace"], metadata["name"]), None)

    def _follow_machines(self) -> None:
        if self._kubelets.keys() == self._world.machines.keys():
            return
        for name in [name for name in self._kubelets if name not in self._world.machines]:
            del self._kubelets[name]
        for name, machine in self._world.machines.items():
            if name not in self._kubelets:
                kernel = self._kernel(machine, self._world.chance("kernel", name))
                self._kubelets[name] = Kubelet(self._world, machine, kernel, self._claims)

    def _deliver(self) -> None:
        changes, self._changes = self._changes, {}
        for change in changes.values():
            kubelet = self._kubelets.get(change.object["spec"]["nodeName"])
            if kubelet is not None and kubelet.machine.up:
                kubelet.hear(change.object, gone=change.type == "DELETED")


class Kubelet:
    """One node's kubelet."""

    def __init__(self, world: World, machine: Machine, kernel: Runs, claims: dict[Claim, float]) -> None:
        self.machine = machine
        self.workers: dict[str, PodWorker] = {}
        """By the uid of the pod's object."""
        self._world = world
        self._kernel = kernel
        self._queue: deque[Callable[[], None]] = deque()
        self._node = Node(world, machine, claims, self._settle)
        self._heartbeat = Heartbeat(world, self._node)
        self._heartbeat.born()
        self._eviction = Eviction(self._node, self.workers, self._heartbeat)
        self._boot = machine.boot
        self._reachable = False

    def step(self, now: float, rate_at: RateAt, *, altered: bool) -> None:
        """Let the machine run for a tick, then do what is due."""
        machine, node = self.machine, self._node
        node.now = now
        if not machine.powered:
            self._reachable = False
            return
        if machine.boot != self._boot:
            self._boot = machine.boot
            self._start_over()
        self._kernel.run(now, self._world.tick, rate_at)
        if machine.up != self._reachable:
            self._reachable = machine.up
            if machine.up:
                self._relist()
        if altered:
            self._take_programs()
        self._notice_kills()
        node.run_due(now)
        queue = self._queue
        while queue:
            queue.popleft()()

    def hear(self, pod: Object, *, gone: bool) -> None:
        """Take in what the API server says of a pod of this node."""
        uid = pod["metadata"]["uid"]
        worker = self.workers.get(uid)
        if worker is None:
            if not gone:
                self._admit(pod)
            return
        if worker.static and (gone or "deletionTimestamp" in pod["metadata"]):
            self._mirror_again(worker, pod)
            return
        foreign = pod is not worker.pod
        worker.pod = pod
        if gone:
            worker.gone = True
            worker.stop(None)
        elif "deletionTimestamp" in pod["metadata"]:
            worker.stop(float(pod["metadata"]["deletionGracePeriodSeconds"]))
        elif pod.get("status", {}).get("phase") in ENDED:
            worker.stop(None)
        elif foreign:
            worker.heed()

    def restart(self) -> None:
        """Begin anew as a process, with the same containers."""
        self.machine.kubelet_started = self._node.now
        self.machine.probes.clear()
        self._node.crashes.clear()
        self._node.images.back_off.clear()
        for worker in self.workers.values():
            worker.restarted()
        self._heartbeat.born()

    def _admit(self, pod: Object) -> None:
        """Begin with a pod, or remove the object of one that ended before."""
        if pod.get("status", {}).get("phase") in ENDED:
            if "deletionTimestamp" in pod["metadata"]:
                self._world.store.delete("pods", pod)
            return
        worker = PodWorker(pod, self._node, self._queue.append)
        self.workers[pod["metadata"]["uid"]] = worker
        if "deletionTimestamp" in pod["metadata"]:
            worker.stop(float(pod["metadata"]["deletionGracePeriodSeconds"]))
        worker.heed()

    def _mirror_again(self, worker: PodWorker, pod: Object) -> None:
        """Make a static pod's object again: deleting it in the API ends nothing."""
        self._world.store.delete("pods", pod)
        del self.workers[worker.pod["metadata"]["uid"]]
        kept = ("name", "namespace", "labels", "annotations", "ownerReferences")
        metadata = {key: value for key, value in pod["metadata"].items() if key in kept}
        worker.pod = self._world.store.create("pods", {"metadata": metadata, "spec": pod["spec"], "status": {}})
        self.workers[worker.pod["metadata"]["uid"]] = worker
        worker.heed()

    def _settle(self, worker: PodWorker) -> None:
        """Drop an ended pod, and remove its object if that is what was asked for."""
        node = self._node
        node.crashes.forget(worker.pod["metadata"]["uid"])
        node.images.forget(worker.uid)
        if not self.machine.up:
            return
        del self.workers[worker.pod["metadata"]["uid"]]
        if "deletionTimestamp" in worker.pod["metadata"] and not worker.gone:
            self._world.store.delete("pods", worker.pod)

    def _relist(self) -> None:
        """Catch up with the API server: hear what changed meanwhile, and tell it what it has not heard."""
        store = self._world.store
        for uid, worker in list(self.workers.items()):
            metadata = worker.pod["metadata"]
            current = store.get("pods", metadata["namespace"], metadata["name"])
            if current is None or current["metadata"]["uid"] != uid:
                self.hear(worker.pod, gone=True)
        for pod in store.pods_on(self.machine.name):
            self.hear(pod, gone=False)
        for worker in list(self.workers.values()):
            if worker.finished:
                worker.write_status()
                self._settle(worker)
            else:
                worker.heed()
        self._heartbeat.started()

    def _start_over(self) -> None:
        """Begin anew after a reboot."""
        self.machine.probes.clear()
        self._node.crashes.clear()
        self._node.images.back_off.clear()
        for worker in self.workers.values():
            worker.lost()
        self._heartbeat.rebooted()

    def _take_programs(self) -> None:
        """Let running processes do what their images' programs do now."""
        for worker in self.workers.values():
            for container in worker.containers:
                process = container.process
                if process is None:
                    continue
                program = self._world.registry.program(process.image)
                if program != process.program:
                    process.program = program
                    worker.plan_exit(container)

    def _notice_kills(self) -> None:
        """Take away the processes that the kernel killed."""
        killed = [
            running.uid
            for running in self.machine.pods.values()
            for process in running.containers.values()
            if process.oom_killed
        ]
        for worker in self.workers.values() if killed else ():
            for container in worker.containers:
                if container.process is not None and container.process.oom_killed:
                    worker.ended(container, KILLED, "OOMKilled")
