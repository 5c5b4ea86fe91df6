"""A pod's status from what its kubelet knows: phase, conditions, containers; pure, by the rules of kubelet 1.36."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from kube_headroom.resources import effective_limits, effective_requests, parse_quantity
from kube_headroom.simulator.controllers.quantities import Quantity, pod_resources, written_form
from kube_headroom.simulator.kubelet.containers import PodContainer, of_kind
from kube_headroom.simulator.kubelet.images import image_id
from kube_headroom.simulator.store import Object, timestamp

OWN_CONDITIONS = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
"""Conditions that the kubelet writes; others are kept as they are."""
ENDED = ("Succeeded", "Failed")


class Addresses(NamedTuple):
    """A pod's own address, "" until it has a sandbox, and its node's."""

    pod: str
    host: str


@dataclass(slots=True)
class Facts:
    """What a status is made of beside the pod's object."""

    containers: Sequence[PodContainer]
    addresses: Addresses
    sandboxed: bool
    deleted: bool
    """It is being ended: nothing is started any more."""
    stopped: bool = False
    """Nothing of it runs any more, and nothing will."""
    ended: bool = False
    """All that it held is given back too: the phase becomes final."""


class Outcome(NamedTuple):
    """How a kubelet ended a pod by itself, as `status.reason` and `status.message` say it."""

    reason: str
    message: str
    disruption: bool = False
    """A DisruptionTarget condition tells of it."""


def pod_status(pod: Object, facts: Facts, now: float, outcome: Outcome | None = None) -> Object:
    """Return the pod's whole status at `now`; what others wrote in it stays."""
    old = pod.get("status") or {}
    generation = pod["metadata"].get("generation", 1)
    inits = [_container_status(each, pod, facts) for each in facts.containers if each.kind != "main"]
    mains = [_container_status(each, pod, facts) for each in of_kind(facts.containers, "main")]
    reached = pod_phase(facts.containers, stopped=facts.stopped)
    phase = reached
    if facts.ended:
        phase = reached if reached in ENDED else "Failed"
    elif reached in ENDED:
        # What may still hold something is not called ended, whatever its conditions say (mergePodStatus).
        phase = old.get("phase", "Pending")
    told: Object = {key: old[key] for key in ("reason", "message") if key in old and old.get("phase") == phase}
    if outcome is not None and facts.stopped:
        reached = "Failed"
        if facts.ended:
            phase, told = reached, {"reason": outcome.reason, "message": outcome.message}
    shown = _conditions(pod, facts, reached)
    if outcome is not None and outcome.disruption and facts.ended:
        disruption = {"status": "True", "reason": "TerminationByKubelet", "message": outcome.message}
        shown = {"DisruptionTarget": disruption, **shown}
    status: Object = {
        **{key: value for key, value in old.items() if key not in ("reason", "message")},
        "observedGeneration": generation,
        "phase": phase,
        **told,
        "conditions": _stamped(old.get("conditions") or (), shown, generation, now),
        **_addresses(facts.addresses),
        "startTime": old.get("startTime") or timestamp(now),
        "qosClass": quality(pod["spec"]),
        "containerStatuses": sorted(mains, key=lambda each: each["name"]),
    }
    if inits:
        status["initContainerStatuses"] = inits
    if "resources" not in status:
        status.update(_pod_resources(pod))
    return status


def _addresses(addresses: Addresses) -> Object:
    host: Object = {"hostIP": addresses.host, "hostIPs": [{"ip": addresses.host}]}
    return {**host, "podIP": addresses.pod, "podIPs": [{"ip": addresses.pod}]} if addresses.pod else host


def pod_phase(containers: Sequence[PodContainer], *, stopped: bool = False) -> str:
    """Return the phase that the containers' states amount to (kubelet_pods.go, getPhase); `stopped`: no restart follows."""
    inits, sidecars, mains = (of_kind(containers, kind) for kind in ("init", "sidecar", "main"))
    if any(_failed_for_good(init, stopped=stopped) for init in inits):
        return "Failed"
    begun = any(main.created for main in mains)
    unfinished = any(not init.ready and init.terminated is None for init in inits)
    held = any(not sidecar.started for sidecar in sidecars) and not begun
    never_ran = any(not each.id for each in (*sidecars, *mains))
    if unfinished or held or never_ran:
        return "Pending"
    if any(each.process for each in (*sidecars, *mains)):
        return "Running"
    exits = [main.terminated["exitCode"] if main.terminated else 0 for main in mains]
    final = "Failed" if any(exits) else "Succeeded"
    if stopped:
        return final
    restarting = any(main.restarts_by_policy(code) for main, code in zip(mains, exits, strict=True))
    return "Running" if restarting else final


def _failed_for_good(init: PodContainer, *, stopped: bool) -> bool:
    if init.terminated is None or init.terminated["exitCode"] == 0:
        return False
    return stopped or not init.restarts_by_policy(init.terminated["exitCode"])


def _container_status(container: PodContainer, pod: Object, facts: Facts) -> Object:
    spec = container.spec
    state, last = _states(container, pod, facts)
    status: Object = {
        "name": spec["name"],
        "image": spec["image"],
        "imageID": image_id(spec["image"]) if container.id else "",
        "lastState": {"terminated": last} if last else {},
        "ready": container.ready,
        "restartCount": container.restarts,
        "started": container.started,
        "state": state,
    }
    if container.id:
        resources = spec.get("resources") or {}
        status["containerID"] = f"containerd://{container.id}"
        status["resources"] = {key: value for key, value in resources.items() if key != "claims"}
        if resources.get("requests"):
            status["allocatedResources"] = resources["requests"]
    if spec.get("volumeMounts"):
        status["volumeMounts"] = [_mount(mount) for mount in spec["volumeMounts"]]
    return status


def _states(container: PodContainer, pod: Object, facts: Facts) -> tuple[Object, Object | None]:
    """Return `state` and what `lastState` holds; a container that could not be started again waits."""
    if container.process is not None:
        return {"running": {"startedAt": timestamp(container.process.started)}}, container.previous
    if container.reason and not facts.deleted and container.wants_to_run():
        return {"waiting": container.reason._asdict()}, container.terminated or container.previous
    if container.terminated is not None:
        return {"terminated": container.terminated}, container.previous
    initializing = bool(pod["spec"].get("initContainers"))
    return {"waiting": {"reason": "PodInitializing" if initializing else "ContainerCreating"}}, container.previous


def _mount(mount: Object) -> Object:
    shown = {"name": mount["name"], "mountPath": mount["mountPath"]}
    return {**shown, "readOnly": True, "recursiveReadOnly": "Disabled"} if mount.get("readOnly") else shown


def _conditions(pod: Object, facts: Facts, phase: str) -> dict[str, Object]:
    """Return the kubelet's own conditions by type (status/generate.go)."""
    mains, lasting = of_kind(facts.containers, "main"), of_kind(facts.containers, "sidecar", "main")
    incomplete = [
        each.name
        for each in of_kind(facts.containers, "init", "sidecar")
        if not (each.started if each.kind == "sidecar" else each.ready)
    ]
    unready = [each.name for each in lasting if not each.ready]
    ready: Object = {"status": "True"}
    if phase in ENDED:
        ready = {"status": "False", "reason": "PodCompleted" if phase == "Succeeded" else "PodFailed"}
    elif unready:
        message = f"containers with unready status: [{' '.join(unready)}]"
        ready = {"status": "False", "reason": "ContainersNotReady", "message": message}
    initialized: Object = {"status": "True"}
    if phase == "Succeeded":
        initialized = {"status": "True", "reason": "PodCompleted"}
    elif incomplete and not any(main.id for main in mains):
        message = f"containers with incomplete status: [{' '.join(incomplete)}]"
        initialized = {"status": "False", "reason": "ContainersNotInitialized", "message": message}
    return {
        "PodReadyToStartContainers": {"status": "True" if facts.sandboxed else "False"},
        "Initialized": initialized,
        "Ready": _gated(pod, ready),
        "ContainersReady": ready,
        "PodScheduled": {"status": "True"},
    }


def _gated(pod: Object, ready: Object) -> Object:
    """Hold readiness back until the conditions that the pod's readiness gates name are true."""
    if ready["status"] != "True":
        return ready
    held = {each["type"]: each["status"] for each in (pod.get("status") or {}).get("conditions") or ()}
    messages = []
    for gate in pod["spec"].get("readinessGates") or ():
        name = gate["conditionType"]
        if name not in held:
            messages.append(f'corresponding condition of pod readiness gate "{name}" does not exist.')
        elif held[name] != "True":
            messages.append(f'the status of pod readiness gate "{name}" is not "True", but {held[name]}')
    return (
        {"status": "False", "reason": "ReadinessGatesNotReady", "message": ", ".join(messages)} if messages else ready
    )


def _stamped(old: Iterable[Object], shown: Mapping[str, Object], generation: int, now: float) -> list[Object]:
    """Return the conditions of others and these; the time of transition changes only with the status."""
    before = {each["type"]: each for each in old}
    written = [each for each in before.values() if each["type"] not in shown and each["type"] not in OWN_CONDITIONS]
    for name, condition in shown.items():
        known = before.get(name)
        same = known is not None and known["status"] == condition["status"]
        since = known.get("lastTransitionTime") if known and same else None
        written.append(
            {
                "type": name,
                "lastProbeTime": None,
                "lastTransitionTime": since or timestamp(now),
                "observedGeneration": generation,
                **condition,
            }
        )
    return written


def quality(spec: Object) -> str:
    """Return the pod's quality of service: Guaranteed, Burstable or BestEffort."""
    own = spec.get("resources") or {}
    if own.get("requests") or own.get("limits"):
        parts: list[Object] = [own]
    else:
        parts = [each.get("resources") or {} for each in (*(spec.get("initContainers") or ()), *spec["containers"])]
    if not any(
        (part.get(side) or {}).get(name) for part in parts for side in ("requests", "limits") for name in _SHARED
    ):
        return "BestEffort"
    return "Guaranteed" if all(_guaranteed(part) for part in parts) else "Burstable"


_SHARED = ("cpu", "memory")


def _guaranteed(resources: Object) -> bool:
    limits = resources.get("limits") or {}
    requests = {**limits, **(resources.get("requests") or {})}
    return all(limits.get(name) and parse_quantity(limits[name]) == parse_quantity(requests[name]) for name in _SHARED)


def _pod_resources(pod: Object) -> Object:
    """Return `resources` and `allocatedResources` of the pod as a whole, which 1.36 shows for every pod."""
    asked = pod_resources(pod)
    shown = {
        kind: {
            name: str(Quantity(nanos, written_form(pod, name, kind)))
            for name, nanos in sorted(effective(asked, minor=36).items())
        }
        for kind, effective in _EFFECTIVE
    }
    resources = {kind: amounts for kind, amounts in shown.items() if amounts}
    return {"resources": resources, **({"allocatedResources": shown["requests"]} if shown["requests"] else {})}


_EFFECTIVE: tuple[tuple[Literal["limits", "requests"], Callable[..., dict[str, int]]], ...] = (
    ("limits", effective_limits),
    ("requests", effective_requests),
)
