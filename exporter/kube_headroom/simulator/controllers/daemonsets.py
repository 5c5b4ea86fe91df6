"""The DaemonSet controller: one pod on every node that fits, replaced node by node when its template changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kube_headroom.simulator.controllers.node_fit import untolerated, wants_node
from kube_headroom.simulator.controllers.pods import is_ready, is_terminal, is_terminating, phase
from kube_headroom.simulator.controllers.queue import Queue
from kube_headroom.simulator.controllers.replicas import (
    Teller,
    from_template,
    is_available,
    next_available,
    template_hash,
    without_zeros,
)
from kube_headroom.simulator.controllers.rollout_sizes import scaled
from kube_headroom.simulator.events import Reporter
from kube_headroom.simulator.store import ConflictError, Object
from kube_headroom.simulator.world import Marks, World

REPORTER = Reporter("daemonset-controller")
REVISION_LABEL = "controller-revision-hash"
GENERATION_LABEL = "pod-template-generation"
GENERATION = "deprecated.daemonset.template.generation"
_BURST = 250
_FIRST_DELAY = 1.0
_LONGEST_DELAY = 15 * 60.0
_TOLERATED = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
)
"""Taints that a daemon stays under (`AddOrUpdateDaemonPodTolerations`)."""


class _Place(NamedTuple):
    """A node, whether the daemon should be there, and those of its pods that are."""

    node: str
    wanted: bool
    tolerated: bool
    pods: list[Object]


class _Failure(NamedTuple):
    """When a failed pod was last replaced, and for how long the next one has to stay, in seconds."""

    at: float
    delay: float


class DaemonSets:
    """A part of the world; the rules are those of `pkg/controller/daemon`, but for surges, which nothing here uses."""

    def __init__(self, world: World) -> None:
        self._store = world.store
        self._queue = Queue(world.store, "daemonsets", ("pods",))
        self._nodes = Marks(world.store, ("nodes",))
        self._pods = Teller(world.store, world.events, REPORTER)
        self._events = world.events
        self._failures: dict[tuple[str, int, str], _Failure] = {}

    def step(self, now: float) -> None:
        """Look at the DaemonSets that changed or whose pods did; at all if a node came, went or changed its say."""
        if any(
            _says(change.before) != _says(change.object) or change.type == "DELETED" for change in self._nodes.take()
        ):
            self._queue.add_all()
        for daemon_set in self._queue.take(now):
            if "deletionTimestamp" not in daemon_set["metadata"]:
                self._sync(daemon_set, now)

    def _sync(self, daemon_set: Object, now: float) -> None:
        hashed = template_hash(daemon_set["spec"]["template"])
        template = _daemon_template(daemon_set, hashed)
        places = self._places(daemon_set, template)
        try:
            self._keep_one_each(daemon_set, places, template, now)
        except ConflictError:
            self._queue.failed(daemon_set, now)
        else:
            self._queue.succeeded(daemon_set)
            if daemon_set["spec"]["updateStrategy"]["type"] == "RollingUpdate":
                self._replace_old(daemon_set, self._places(daemon_set, template), hashed, now)
        places = self._places(daemon_set, template)
        self._write_status(daemon_set, places, hashed, now)
        min_ready = daemon_set["spec"].get("minReadySeconds", 0)
        due = next_available((pod for place in places for pod in place.pods), min_ready, now)
        if due is not None:
            self._queue.again(daemon_set, due)

    def _places(self, daemon_set: Object, template: Object) -> list[_Place]:
        by_node: dict[str, list[Object]] = {}
        for pod in self._store.owned(daemon_set["metadata"]["uid"], "pods"):
            if not (is_terminal(pod) and is_terminating(pod)):
                by_node.setdefault(_target(pod), []).append(pod)
        places = []
        spec = template["spec"]
        tolerations = spec["tolerations"]
        for node in self._store.all("nodes"):
            name = node["metadata"]["name"]
            taints = node["spec"].get("taints", ()) if "spec" in node else ()
            accepted = wants_node(spec, node)
            wanted = accepted and untolerated(taints, tolerations, ("NoSchedule", "NoExecute")) is None
            stays = accepted and untolerated(taints, tolerations, ("NoExecute",)) is None
            places.append(_Place(name, wanted, stays, by_node.get(name, [])))
        return places

    def _keep_one_each(self, daemon_set: Object, places: Sequence[_Place], template: Object, now: float) -> None:
        """Create where one is missing, delete where one is too many or ended. Raises ConflictError if refused."""
        surplus: list[Object] = []
        missing: list[str] = []
        for place in places:
            present = [pod for pod in place.pods if not is_terminating(pod)]
            if place.wanted and not place.pods:
                missing.append(place.node)
            elif not place.tolerated:
                surplus += present
            else:
                ended = [pod for pod in present if is_terminal(pod) and self._may_replace(daemon_set, pod, place, now)]
                for pod in ended:
                    self._tell_ended(daemon_set, pod, place.node)
                running = sorted((pod for pod in present if not is_terminal(pod)), key=_seniority)
                surplus += ended + running[1:]
        for pod in surplus[:_BURST]:
            self._pods.delete(pod, daemon_set)
        self._pods.create_many([_pod_for(daemon_set, template, node) for node in missing[:_BURST]], daemon_set)

    def _may_replace(self, daemon_set: Object, pod: Object, place: _Place, now: float) -> bool:
        """Tell whether an ended pod may go: failed ones less and less often, lest it fails as fast as it is made."""
        if phase(pod) != "Failed":
            return True
        metadata = daemon_set["metadata"]
        key = (metadata["uid"], metadata["generation"], place.node)
        known = self._failures.get(key)
        if known is not None and now < known.at + known.delay:
            self._queue.again(daemon_set, known.at + known.delay)
            return False
        old = {name for name, one in self._failures.items() if now > one.at + 2 * _LONGEST_DELAY}
        self._failures = {name: one for name, one in self._failures.items() if name not in old}
        delay = min(_LONGEST_DELAY, 2 * known.delay) if known is not None and key not in old else _FIRST_DELAY
        self._failures[key] = _Failure(now, delay)
        return True

    def _tell_ended(self, daemon_set: Object, pod: Object, node: str) -> None:
        name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        failed = phase(pod) == "Failed"
        type_, reason, what = (
            ("Warning", "FailedDaemonPod", f"Found failed daemon pod {name} on node {node}, will try to kill it")
            if failed
            else (
                "Normal",
                "SucceededDaemonPod",
                f"Found succeeded daemon pod {name} on node {node}, will try to delete it",
            )
        )
        self._events.record(daemon_set, type_, reason, what, REPORTER)

    def _replace_old(self, daemon_set: Object, places: Sequence[_Place], hashed: str, now: float) -> None:
        """Delete pods of an old template: all that are unavailable anyway, others as maxUnavailable allows."""
        wanted = sum(place.wanted for place in places)
        rolling = daemon_set["spec"]["updateStrategy"].get("rollingUpdate", {})
        allowed = scaled(rolling.get("maxUnavailable", 1), wanted, up=True) or 1
        min_ready = daemon_set["spec"].get("minReadySeconds", 0)
        unavailable = 0
        anyway: list[Object] = []
        candidates: list[Object] = []
        for place in places:
            if not place.wanted and not place.pods:
                continue
            staying = [pod for pod in place.pods if not is_terminating(pod)]
            up = len(staying) == 1 and is_available(staying[0], min_ready, now)
            unavailable += not up
            if len(staying) == 1 and not _is_updated(staying[0], hashed):
                (candidates if up else anyway).append(staying[0])
        for pod in anyway + candidates[: max(0, allowed - unavailable)]:
            self._pods.delete(pod, daemon_set)

    def _write_status(self, daemon_set: Object, places: Sequence[_Place], hashed: str, now: float) -> None:
        min_ready = daemon_set["spec"].get("minReadySeconds", 0)
        wanted = [place for place in places if place.wanted]
        first = [min(place.pods, key=_seniority) for place in wanted if place.pods]
        available = sum(is_available(pod, min_ready, now) for pod in first)
        always = {
            "currentNumberScheduled": len(first),
            "numberMisscheduled": sum(bool(place.pods) and not place.wanted for place in places),
            "desiredNumberScheduled": len(wanted),
            "numberReady": sum(map(is_ready, first)),
        }
        counts = {
            "observedGeneration": daemon_set["metadata"]["generation"],
            "updatedNumberScheduled": sum(_is_updated(pod, hashed) for pod in first),
            "numberAvailable": available,
            "numberUnavailable": len(wanted) - available,
        }
        self._store.change("daemonsets", daemon_set, status={**always, **without_zeros(counts)})


def _says(node: Object | None) -> tuple[object, object, object]:
    """Return what of a node decides whether daemons belong there."""
    if node is None:
        return (None, None, None)
    spec = node.get("spec", {})
    return node["metadata"].get("labels"), spec.get("taints"), spec.get("unschedulable")


def _daemon_template(daemon_set: Object, hashed: str) -> Object:
    template = daemon_set["spec"]["template"]
    spec = template["spec"]
    tolerated = [*_TOLERATED]
    if spec.get("hostNetwork"):
        tolerated.append(("node.kubernetes.io/network-unavailable", "NoSchedule"))
    added = [{"key": key, "operator": "Exists", "effect": effect} for key, effect in tolerated]
    own = [one for one in spec.get("tolerations", ()) if one not in added]
    metadata = template.get("metadata", {})
    labels = {**metadata.get("labels", {}), REVISION_LABEL: hashed, GENERATION_LABEL: _generation(daemon_set)}
    return {
        "metadata": {**metadata, "labels": labels},
        "spec": {**spec, "tolerations": own + added},
    }


def _generation(daemon_set: Object) -> str:
    annotations = daemon_set["metadata"].get("annotations", {})
    return str(annotations.get(GENERATION, daemon_set["metadata"]["generation"]))


def _pod_for(daemon_set: Object, template: Object, node: str) -> Object:
    """Return the pod of one node, which the scheduler can put nowhere else."""
    pod = from_template(template, daemon_set)
    here = {"key": "metadata.name", "operator": "In", "values": [node]}
    affinity = pod["spec"].get("affinity", {})
    of_nodes = affinity.get("nodeAffinity", {})
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchFields": [here]}]}}
    return {**pod, "spec": {**pod["spec"], "affinity": {**affinity, "nodeAffinity": {**of_nodes, **required}}}}


def _target(pod: Object) -> str:
    """Return the node that a daemon's pod is on or made for."""
    if "nodeName" in pod["spec"]:
        return str(pod["spec"]["nodeName"])
    [term] = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][
        "nodeSelectorTerms"
    ]
    return str(term["matchFields"][0]["values"][0])


def _is_updated(pod: Object, hashed: str) -> bool:
    return bool(pod["metadata"].get("labels", {}).get(REVISION_LABEL) == hashed)


def _seniority(pod: Object) -> tuple[bool, str, str]:
    metadata = pod["metadata"]
    return "nodeName" not in pod["spec"], metadata["creationTimestamp"], metadata["name"]
