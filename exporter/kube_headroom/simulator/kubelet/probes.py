"""Probe workers: when a container is probed, and when what it answers counts (pkg/kubelet/prober, 1.36)."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Protocol

from kube_headroom.simulator.kubelet.answers import Question, failure, resolved
from kube_headroom.simulator.kubelet.containers import PROBES, PodContainer
from kube_headroom.simulator.store import Object


class Probed(Protocol):
    """The pod whose containers are probed."""

    @property
    def uid(self) -> str:
        """Name its rows."""

    @property
    def address(self) -> str:
        """Its IP."""

    @property
    def stopping(self) -> bool:
        """It was asked to end."""

    def unhealthy(self, container: PodContainer, message: str) -> None:
        """Write an Unhealthy event."""

    def decided(self) -> None:
        """A result changed that its containers' states depend on."""


Schedule = Callable[[float, Callable[[float, int], None], int], None]
"""Calls a function at a time with that time's tick and a number of the caller's."""
Count = Callable[[tuple[str, str, str, str]], None]


class ProbeWorker:
    """One probe of one container, for the pod's life; `begin` starts its ticker, `stop` ends it."""

    def __init__(self, kind: str, container: PodContainer, pod: Probed, chance: Random) -> None:
        spec = container.spec[PROBES[kind]]
        self.kind = kind
        self.container = container
        self.stopped = False
        self._pod = pod
        self._chance = chance
        self._spec: Object = resolved(spec, container.spec)
        self.period = max(1.0, float(spec.get("periodSeconds") or 10))
        self._delay = int(spec.get("initialDelaySeconds") or 0)
        self._thresholds = {
            True: int(spec.get("successThreshold") or 1),
            False: int(spec.get("failureThreshold") or 3),
        }
        self._last: bool | None = None
        self._run = 0
        self._held = ""
        """The instance that was decided upon; it is not probed again."""
        self._ticker = 0
        self._schedule: Schedule
        self._count: Count

    def begin(self, at: float, schedule: Schedule, count: Count) -> None:
        """Probe at `at`, and every period from then on."""
        self._schedule, self._count = schedule, count
        self._restart_ticker(at)

    def trigger(self, now: float) -> None:
        """Probe at the next opportunity instead of the next tick, and count periods from there."""
        if not self.stopped:
            self._restart_ticker(now)

    def stop(self) -> None:
        """Probe no more."""
        self.stopped = True

    def forget(self) -> None:
        """Forget the results counted so far, as a restart of the kubelet does."""
        self._last, self._run, self._held = None, 0, ""

    def _restart_ticker(self, at: float) -> None:
        self._ticker += 1
        self._schedule(at, self._tick, self._ticker)

    def _tick(self, now: float, ticker: int) -> None:
        if self.stopped or ticker != self._ticker:
            return
        if self.probe(now):
            self._schedule(now + self.period, self._tick, ticker)
        else:
            self.stop()

    def probe(self, now: float) -> bool:
        """Do what is due at a tick (doProbe); returns False when there is nothing left to probe."""
        container = self.container
        process = container.process
        if process is None:
            if container.id:
                self._decide(result=False)
            return container.terminated is None or container.wants_to_run()
        if self._held == container.id:
            return True
        if self._pod.stopping and self.kind != "Readiness":
            return False
        if int(now - process.started) < self._delay:
            return True
        if container.started == (self.kind == "Startup"):
            return True
        message = failure(Question(self.kind, self._spec, self._pod.address), process, now, self._chance)
        success = not message
        if message:
            self._pod.unhealthy(container, f"{self.kind} probe failed: {message}")
        self._count((self._pod.uid, container.name, self.kind, "successful" if success else "failed"))
        self._weigh(success=success)
        return True

    def _weigh(self, *, success: bool) -> None:
        """Count a result in its run; only a run as long as the threshold decides."""
        self._run = self._run + 1 if self._last is success else 1
        self._last = success
        if self._run < self._thresholds[success]:
            return
        self._decide(result=success)
        if self.kind == "Startup" or (self.kind == "Liveness" and not success):
            self._held = self.container.id
            self._run = 0

    def _decide(self, *, result: bool) -> None:
        results = self.container.results
        if results.get(self.kind) is not result:
            results[self.kind] = result
            self._pod.decided()


def workers_of(container: PodContainer, pod: Probed, chance: Random) -> list[ProbeWorker]:
    """Return the workers of a container's probes; one-shot init containers have none."""
    return [ProbeWorker(kind, container, pod, chance) for kind in PROBES if kind in container.probed]
