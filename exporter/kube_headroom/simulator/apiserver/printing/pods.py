"""Pods: the status that `kubectl get pods` makes of phase, conditions and container statuses."""

from __future__ import annotations

from typing import Any, NamedTuple

from kube_headroom.simulator.apiserver.printing.cells import AGE, NAME, NONE, Printer, age, is_true, since, text, wide
from kube_headroom.simulator.store import Object

_TERMINAL = ("Succeeded", "Failed")
_ENDED = {"Succeeded": "The pod has completed successfully.", "Failed": "The pod failed."}


class _Tally(NamedTuple):
    """Restarts, when the last of them was ("" for never), and containers that are ready."""

    restarts: int = 0
    last: str = ""
    ready: int = 0

    def restarted(self, status: Object) -> _Tally:
        finished = ((status.get("lastState") or {}).get("terminated") or {}).get("finishedAt") or ""
        return self._replace(restarts=self.restarts + status.get("restartCount", 0), last=max(self.last, finished))

    def with_ready(self) -> _Tally:
        return self._replace(ready=self.ready + 1)


def _cells(pod: Object, now: float) -> list[Any]:
    spec, status = pod["spec"], pod.get("status") or {}
    sidecars = {row["name"] for row in spec.get("initContainers") or () if row.get("restartPolicy") == "Always"}
    reason = _phase(status)
    tally, reason, initializing = _initialized(pod, sidecars, reason)
    if not initializing or is_true(status.get("conditions"), "Initialized"):
        tally, reason = _running(status, _sidecars(status, sidecars, tally.ready), reason)
    if pod["metadata"].get("deletionTimestamp"):
        if status.get("reason") == "NodeLost":
            reason = "Unknown"
        elif status.get("phase") not in _TERMINAL:
            reason = "Terminating"
    ago = f" ({since(tally.last, now)} ago)" if tally.restarts and tally.last else ""
    total = len(spec["containers"]) + len(sidecars)
    name = pod["metadata"]["name"]
    return [name, f"{tally.ready}/{total}", reason, f"{tally.restarts}{ago}", age(pod, now), *_place(spec, status)]


def _phase(status: Object) -> str:
    for row in status.get("conditions") or ():
        if row["type"] == "PodScheduled" and row.get("reason") == "SchedulingGated":
            return "SchedulingGated"
    return str(status.get("reason") or status.get("phase") or "")


def _initialized(pod: Object, sidecars: set[str], reason: str) -> tuple[_Tally, str, bool]:
    """Walk the init containers up to the first that is not through; tell whether there is one."""
    tally = _Tally()
    for position, status in enumerate(pod.get("status", {}).get("initContainerStatuses") or ()):
        tally = tally.restarted(status)
        state = status.get("state") or {}
        ended, waiting = state.get("terminated"), state.get("waiting") or {}
        if ended is not None and ended.get("exitCode", 0) == 0:
            continue
        if status["name"] in sidecars and status.get("started"):
            tally = tally.with_ready() if status.get("ready") else tally
            continue
        if ended is not None:
            return tally, f"Init:{_end(ended)}", True
        if waiting.get("reason") and waiting["reason"] != "PodInitializing":
            return tally, f"Init:{waiting['reason']}", True
        return tally, f"Init:{position}/{len(pod['spec']['initContainers'])}", True
    return tally, reason, False


def _sidecars(status: Object, sidecars: set[str], ready: int) -> _Tally:
    """Once the pod is initialized, only the restarts of sidecars count beside the containers'."""
    tally = _Tally(ready=ready)
    for row in status.get("initContainerStatuses") or ():
        if row["name"] in sidecars:
            tally = tally.restarted(row)
    return tally


def _running(status: Object, tally: _Tally, reason: str) -> tuple[_Tally, str]:
    has_running, error = False, ""
    for row in reversed(status.get("containerStatuses") or ()):
        tally = tally.restarted(row)
        state = row.get("state") or {}
        ended, waiting = state.get("terminated"), state.get("waiting") or {}
        if waiting.get("reason"):
            reason = waiting["reason"]
        elif ended is not None:
            reason = _end(ended)
            error = reason if ended.get("exitCode", 0) else error
        elif row.get("ready") and state.get("running") is not None:
            has_running = True
            tally = tally.with_ready()
    if reason == "Completed":
        if has_running and is_true(status.get("conditions"), "Ready"):
            reason = "Running"
        else:
            reason = error or ("NotReady" if has_running else reason)
    return tally, reason


def _end(ended: Object) -> str:
    if ended.get("reason"):
        return str(ended["reason"])
    return f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"


def _place(spec: Object, status: Object) -> list[str]:
    addresses = status.get("podIPs") or [{}]
    gates = [row["conditionType"] for row in spec.get("readinessGates") or ()]
    passed = sum(is_true(status.get("conditions"), gate) for gate in gates)
    return [
        addresses[0].get("ip") or NONE,
        spec.get("nodeName") or NONE,
        status.get("nominatedNodeName") or NONE,
        f"{passed}/{len(gates)}" if gates else NONE,
    ]


def _conditions(pod: Object) -> list[Object]:
    """A pod that ended has a row of its own color in some clients."""
    phase = (pod.get("status") or {}).get("phase", "")
    if phase not in _ENDED:
        return []
    return [{"type": "Completed", "status": "True", "reason": phase, "message": _ENDED[phase]}]


PRINTERS = {
    "pods": Printer(
        (NAME, *text("Ready", "Status", "Restarts"), AGE, *wide("IP", "Node", "Nominated Node", "Readiness Gates")),
        _cells,
        _conditions,
    )
}
