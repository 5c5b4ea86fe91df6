"""One step of one Deployment: find or create its new ReplicaSet, scale, clean up, say where it stands."""

from __future__ import annotations

from collections.abc import Sequence

from kube_headroom.simulator.controllers.pods import condition, is_terminal
from kube_headroom.simulator.controllers.rollout_sizes import (
    DESIRED,
    MAXIMUM,
    counted,
    is_rolling,
    max_surge,
    max_unavailable,
    new_size,
    proportional_sizes,
    wanted_of,
)
from kube_headroom.simulator.controllers.rollout_status import (
    ReplicaSetsOf,
    counts,
    deadline,
    is_complete,
    with_progress,
    with_verdict,
)
from kube_headroom.simulator.controllers.template_revisions import (
    REVISION,
    annotations_of_new,
    equal_templates,
    replica_set_of,
    revision,
)
from kube_headroom.simulator.events import Reporter
from kube_headroom.simulator.store import ConflictError, Object
from kube_headroom.simulator.world import World

REPORTER = Reporter("deployment-controller")
_KEPT_WITHOUT_LIMIT = 2**31 - 1


class Rollout:
    """A Deployment and its ReplicaSets as they are while one step is taken; the methods keep them up to date."""

    def __init__(self, world: World, deployment: Object, now: float) -> None:
        self._store = world.store
        self._events = world.events
        self._now = now
        self.deployment = deployment
        owned = world.store.owned(deployment["metadata"]["uid"], "replicasets")
        oldest_first = sorted(owned, key=lambda one: (one["metadata"]["creationTimestamp"], one["metadata"]["name"]))
        template = deployment["spec"]["template"]
        new = next((one for one in oldest_first if equal_templates(one["spec"]["template"], template)), None)
        self._new = new
        self._old = [one for one in oldest_first if one is not new]

    @property
    def _sets(self) -> ReplicaSetsOf:
        return ReplicaSetsOf(self._new, self._old)

    def run(self) -> bool:
        """Take the step; tell whether admission refused the new ReplicaSet, so that it has to be tried again."""
        if "deletionTimestamp" in self.deployment["metadata"]:
            self._write_status()
            return False
        self._note_pause()
        if self._new is not None:
            self._adopt_new()
        if self.deployment["spec"].get("paused") or self._is_scaling():
            self._scale()
            if self.deployment["spec"].get("paused"):
                self._clean_up()
            self._write_status()
            return False
        return self._roll() if is_rolling(self.deployment) else self._recreate()

    def _roll(self) -> bool:
        if self._new is None and not self._create_new():
            return True
        if not (self._grow_new() or self._shrink_old()) and self._was_complete():
            self._clean_up()
        self._write_progress()
        return False

    def _recreate(self) -> bool:
        active = [one for one in self._old if one["spec"]["replicas"]]
        for one in active:
            self._resize(one, 0)
        if not active and not self._old_pods_run():
            if self._new is None and not self._create_new():
                return True
            if self._new is not None:
                self._resize(self._new, self.deployment["spec"]["replicas"])
            if self._was_complete():
                self._clean_up()
        self._write_progress()
        return False

    def _old_pods_run(self) -> bool:
        return counted(self._old, "replicas") > 0 or any(
            not is_terminal(pod) for one in self._old for pod in self._store.owned(one["metadata"]["uid"], "pods")
        )

    def _note_pause(self) -> None:
        """Say that the Deployment was paused or resumed, so that the time between does not count as lack of progress."""
        known = condition(self.deployment, "Progressing")
        reason = known.get("reason") if known else None
        if deadline(self.deployment) is None or reason == "ProgressDeadlineExceeded":
            return
        paused = self.deployment["spec"].get("paused", False)
        if paused and reason != "DeploymentPaused":
            self._judge("Unknown", "DeploymentPaused", "Deployment is paused")
        elif not paused and reason == "DeploymentPaused":
            self._judge("Unknown", "DeploymentResumed", "Deployment is resumed")

    def _judge(self, status: str, reason: str, message: str) -> None:
        before = self.deployment.get("status", {})
        verdict = ("Progressing", status, reason, message)
        conditions = with_verdict(before.get("conditions", ()), verdict, self._now)
        self._change(status={**before, "conditions": conditions})

    def _change(self, **parts: Object) -> None:
        self.deployment = self._store.change("deployments", self.deployment, **parts)

    def _note_revision(self, number: str) -> None:
        annotations = self.deployment["metadata"].get("annotations", {})
        if annotations.get(REVISION) != number:
            self._change(metadata={"annotations": {**annotations, REVISION: number}})

    def _adopt_new(self) -> None:
        """Give the ReplicaSet of the present template, perhaps an old one that is rolled back to, the last revision."""
        new = self._new
        if new is None:
            return
        number = max(map(revision, self._old), default=0) + 1
        annotations = annotations_of_new(self.deployment, new["metadata"].get("annotations", {}), number)
        spec = new["spec"]
        if spec.get("minReadySeconds", 0) != self.deployment["spec"].get("minReadySeconds", 0):
            spec = {**spec, "minReadySeconds": self.deployment["spec"].get("minReadySeconds", 0)}
        self._new = new = self._store.change("replicasets", new, metadata={"annotations": annotations}, spec=spec)
        self._note_revision(annotations[REVISION])
        if deadline(self.deployment) is not None and condition(self.deployment, "Progressing") is None:
            self._judge("True", "FoundNewReplicaSet", f'Found new replica set "{new["metadata"]["name"]}"')

    def _create_new(self) -> bool:
        """Create the ReplicaSet of the present template; tell whether it was admitted."""
        deployment = self.deployment
        number = max(map(revision, self._old), default=0) + 1
        size = new_size(deployment, self._old, 0)
        made = replica_set_of(deployment, number, size, self._sizes())
        name = made["metadata"]["name"]
        try:
            self._new = self._store.create("replicasets", made)
        except ConflictError as error:
            self._refuse(name, error)
            return False
        if size:
            self._tell(f"Scaled up replica set {name} from 0 to {size}")
        self._note_revision(str(number))
        if deadline(deployment) is not None:
            self._judge("True", "NewReplicaSetCreated", f'Created new replica set "{name}"')
        return True

    def _refuse(self, name: str, error: ConflictError) -> None:
        if error.reason == "AlreadyExists":
            status = self.deployment.get("status", {})
            self._change(status={**status, "collisionCount": status.get("collisionCount", 0) + 1})
            return
        message = f'Failed to create new replica set "{name}": {error}'
        if deadline(self.deployment) is not None:
            self._judge("False", "ReplicaSetCreateError", message)
        self._events.record(self.deployment, "Warning", "ReplicaSetCreateError", message, REPORTER)

    def _sizes(self) -> dict[str, str]:
        wanted = self.deployment["spec"]["replicas"]
        return {DESIRED: str(wanted), MAXIMUM: str(wanted + max_surge(self.deployment))}

    def _is_scaling(self) -> bool:
        """Tell whether the Deployment's size changed since its ReplicaSets were last scaled."""
        wanted = str(self.deployment["spec"]["replicas"])
        noted = (one["metadata"].get("annotations", {}).get(DESIRED) for one in self._active())
        return any(size is not None and size != wanted for size in noted)

    def _active(self) -> list[Object]:
        return [one for one in self._sets.all if one["spec"]["replicas"]]

    def _scale(self) -> None:
        """Follow a change of size: the only active ReplicaSet takes it, several share it in proportion."""
        active = self._active()
        wanted = self.deployment["spec"]["replicas"]
        if len(active) <= 1:
            latest = self._new or (self._old[-1] if self._old else None)
            one = active[0] if active else latest
            if one is not None:
                self._resize(one, wanted)
        elif self._is_saturated():
            for one in [one for one in self._old if one["spec"]["replicas"]]:
                self._resize(one, 0)
        elif is_rolling(self.deployment):
            for one, size in proportional_sizes(self.deployment, active):
                self._resize(one, size, annotate=True)

    def _is_saturated(self) -> bool:
        wanted = self.deployment["spec"]["replicas"]
        return (
            self._new is not None
            and self._new["spec"]["replicas"] == wanted == counted([self._new], "availableReplicas")
            and self._new["metadata"].get("annotations", {}).get(DESIRED) == str(wanted)
        )

    def _resize(self, replica_set: Object, size: int, *, annotate: bool = False) -> bool:
        """Scale a ReplicaSet and note for which size of the Deployment; tell whether its size changed."""
        before = replica_set["spec"]["replicas"]
        if size == before and not annotate:
            return False
        annotations = {**replica_set["metadata"].get("annotations", {}), **self._sizes()}
        spec = {**replica_set["spec"], "replicas": size}
        changed = self._store.change("replicasets", replica_set, metadata={"annotations": annotations}, spec=spec)
        if replica_set is self._new:
            self._new = changed
        self._old = [changed if one is replica_set else one for one in self._old]
        if size == before:
            return False
        direction = "up" if size > before else "down"
        name = replica_set["metadata"]["name"]
        self._tell(f"Scaled {direction} replica set {name} from {before} to {size}")
        return True

    def _tell(self, message: str) -> None:
        self._events.record(self.deployment, "Normal", "ScalingReplicaSet", message, REPORTER)

    def _grow_new(self) -> bool:
        if self._new is None:
            return False
        size, wanted = self._new["spec"]["replicas"], self.deployment["spec"]["replicas"]
        return self._resize(self._new, wanted if size > wanted else new_size(self.deployment, self._sets.all, size))

    def _shrink_old(self) -> bool:
        """Take pods from the old ReplicaSets as availability allows: first those that are not available anyway."""
        if self._new is None or not wanted_of(self._old):
            return False
        least = self.deployment["spec"]["replicas"] - max_unavailable(self.deployment)
        missing = self._new["spec"]["replicas"] - counted([self._new], "availableReplicas")
        spare = wanted_of(self._sets.all) - least - missing
        if spare <= 0:
            return False
        cleaned = self._take(self._old, spare, unavailable_only=True)
        taken = self._take(self._old, counted(self._sets.all, "availableReplicas") - least, unavailable_only=False)
        return cleaned + taken > 0

    def _take(self, replica_sets: Sequence[Object], most: int, *, unavailable_only: bool) -> int:
        left = most
        for one in list(replica_sets):
            size = one["spec"]["replicas"]
            takeable = size - counted([one], "availableReplicas") if unavailable_only else size
            part = min(left, takeable)
            if part > 0:
                self._resize(one, size - part)
                left -= part
        return most - left

    def _was_complete(self) -> bool:
        return is_complete(self.deployment, self.deployment.get("status", {}))

    def _clean_up(self) -> None:
        """Delete the oldest empty ReplicaSets beyond the history's limit."""
        limit = self.deployment["spec"].get("revisionHistoryLimit", _KEPT_WITHOUT_LIMIT)
        excess = len(self._old) - limit
        if limit == _KEPT_WITHOUT_LIMIT or excess <= 0:
            return
        for one in sorted(self._old, key=revision)[:excess]:
            status = one.get("status", {})
            seen = status.get("observedGeneration", 0) >= one["metadata"]["generation"]
            if seen and not one["spec"]["replicas"] and not status.get("replicas", 0):
                self._store.delete("replicasets", one)

    def _write_status(self) -> None:
        self._change(status=counts(self.deployment, self._sets, self._now))

    def _write_progress(self) -> None:
        status = counts(self.deployment, self._sets, self._now)
        self._change(status=with_progress(self.deployment, status, self._sets, self._now))
