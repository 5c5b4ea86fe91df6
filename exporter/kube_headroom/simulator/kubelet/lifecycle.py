"""A pod worker: brings one pod to what its spec says and its status to what it is, as kubelet 1.36's SyncPod does.

Work that takes time is a generator that yields the seconds until it goes on; what happens meanwhile waits for its end.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Sequence
from typing import NamedTuple

from kube_headroom.simulator.kubelet import cgroups
from kube_headroom.simulator.kubelet.actions import Action, actions_for
from kube_headroom.simulator.kubelet.backoff import duration
from kube_headroom.simulator.kubelet.containers import (
    KILLED,
    TERMINATED,
    PodContainer,
    Reason,
    containers_of,
    exit_reason,
    of_kind,
)
from kube_headroom.simulator.kubelet.images import Pull, pull_policy
from kube_headroom.simulator.kubelet.node import Node
from kube_headroom.simulator.kubelet.probes import ProbeWorker, workers_of
from kube_headroom.simulator.kubelet.runtime import RunningContainer, RunningPod
from kube_headroom.simulator.kubelet.status import ENDED, Addresses, Facts, Outcome, pod_phase, pod_status, quality
from kube_headroom.simulator.store import Object

Work = Generator[float, None, None]

SANDBOX_SECONDS = (0.4, 1.6)
"""Volumes are mounted and the network is set up."""
STOP_SECONDS = (0.1, 1.9)
"""What a program takes to end after SIGTERM."""
CLEANUP_SECONDS = 0.9
"""Volumes are unmounted and cgroups removed before the pod's object goes."""
LEAST_GRACE = 2.0
"""A container has at least this long to end (minimumGracePeriodInSeconds)."""
RETRY_SECONDS = 10.0
RESYNC_SECONDS = 60.0
JITTER = 0.5


class _Attempt(NamedTuple):
    """How the start of a container went; `retry` is when its back-off ends."""

    failed: bool = False
    retry: float | None = None


class PodWorker:
    """One pod on its node."""

    def __init__(self, pod: Object, node: Node, queue: Callable[[PodWorker], None]) -> None:
        annotations = pod["metadata"].get("annotations") or {}
        self.pod = pod
        self.static = "kubernetes.io/config.mirror" in annotations
        self.uid: str = annotations.get("kubernetes.io/config.hash", "") if self.static else ""
        self.uid = self.uid or pod["metadata"]["uid"]
        self.containers = containers_of(pod)
        self.running: RunningPod | None = None
        self.stopping = False
        self.finished = False
        self.gone = False
        """Its object is no longer there: nobody is told of its end."""
        self.address = ""
        self._node = node
        self._queue = queue
        self._queued = False
        self._pending = False
        self._work: Work | None = None
        self._turn = 0
        self._retry_turn = 0
        self._sandboxes = 0
        self._grace: float | None = None
        self._outcome: Outcome | None = None
        self._probes: list[ProbeWorker] = []

    def heed(self) -> None:
        """Look at the pod again as soon as the work in progress is done."""
        self._pending = True
        if not self._queued and self._work is None and not self.finished:
            self._queued = True
            self._queue(self)

    def run(self) -> None:
        """Work until something takes time, or nothing is left to do."""
        self._queued = False
        while not self.finished:
            if self._work is None:
                if not self._pending:
                    return
                self._pending = False
                self._work = self._terminate() if self.stopping else self._sync()
            try:
                seconds = next(self._work)
            except StopIteration:
                self._work = None
                continue
            self._turn += 1
            self._node.schedule(self._node.now + seconds, self._resume, self._turn)
            return

    def stop(self, grace: float | None, outcome: Outcome | None = None) -> None:
        """End the pod within `grace` seconds, its own if None; a shorter grace than before is heeded too."""
        if self.stopping and (grace is None or (self._grace is not None and grace >= self._grace)):
            return
        self.stopping = True
        self._grace = grace
        self._outcome = self._outcome or outcome
        self._abandon()
        for probe in self._probes:
            if probe.kind != "Readiness":
                self._retire(probe)
        self.heed()

    def ended(self, container: PodContainer, exit_code: int, reason: str) -> None:
        """Note that a container's process is gone, for whatever cause."""
        assert self.running is not None  # noqa: S101  its process had a sandbox
        container.end(exit_code, reason, self._node.now)
        del self.running.containers[container.name]
        self.heed()

    def lost(self) -> None:
        """The machine was without power: no process and no sandbox is left."""
        for container in self.containers:
            if container.process is not None:
                self.ended(container, 255, "Unknown")
            container.created = False
        self._remove_sandbox()
        self._abandon()
        self.heed()

    def restarted(self, now: float) -> None:
        """The kubelet was restarted: probes begin anew, each after a random part of its period."""
        for probe in self._probes:
            probe.forget()
            if not probe.stopped:
                probe.begin(now + self._node.chance.uniform(0.0, probe.period), self._node.schedule, self._node.count)
        self._abandon()
        self.heed()

    def unhealthy(self, container: PodContainer, message: str) -> None:
        """Write the event of a failed probe."""
        self._node.record(self.pod, ("Warning", "Unhealthy", message), container.field_path)

    def check_exit(self, container: PodContainer) -> None:
        """Plan the end of a program that ends by itself."""
        process = container.process
        if process is not None and process.program.runs_seconds is not None:
            at = max(self._node.now, process.started + process.program.runs_seconds)

            def leave(_now: float, _turn: int) -> None:
                program = process.program
                if container.process is process and program.runs_seconds is not None:
                    self.ended(container, program.exit_code, exit_reason(program.exit_code))

            self._node.schedule(at, leave, 0)

    def write_status(self, *, ended: bool = False) -> None:
        """Tell the API server how the pod is; if it cannot be reached, it is told on return."""
        facts = Facts(
            self.containers,
            Addresses(self.address, self._node.address),
            sandboxed=self.running is not None,
            deleted=self.stopping,
            ended=ended,
        )
        status = pod_status(self.pod, facts, self._node.now, self._outcome)
        if not self.gone:
            self.pod = self._node.write(self, status)

    def _abandon(self) -> None:
        """Give up the work in progress; work that ends the pod itself runs to its own end."""
        self._turn += 1
        if self._work is not None and inspect.getgeneratorstate(self._work) != inspect.GEN_RUNNING:
            self._work.close()
            self._work = None

    def _resume(self, _now: float, turn: int) -> None:
        if turn == self._turn and not self._queued:
            self._queued = True
            self._queue(self)

    def _retry(self, _now: float, turn: int) -> None:
        if turn == self._retry_turn:
            self.heed()

    def _sync(self) -> Work:
        self.write_status()
        if self._over():
            self.stop(None)
            return
        seen = {container.name: container.ended for container in self.containers}
        if self.running is None:
            if self._sandboxes and not any(each.wants_to_run() for each in of_kind(self.containers, "main")):
                self.stop(None)
                return
            if self._sandboxes:
                message = "Pod sandbox changed, it will be killed and re-created."
                self._node.record(self.pod, ("Normal", "SandboxChanged", message))
            yield self._node.chance.uniform(*SANDBOX_SECONDS)
            self._create_sandbox()
            self._pending = True
        self._trigger_readiness()
        actions = actions_for(self.containers)
        if actions.kill_pod:
            yield from self._stop(self._order_of_end(), self._pod_grace())
            self._pending = True
            return
        yield from self._act(actions.steps, seen)

    def _over(self) -> bool:
        return pod_phase(self.containers) in ENDED

    def _act(self, steps: Sequence[Action], seen: dict[str, float | None]) -> Work:
        """Kill and start containers; those that could not be started are tried again later."""
        attempts = []
        for step in steps:
            if step.kill:
                yield from self._stop([[step.container]], self._probe_grace(step), step.kill)
        for step in steps:
            if not step.start or step.container.process is not None:
                continue
            attempt = yield from self._start(step.container, seen[step.container.name])
            attempts.append(attempt)
            if attempt.failed and step.container.kind == "init":
                break
        if any(not attempt.failed for attempt in attempts):
            self._pending = True
        if any(attempt.failed for attempt in attempts):
            ends = [attempt.retry for attempt in attempts if attempt.retry is not None]
            wait = min(max(min(ends) - self._node.now, 0.0), RESYNC_SECONDS) if ends else RETRY_SECONDS
            wait *= 1.0 + JITTER * self._node.chance.random()
            self._retry_turn += 1
            self._node.schedule(self._node.now + wait, self._retry, self._retry_turn)

    def _start(self, container: PodContainer, ended: float | None) -> Generator[float, None, _Attempt]:
        """Start a container unless it has to wait; `ended` is when its last instance did, as the sync began."""
        node, metadata = self._node, self.pod["metadata"]

        def record(type_: str, reason: str, message: str) -> None:
            node.record(self.pod, (type_, reason, message), container.field_path)

        if ended is not None:
            key = (self.uid, container.name)
            described = f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
            if node.crashes.waits_since(key, ended, node.now):
                delay = node.crashes.delay(key)
                record(
                    "Warning", "BackOff", f"Back-off restarting failed container {container.name} in pod {described}"
                )
                container.reason = Reason(
                    "CrashLoopBackOff",
                    f"back-off {duration(delay)} restarting failed container={container.name} pod={described}",
                )
                return _Attempt(failed=True, retry=ended + delay)
            node.crashes.next(key, ended, node.now)
        pull = Pull(self.uid, container.spec["image"], pull_policy(container.spec))
        reason = yield from node.images.ensure(pull, record)
        if reason is not None:
            record("Warning", "Failed", f"Error: {reason.reason}")
            container.reason = reason
            return _Attempt(failed=True)
        self._run(container)
        record("Normal", "Created", "Container created")
        record("Normal", "Started", "Container started")
        return _Attempt()

    def _run(self, container: PodContainer) -> None:
        assert self.running is not None  # noqa: S101  containers start in a sandbox
        node = self._node
        identifier = f"{node.chance.getrandbits(256):064x}"
        image = container.spec["image"]
        process = RunningContainer(
            name=container.name,
            image=image,
            id=identifier,
            program=node.registry.program(image),
            started=node.now,
            cgroup=cgroups.container_cgroup(node.machine, self.running.cgroup, container.spec, identifier, node.now),
        )
        container.begin(process)
        self.running.containers[container.name] = process
        self.check_exit(container)

    def _create_sandbox(self) -> None:
        node, metadata = self._node, self.pod["metadata"]
        service = quality(self.pod["spec"])
        self.address = node.lease_address(self.pod)
        self._sandboxes += 1
        for container in self.containers:
            container.created = False
        self.running = RunningPod(
            uid=self.uid,
            namespace=metadata["namespace"],
            name=metadata["name"],
            quality=service,
            cgroup=cgroups.pod_cgroup(node.machine, self.pod, service, node.now),
            sandbox_id=f"{node.chance.getrandbits(256):064x}",
            claims=node.mount(self.pod),
        )
        node.machine.pods[self.uid] = self.running
        if not self._probes:
            self._probes = [probe for each in self.containers for probe in workers_of(each, self, node.chance)]
            for probe in self._probes:
                probe.begin(node.now, node.schedule, node.count)

    def _remove_sandbox(self) -> None:
        if self.running is not None:
            self._node.release(self.running, self.address)
            del self._node.machine.pods[self.uid]
            self.running = None

    def _trigger_readiness(self) -> None:
        """Have a started container that is not ready asked at once (prober_manager.go, UpdatePodStatus)."""
        for probe in self._probes:
            if probe.kind == "Readiness" and probe.container.started and not probe.container.ready:
                probe.trigger(self._node.now)

    def _pod_grace(self) -> float:
        own = self.pod["metadata"].get("deletionGracePeriodSeconds")
        return float(own if own is not None else self.pod["spec"].get("terminationGracePeriodSeconds", 30))

    def _probe_grace(self, step: Action) -> float:
        own = (step.container.spec.get(step.probe) or {}).get("terminationGracePeriodSeconds")
        return float(own) if own is not None else self._pod_grace()

    def _order_of_end(self) -> list[list[PodContainer]]:
        """Return who is stopped together: the containers first, then the sidecars, the last one first."""
        sidecars = [[sidecar] for sidecar in reversed(of_kind(self.containers, "sidecar"))]
        return [of_kind(self.containers, "init", "main"), *sidecars]

    def _stop(self, groups: Sequence[Sequence[PodContainer]], grace: float, message: str = "") -> Work:
        """Send SIGTERM to one group after the other, and SIGKILL to what is left when the grace period is over."""
        for container in (each for group in groups for each in group if each.process is not None):
            said = message or f"Stopping container {container.name}"
            self._node.record(self.pod, ("Normal", "Killing", said), container.field_path)
        deadline = self._node.now + grace
        for group in groups:
            left = max(deadline - self._node.now, LEAST_GRACE)
            ends = sorted(
                ((*self._end_of(each.process, left), each) for each in group if each.process is not None),
                key=lambda end: end[0],
            )
            begun = self._node.now
            for seconds, exit_code, container in ends:
                process = container.process
                yield max(begun + seconds - self._node.now, 0.0)
                if container.process is process and process is not None:
                    self.ended(container, exit_code, exit_reason(exit_code))

    def _end_of(self, process: RunningContainer, grace: float) -> tuple[float, int]:
        """Return how long a process takes to end after SIGTERM, and its exit code."""
        program = process.program
        age = self._node.now - process.started
        if program.hangs_after is not None and age >= program.hangs_after:
            return grace, KILLED
        handles = age >= program.start_seconds and program.healthy
        return min(self._node.chance.uniform(*STOP_SECONDS), grace), 0 if handles else TERMINATED

    def _terminate(self) -> Work:
        """Stop everything, say how it ended, and remove the object of a pod that is being deleted."""
        self.write_status()
        grace = self._pod_grace() if self._grace is None else self._grace
        yield from self._stop(self._order_of_end(), grace)
        for probe in self._probes:
            self._retire(probe)
        self._tell_unlocated()
        self._remove_sandbox()
        self.write_status(ended=True)
        yield CLEANUP_SECONDS
        self.finished = True
        self._node.forget(self)

    def _tell_unlocated(self) -> None:
        """A container that never ran ends too (status_manager.go, TerminatePod), unless the pod was never initialized."""
        inits = of_kind(self.containers, "init", "sidecar")
        if all(each.ready or each.id for each in inits):
            for container in of_kind(self.containers, "main"):
                if container.terminated is None:
                    container.terminated = {
                        "exitCode": KILLED,
                        "reason": "ContainerStatusUnknown",
                        "message": "The container could not be located when the pod was terminated",
                        "startedAt": None,
                        "finishedAt": None,
                    }

    def _retire(self, probe: ProbeWorker) -> None:
        probe.stop()
        self._node.uncount(self.uid, probe.container.name, probe.kind)
