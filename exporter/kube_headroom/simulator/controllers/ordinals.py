"""One step of one StatefulSet: its pods by ordinal, created, deleted and replaced in their order."""

from __future__ import annotations

from collections.abc import Mapping

from kube_headroom.simulator.controllers.pods import (
    delete_pod,
    is_ready,
    is_terminal,
    is_terminating,
    phase,
)
from kube_headroom.simulator.controllers.replicas import from_template, is_available, without_zeros
from kube_headroom.simulator.events import Reporter
from kube_headroom.simulator.store import ConflictError, Object
from kube_headroom.simulator.world import World

REPORTER = Reporter("statefulset-controller")
REVISION_LABEL = "controller-revision-hash"
POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name"
INDEX_LABEL = "apps.kubernetes.io/pod-index"


class Ordinals:
    """A StatefulSet and its pods while one step is taken; the rules are those of `stateful_set_control.go`."""

    def __init__(self, world: World, stateful_set: Object, revisions: tuple[str, str], now: float) -> None:
        """Look at the pods there are; `revisions` are the names of the current and the update revision."""
        self._store = world.store
        self._events = world.events
        self._set = stateful_set
        self._spec: Object = stateful_set["spec"]
        self._current, self._update = revisions
        self._now = now
        self._refused = False
        self._start: int = self._spec.get("ordinals", {}).get("start", 0)
        self._end: int = self._start + self._spec["replicas"]
        self._monotonic = self._spec["podManagementPolicy"] == "OrderedReady"
        self.used: frozenset[str] = frozenset()

    @property
    def pods(self) -> list[Object]:
        """The set's pods in the order of their ordinals."""
        return sorted(self._store.owned(self._set["metadata"]["uid"], "pods"), key=_ordinal)

    def run(self, templates: Mapping[str, Object]) -> bool:
        """Take the step; tell whether everything that was created was admitted."""
        if "deletionTimestamp" not in self._set["metadata"] and self._fill(templates) and self._shrink():
            self._replace_old()
        self._write_status()
        return not self._refused

    def _fill(self, templates: Mapping[str, Object]) -> bool:
        """Create what is missing; tell whether the next stage may begin, which an ordered set has to wait for."""
        by_ordinal = {_ordinal(pod): pod for pod in self.pods}
        for ordinal in range(self._start, self._end):
            pod = by_ordinal.get(ordinal)
            if pod is None:
                self._create(ordinal, templates)
            elif is_terminal(pod):
                if not is_terminating(pod):
                    self._delete(pod)
            elif not self._monotonic or self._is_up(pod):
                continue
            if self._monotonic or self._refused:
                return False
        return True

    def _shrink(self) -> bool:
        """Delete what is too much, from the highest ordinal; tell whether the update may go on."""
        pods = self.pods
        condemned = [pod for pod in reversed(pods) if not self._start <= _ordinal(pod) < self._end]
        first_unhealthy = next((pod for pod in pods if not self._is_up(pod)), None)
        for pod in condemned:
            if not is_terminating(pod):
                if self._monotonic and not self._is_up(pod) and pod is not first_unhealthy:
                    return False
                self._delete(pod)
            if self._monotonic:
                return False
        return True

    def _replace_old(self) -> None:
        """Delete the highest pod of an old revision, once all above it are up again."""
        strategy = self._spec["updateStrategy"]
        if strategy["type"] != "RollingUpdate":
            return
        first = strategy.get("rollingUpdate", {}).get("partition", 0) + self._start
        for pod in reversed(self.pods):
            if not first <= _ordinal(pod) < self._end:
                continue
            if _revision(pod) != self._update and not is_terminating(pod):
                self._delete(pod)
                return
            if not self._is_up(pod):
                return

    def _is_up(self, pod: Object) -> bool:
        return is_available(pod, self._spec.get("minReadySeconds", 0), self._now) and not is_terminating(pod)

    def _create(self, ordinal: int, templates: Mapping[str, Object]) -> None:
        """Create a pod, its claims first; a rolling update recreates those below its partition as they were."""
        kept: int = self._spec["updateStrategy"].get("rollingUpdate", {}).get("partition", 0)
        revision = self._current if ordinal < self._start + kept else self._update
        name = f"{self._set['metadata']['name']}-{ordinal}"
        pod = from_template(templates[revision], self._set)
        metadata = {key: value for key, value in pod["metadata"].items() if key != "generateName"}
        own = {POD_NAME_LABEL: name, INDEX_LABEL: str(ordinal), REVISION_LABEL: revision}
        claims = {one["metadata"]["name"]: one for one in self._spec.get("volumeClaimTemplates", ())}
        volumes = [{"name": volume, "persistentVolumeClaim": {"claimName": f"{volume}-{name}"}} for volume in claims]
        volumes += [volume for volume in pod["spec"].get("volumes", ()) if volume["name"] not in claims]
        identity = {"hostname": name, "subdomain": self._spec.get("serviceName", "")}
        made = {
            "metadata": {**metadata, "name": name, "labels": {**metadata.get("labels", {}), **own}},
            "spec": {**pod["spec"], **without_zeros(identity), **({"volumes": volumes} if volumes else {})},
        }
        try:
            for volume, claim in claims.items():
                self._create_claim(f"{volume}-{name}", claim, name)
            self._store.create("pods", made)
        except ConflictError as error:
            self._refused = True
            message = f"Create Pod {name} in StatefulSet {self._set['metadata']['name']} failed error: {error}"
            self._events.record(self._set, "Warning", "FailedCreate", message, REPORTER)
            return
        self._tell("Create", name)

    def _create_claim(self, name: str, template: Object, pod: str) -> None:
        """Create a pod's claim unless it is there from an earlier life of the pod."""
        metadata = self._set["metadata"]
        if self._store.get("persistentvolumeclaims", metadata["namespace"], name) is not None:
            return
        labels = {**template["metadata"].get("labels", {}), **self._spec["selector"].get("matchLabels", {})}
        described = {"name": name, "namespace": metadata["namespace"], "labels": labels}
        what = f"Claim {name} Pod {pod} in StatefulSet {metadata['name']}"
        try:
            self._store.create("persistentvolumeclaims", {"metadata": described, "spec": template["spec"]})
        except ConflictError as error:
            failed = f"Create {what.replace(' Pod ', ' for Pod ')} failed error: {error}"
            self._events.record(self._set, "Warning", "FailedCreate", failed, REPORTER)
            raise
        self._events.record(self._set, "Normal", "SuccessfulCreate", f"Create {what} success", REPORTER)

    def _delete(self, pod: Object) -> None:
        delete_pod(self._store, pod)
        self._tell("Delete", pod["metadata"]["name"])

    def _tell(self, verb: str, pod: str) -> None:
        message = f"{verb} Pod {pod} in StatefulSet {self._set['metadata']['name']} successful"
        self._events.record(self._set, "Normal", f"Successful{verb}", message, REPORTER)

    def _write_status(self) -> None:
        pods = self.pods
        wanted: int = self._spec["replicas"]
        running = [pod for pod in pods if phase(pod) == "Running"]
        staying = [pod for pod in pods if not is_terminating(pod)]
        ready = sum(map(is_ready, running))
        updated = sum(_revision(pod) == self._update for pod in staying)
        current = sum(_revision(pod) == self._current for pod in staying)
        name = self._current
        rolling = self._spec["updateStrategy"]["type"] == "RollingUpdate"
        if rolling and updated == ready == len(pods) == wanted:
            name, current = self._update, updated
        min_ready = self._spec.get("minReadySeconds", 0)
        counts = {
            "observedGeneration": self._set["metadata"]["generation"],
            "readyReplicas": ready,
            "currentReplicas": current,
            "updatedReplicas": updated,
            "currentRevision": name,
            "updateRevision": self._update,
        }
        always = {
            "replicas": len(pods),
            "availableReplicas": sum(is_available(pod, min_ready, self._now) for pod in running),
            "collisionCount": 0,
        }
        self._store.change("statefulsets", self._set, status={**without_zeros(counts), **always})
        self.used = frozenset((name, self._update, *map(_revision, pods)))


def _ordinal(pod: Object) -> int:
    return int(pod["metadata"]["name"].rpartition("-")[2])


def _revision(pod: Object) -> str:
    return str(pod["metadata"].get("labels", {}).get(REVISION_LABEL, ""))
