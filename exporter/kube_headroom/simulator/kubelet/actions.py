"""What a pod needs next: containers to kill and to start, in order (kuberuntime_manager.go, computePodActions)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from kube_headroom.simulator.kubelet.containers import PodContainer, of_kind


class Action(NamedTuple):
    """What is done with a container: killed, with this event message, started, or both."""

    container: PodContainer
    kill: str = ""
    probe: str = ""
    """The probe whose failure kills it."""
    start: bool = True


@dataclass(slots=True)
class Actions:
    """What is due in a pod; with `kill_pod` all that runs is stopped, since nothing of it is wanted any more."""

    steps: list[Action] = field(default_factory=list)
    kill_pod: bool = False


def actions_for(containers: Sequence[PodContainer]) -> Actions:
    """Return what is due, from the containers' states and their probes' results."""
    actions = Actions()
    mains = of_kind(containers, "main")
    inits = [each for each in containers if each.kind != "main"]
    if inits and not _initialize(inits, running=any(main.process for main in mains), actions=actions):
        return actions
    kept = 0
    begun: list[Action] = []
    for main in mains:
        if main.process is None:
            if main.wants_to_run():
                begun.append(Action(main))
            continue
        kill = _failed_probe(main)
        if not kill:
            kept += 1
            continue
        restart = main.restarts_after_failure
        begun.append(Action(main, f"Container {kill[0]}{', will be restarted' if restart else ''}", kill[1], restart))
    if not kept and not any(action.start for action in begun):
        return Actions(kill_pod=True)
    actions.steps += begun
    return actions


def _initialize(inits: Sequence[PodContainer], *, running: bool, actions: Actions) -> bool:
    """Add what is due among init containers and sidecars; returns whether the others may run.

    Looks from the last one back to the last that was started; of those before it only sidecars matter.
    """
    initialized = found = running
    steps: list[Action] = []
    for index in reversed(range(len(inits))):
        init = inits[index]
        if not init.created:
            steps += [Action(init)] if found and init.kind == "sidecar" else []
            continue
        if init.kind == "sidecar":
            steps += _sidecar_steps(init)
        elif not found and init.terminated is not None and not init.ready:
            if not init.wants_to_run():
                actions.kill_pod = True
                return False
            steps.append(Action(init))
        if not found and (init.started if init.kind == "sidecar" else init.ready):
            initialized = init is inits[-1]
            steps += [] if initialized else [Action(inits[index + 1])]
        found = True
    actions.steps += reversed(steps) if found else [Action(inits[0])]
    return initialized


def _sidecar_steps(sidecar: PodContainer) -> list[Action]:
    if sidecar.process is None:
        return [Action(sidecar)]
    kill = _failed_probe(sidecar)
    return [Action(sidecar, f"Init container {kill[0]}", kill[1])] if kill else []


def _failed_probe(container: PodContainer) -> tuple[str, str] | None:
    """Return what a running container has to be killed for, and the probe that found it."""
    for kind in ("Liveness", "Startup"):
        if container.results.get(kind) is False:
            return f"{container.name} failed {kind.lower()} probe", kind
    return None
