"""A pod's containers as its kubelet knows them: what runs, how it ended, what keeps it from starting."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from kube_headroom.simulator.kubelet.runtime import RunningContainer
from kube_headroom.simulator.store import Object, timestamp

Kind = Literal["init", "sidecar", "main"]
PROBES = {"Startup": "startupProbe", "Readiness": "readinessProbe", "Liveness": "livenessProbe"}
"""Where a container's spec has a probe; the name is that of `prober_probe_total` and of events."""
KILLED = 137
"""Exit code of a process that SIGKILL ended."""
TERMINATED = 143
"""Exit code of a process that SIGTERM ended before it could handle it."""


class Reason(NamedTuple):
    """Why a container waits, as its status says it."""

    reason: str
    message: str


@dataclass(slots=True)
class PodContainer:
    """One container of a pod's spec through all its restarts."""

    spec: Object
    kind: Kind
    policy: str
    """Always, OnFailure or Never; the container's own, else the pod's."""
    process: RunningContainer | None = None
    id: str = ""
    """Of the latest instance; "" if there was none."""
    created: bool = False
    """There is an instance in the present sandbox."""
    restarts: int = 0
    terminated: Object | None = None
    """How the latest instance ended; None while it runs."""
    previous: Object | None = None
    """How the instance before it ended."""
    ended: float | None = None
    """When the last instance that ended did."""
    reason: Reason | None = None
    """Why the last attempt to start it failed."""
    results: dict[str, bool | None] = field(default_factory=dict)
    """What its probes have decided of the running instance; a None is not known yet."""
    probed: frozenset[str] = frozenset()
    """The probes that it has: Startup, Readiness, Liveness."""

    @property
    def name(self) -> str:
        """The name in the pod's spec."""
        return str(self.spec["name"])

    @property
    def field_path(self) -> str:
        """Where its events point to."""
        return f"spec.{'containers' if self.kind == 'main' else 'initContainers'}{{{self.name}}}"

    @property
    def started(self) -> bool:
        """It runs, and its startup probe, if it has one, succeeded."""
        return self.process is not None and ("Startup" not in self.probed or self.results.get("Startup") is True)

    @property
    def ready(self) -> bool:
        """An init container is ready once it completed, another while it is started and answers its readiness probe."""
        if self.kind == "init":
            return self.terminated is not None and self.terminated["exitCode"] == 0
        return self.started and ("Readiness" not in self.probed or self.results.get("Readiness") is True)

    @property
    def restarts_after_failure(self) -> bool:
        """A killed instance is followed by another."""
        return self.kind == "sidecar" or self.policy != "Never"

    def wants_to_run(self) -> bool:
        """Tell whether it has to be started: it never ran, or ended in a way that its restart policy minds."""
        if self.process is not None:
            return False
        return self.terminated is None or self.restarts_by_policy(int(self.terminated["exitCode"]))

    def restarts_by_policy(self, exit_code: int) -> bool:
        """Tell whether an exit with this code is followed by a restart (ContainerShouldRestart)."""
        if self.kind == "sidecar":
            return True
        if self.kind == "init" and exit_code == 0:
            return False
        return self.policy == "Always" or (self.policy == "OnFailure" and exit_code != 0)

    def end(self, exit_code: int, reason: str, now: float) -> None:
        """Note how the process ended."""
        assert self.process is not None  # noqa: S101  the caller ends what runs
        self.terminated = {
            "exitCode": exit_code,
            "reason": reason,
            "startedAt": timestamp(self.process.started),
            "finishedAt": timestamp(now),
            "containerID": f"containerd://{self.id}",
        }
        self.ended = now
        self.process = None

    def begin(self, process: RunningContainer) -> None:
        """Note a new instance."""
        if self.id:
            self.restarts += 1
        self.previous, self.terminated = self.terminated or self.previous, None
        self.process = process
        self.id = process.id
        self.created = True
        self.reason = None
        self.results = {}


def containers_of(pod: Object) -> tuple[PodContainer, ...]:
    """Return the containers of a pod that has not started: init containers and sidecars in their order, then the rest."""
    spec = pod["spec"]
    policy = spec.get("restartPolicy", "Always")
    found = []
    for init in spec.get("initContainers") or ():
        own = init.get("restartPolicy")
        found.append(PodContainer(init, "sidecar" if own == "Always" else "init", own or policy))
    found += [PodContainer(main, "main", main.get("restartPolicy") or policy) for main in spec["containers"]]
    for container in found:
        if container.kind != "init":
            container.probed = frozenset(kind for kind, field in PROBES.items() if container.spec.get(field))
    return tuple(found)


def exit_reason(exit_code: int) -> str:
    """Return the reason that containerd gives for an exit."""
    return "Completed" if exit_code == 0 else "Error"


def of_kind(containers: Iterable[PodContainer], *kinds: Kind) -> list[PodContainer]:
    """Return the containers of these kinds, in the spec's order."""
    return [container for container in containers if container.kind in kinds]
