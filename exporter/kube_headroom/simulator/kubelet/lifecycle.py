"""A pod worker: brings one pod to what its spec says and its status to what it is, as kubelet 1.36's SyncPod does."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from kube_headroom.simulator.kubelet.actions import Action, actions_for
from kube_headroom.simulator.kubelet.containers import PROBES, PodContainer, containers_of, exit_reason, of_kind
from kube_headroom.simulator.kubelet.images import Pull, pull_policy
from kube_headroom.simulator.kubelet.node import Node
from kube_headroom.simulator.kubelet.probes import ProbeWorker, workers_of
from kube_headroom.simulator.kubelet.runtime import RunningPod
from kube_headroom.simulator.kubelet.sandboxes import create_sandbox, remove_sandbox, start_process
from kube_headroom.simulator.kubelet.starting import Attempt, hold_back, retry_wait
from kube_headroom.simulator.kubelet.status import ENDED, Addresses, Facts, Outcome, pod_phase, pod_status
from kube_headroom.simulator.kubelet.stopping import end_of, note_unlocated, order_of_end
from kube_headroom.simulator.kubelet.tasks import Task, Work
from kube_headroom.simulator.store import Object

SANDBOX_SECONDS = (0.4, 1.6)
"""Volumes are mounted and the network is set up."""
START_SECONDS = (0.2, 0.9)
"""The runtime makes a container and starts its process."""
CLEANUP_SECONDS = 0.9
"""Volumes are unmounted and cgroups removed before the pod's phase becomes final."""


class PodWorker:
    """One pod on its node."""

    def __init__(self, pod: Object, node: Node, queue: Callable[[Callable[[], None]], None]) -> None:
        annotations = pod["metadata"].get("annotations") or {}
        self.pod = pod
        self.static = "kubernetes.io/config.mirror" in annotations
        hashed = annotations.get("kubernetes.io/config.hash", "") if self.static else ""
        self.uid: str = hashed or pod["metadata"]["uid"]
        """What names it on the node; a static pod's is not that of its mirror in the API."""
        self.containers = containers_of(pod)
        self.running: RunningPod | None = None
        self.stopping = False
        self.gone = False
        """Its object is no longer there: nobody is told of its end."""
        self.address = ""
        self._node = node
        self._task = Task(self._begin, node, queue)
        self._retry_turn = 0
        self._sandboxes = 0
        self._ended = False
        self._grace: float | None = None
        self._outcome: Outcome | None = None
        self._probes: list[ProbeWorker] = []

    @property
    def finished(self) -> bool:
        """It ended, and nothing of it is left on the machine."""
        return self._task.finished

    def heed(self) -> None:
        """Look at the pod again as soon as the work in progress is done."""
        self._task.ask()

    def stop(self, grace: float | None, outcome: Outcome | None = None) -> None:
        """End the pod within `grace` seconds, its own if None; a shorter grace than before is heeded too."""
        if self.stopping and (grace is None or (self._grace is not None and grace >= self._grace)):
            return
        self._grace = grace
        self._outcome = self._outcome or outcome
        self._task.abandon()
        self._begin_to_stop()

    def ended(self, container: PodContainer, exit_code: int, reason: str) -> None:
        """Note that a container's process is gone, for whatever cause."""
        assert self.running is not None  # noqa: S101  its process had a sandbox
        container.end(exit_code, reason, self._node.now)
        del self.running.containers[container.name]
        self.heed()

    def lost(self) -> None:
        """The machine was without power: no process and no sandbox is left."""
        self._task.abandon()
        for container in self.containers:
            if container.process is not None:
                self.ended(container, 255, "Unknown")
            container.created = False
        self._remove_sandbox()
        self.heed()

    def restarted(self) -> None:
        """The kubelet was restarted: probes begin anew, each after a random part of its period."""
        self._task.abandon()
        for probe in self._probes:
            probe.forget()
            if not probe.stopped:
                probe.trigger(self._node.now + self._node.chance.uniform(0.0, probe.period))
        self.heed()

    def decided(self) -> None:
        """A probe's result changed; readiness is told at once, whatever work is in progress."""
        if self._task.busy:
            self.write_status()
        self.heed()

    def unhealthy(self, container: PodContainer, message: str) -> None:
        """Write the event of a failed probe."""
        self._node.record(self.pod, ("Warning", "Unhealthy", message), container.field_path)

    def plan_exit(self, container: PodContainer) -> None:
        """See to the end of a program that ends by itself."""
        process = container.process
        if process is None or process.program.runs_seconds is None:
            return

        def leave(_now: float, _turn: int) -> None:
            program = process.program
            if container.process is process and program.runs_seconds is not None:
                self.ended(container, program.exit_code, exit_reason(program.exit_code))

        self._node.schedule(max(self._node.now, process.started + process.program.runs_seconds), leave, 0)

    def write_status(self) -> None:
        """Tell the API server how the pod is."""
        stopped = self.stopping and self.running is None
        facts = Facts(
            self.containers,
            Addresses(self.address, self._node.address),
            sandboxed=self.running is not None,
            deleted=self.stopping,
            stopped=stopped,
            ended=self._ended,
        )
        status = pod_status(self.pod, facts, self._node.now, self._outcome)
        if not self.gone:
            self.pod = self._node.write(self.pod, status)

    def _begin(self) -> Work:
        return self._terminate() if self.stopping else self._sync()

    def _begin_to_stop(self) -> None:
        self.stopping = True
        for probe in self._probes:
            if probe.kind != "Readiness":
                self._retire(probe)
        self.heed()

    def _sync(self) -> Work:
        """Write the status, then do what is due; what fails is tried again later, as the next sync tells."""
        self.write_status()
        rebooted = self._sandboxes > 0 and self.running is None
        done = rebooted and not any(each.wants_to_run() for each in of_kind(self.containers, "main"))
        if done or pod_phase(self.containers) in ENDED:
            self._begin_to_stop()
            return
        seen = {container.name: container.ended for container in self.containers}
        if self.running is None:
            yield from self._open_sandbox()
        self._trigger_readiness()
        actions = actions_for(self.containers)
        if actions.kill_pod:
            yield from self._stop(order_of_end(self.containers), self._pod_grace())
            self.heed()
            return
        for step in actions.steps:
            if step.kill:
                yield from self._stop([[step.container]], self._probe_grace(step), step.kill)
        yield from self._start_all([step.container for step in actions.steps if step.start], seen)

    def _open_sandbox(self) -> Work:
        """Make a sandbox; the kubelet looks again at a pod whose sandbox has come up."""
        if self._sandboxes:
            message = "Pod sandbox changed, it will be killed and re-created."
            self._node.record(self.pod, ("Normal", "SandboxChanged", message))
        yield self._node.chance.uniform(*SANDBOX_SECONDS)
        self.address = self._node.lease_address(self.pod)
        self.running = create_sandbox(self._node, self.pod, self.uid)
        self._sandboxes += 1
        if not self._probes:
            self._probes = [probe for each in self.containers for probe in workers_of(each, self, self._node.chance)]
            for probe in self._probes:
                probe.begin(self._node.now, self._node.schedule, self._node.count)
        self.write_status()
        self.heed()

    def _start_all(self, containers: Sequence[PodContainer], seen: dict[str, float | None]) -> Work:
        attempts = []
        for container in containers:
            if container.process is None:
                attempt = yield from self._start(container, seen[container.name])
                attempts.append(attempt)
                if attempt.failed and container.kind == "init":
                    break
        if not all(attempt.failed for attempt in attempts):
            self.heed()
        if any(attempt.failed for attempt in attempts):
            wait = retry_wait(attempts, self._node.now, self._node.chance)
            self._retry_turn += 1
            self._node.schedule(self._node.now + wait, self._retry, self._retry_turn)

    def _retry(self, _now: float, turn: int) -> None:
        if turn == self._retry_turn:
            self.heed()

    def _start(self, container: PodContainer, ended: float | None) -> Generator[float, None, Attempt]:
        """Start a container unless it has to wait; `ended` is when its last instance did, as the sync began."""
        if ended is not None:
            retry = hold_back(self._node, self.pod, container, ended)
            if retry is not None:
                return Attempt(failed=True, retry=retry)

        def record(type_: str, reason: str, message: str) -> None:
            self._node.record(self.pod, (type_, reason, message), container.field_path)

        pull = Pull(self.uid, container.spec["image"], pull_policy(container.spec))
        reason = yield from self._node.images.ensure(pull, record)
        if reason is not None:
            record("Warning", "Failed", f"Error: {reason.reason}")
            container.reason = reason
            return Attempt(failed=True)
        yield self._node.chance.uniform(*START_SECONDS)
        assert self.running is not None  # noqa: S101  containers start in a sandbox
        start_process(self._node, self.running, container)
        self.plan_exit(container)
        record("Normal", "Created", "Container created")
        record("Normal", "Started", "Container started")
        return Attempt()

    def _trigger_readiness(self) -> None:
        """Have a started container that is not ready asked at once (prober_manager.go, UpdatePodStatus)."""
        for probe in self._probes:
            if probe.kind == "Readiness" and probe.container.started and not probe.container.ready:
                probe.trigger(self._node.now)

    def _pod_grace(self) -> float:
        own = self.pod["metadata"].get("deletionGracePeriodSeconds")
        return float(own if own is not None else self.pod["spec"].get("terminationGracePeriodSeconds", 30))

    def _probe_grace(self, step: Action) -> float:
        own = (step.container.spec.get(PROBES[step.probe]) or {}).get("terminationGracePeriodSeconds")
        return float(own) if own is not None else self._pod_grace()

    def _stop(self, groups: Sequence[Sequence[PodContainer]], grace: float, message: str = "") -> Work:
        """Send SIGTERM to one group after the other, and SIGKILL to what is left when the grace period is over."""
        node = self._node
        for container in (each for group in groups for each in group if each.process is not None):
            said = message or f"Stopping container {container.name}"
            node.record(self.pod, ("Normal", "Killing", said), container.field_path)
        deadline = node.now + grace
        for group in groups:
            begun = node.now
            running = [(each, each.process) for each in group if each.process is not None]
            planned = [
                (*end_of(process, deadline - begun, begun, node.chance), each, process) for each, process in running
            ]
            for seconds, exit_code, container, process in sorted(planned, key=lambda end: end[0]):
                yield max(begun + seconds - node.now, 0.0)
                if container.process is process:
                    self.ended(container, exit_code, exit_reason(exit_code))

    def _terminate(self) -> Work:
        """Stop everything, say how it ended, and remove the object of a pod that is being deleted."""
        if self.running is not None:
            self.write_status()
            yield from self._stop(
                order_of_end(self.containers), self._pod_grace() if self._grace is None else self._grace
            )
        for probe in self._probes:
            self._retire(probe)
        self._remove_sandbox()
        self.write_status()
        yield CLEANUP_SECONDS
        note_unlocated(self.containers)
        self._ended = True
        self.write_status()
        self._task.finished = True
        self._node.forget(self)

    def _remove_sandbox(self) -> None:
        if self.running is not None:
            remove_sandbox(self._node, self.running, self.address)
            self.running = None

    def _retire(self, probe: ProbeWorker) -> None:
        probe.stop()
        self._node.uncount(self.uid, probe.container.name, probe.kind)
