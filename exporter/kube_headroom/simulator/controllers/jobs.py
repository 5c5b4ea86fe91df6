"""The Job controller: pods until enough of them succeeded or too many failed. An Indexed Job is run without indexes."""

from __future__ import annotations

from collections.abc import Sequence

from kube_headroom.simulator.controllers import pods
from kube_headroom.simulator.controllers.garbage import delete
from kube_headroom.simulator.controllers.job_accounts import Account
from kube_headroom.simulator.controllers.job_pods import (
    is_failed,
    replaces_only_failed,
    restarts,
    verdict,
)
from kube_headroom.simulator.controllers.queue import Queue
from kube_headroom.simulator.controllers.replicas import Teller, from_template, is_active, leaving
from kube_headroom.simulator.events import Reporter
from kube_headroom.simulator.store import Change, ConflictError, Object, controller, moment, timestamp
from kube_headroom.simulator.world import World

LONGEST_RETRY_SECONDS = 60.0
"""Between two tries to create a pod that was refused; the first comes after a second."""
BACK_OFF_LIMIT = 6
_REPORTER = Reporter("job-controller")
_REACHED = ("CompletionsReached", "Reached expected number of succeeded pods")


class Jobs:
    """Runs every Job; `status` counts each pod once, when it ended."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._store = world.store
        self._queue = Queue(world.store, "jobs", ("pods",))
        self._pods = Teller(world.store, world.events, _REPORTER)
        self._accounts: dict[str, Account] = {}
        for existing in world.store.all("jobs"):
            world.store.replace("jobs", identified("jobs", existing))
        world.store.admissions.append(identified)
        world.store.listeners.append(self._hear)

    def step(self, now: float) -> None:
        """Sync the Jobs whose own state, pods or time call for it."""
        for job in self._queue.take(now):
            if finished_condition(job) is not None:
                self._expire(job, now)
            else:
                self._sync(job, now)

    def _hear(self, change: Change) -> None:
        if change.type != "DELETED":
            return
        if change.resource == "jobs":
            self._accounts.pop(change.object["metadata"]["uid"], None)
        elif change.resource == "pods":
            owner = controller(change.object)
            account = self._accounts.get(owner["uid"]) if owner else None
            if account is not None:
                uid = change.object["metadata"]["uid"]
                if uid in account.counted:
                    del account.counted[uid]
                else:
                    account.gone.append(change.object)

    def _expire(self, job: Object, now: float) -> None:
        """Delete a finished Job after its ttlSecondsAfterFinished."""
        self._accounts.pop(job["metadata"]["uid"], None)
        lasting = job["spec"].get("ttlSecondsAfterFinished")
        ended = finished_condition(job)
        if lasting is None or ended is None or pods.is_terminating(job):
            return
        at = moment(ended["lastTransitionTime"]) + lasting
        if now < at:
            self._queue.again(job, at)
        else:
            delete(self._world, "jobs", job, "Foreground")

    def _sync(self, job: Object, now: float) -> None:
        account = self._accounts.setdefault(job["metadata"]["uid"], Account())
        status = dict(job.get("status", {}))
        failed = self._count(job, account, status)
        if "startTime" not in status and not _suspended(job):
            status["startTime"] = timestamp(now)
        target = _target(status) or self._failure(job, status, failed, now)
        if target is None and not pods.is_terminating(job):
            self._manage(job, account, status, now)
            target = self._success(job, status)
        if target is not None:
            if target["type"] == "FailureTarget":
                for pod in self._active(job):
                    self._pods.delete(pod, job)
                self._count(job, account, status)
            self._conclude(job, status, target, now)
        elif not pods.is_terminating(job):
            self._tell_suspension(job, status, now)
        self._write(job, status)

    def _count(self, job: Object, account: Account, status: Object) -> list[Object]:
        """Add the pods that ended to the status and the back-off; return those that failed."""
        gone, account.gone = account.gone, []
        present = [
            pod
            for pod in self._store.owned(job["metadata"]["uid"], "pods")
            if pod["metadata"]["uid"] not in account.counted and (pods.phase(pod) == "Succeeded" or is_failed(pod, job))
        ]
        account.counted.update(dict.fromkeys(pod["metadata"]["uid"] for pod in present))
        ended = [*present, *gone]
        succeeded = [pod for pod in ended if pods.phase(pod) == "Succeeded"]
        failed = [pod for pod in ended if pods.phase(pod) != "Succeeded"]
        status["succeeded"] = status.get("succeeded", 0) + len(succeeded)
        status["failed"] = status.get("failed", 0) + sum(verdict(job, pod).counts for pod in failed)
        account.add(succeeded, failed)
        return failed

    def _failure(self, job: Object, status: Object, failed: Sequence[Object], now: float) -> Object | None:
        """Return the condition of a Job that failed, in the order the real controller looks for causes."""
        spec = job["spec"]
        limit = spec.get("backoffLimit", BACK_OFF_LIMIT)
        forbidden = next((why for pod in failed if (why := verdict(job, pod).fails_job)), "")
        if forbidden:
            return _condition("FailureTarget", "PodFailurePolicy", forbidden, now)
        if status["failed"] > limit or self._restarted_too_often(job, limit):
            reason = "BackoffLimitExceeded"
            return _condition("FailureTarget", reason, "Job has reached the specified backoff limit", now)
        lasting = spec.get("activeDeadlineSeconds")
        if lasting is not None and "startTime" in status and not _suspended(job):
            at = moment(status["startTime"]) + lasting
            if now >= at:
                reason = "DeadlineExceeded"
                return _condition("FailureTarget", reason, "Job was active longer than specified deadline", now)
            self._queue.again(job, at)
        return None

    def _restarted_too_often(self, job: Object, limit: int) -> bool:
        if job["spec"]["template"]["spec"].get("restartPolicy") != "OnFailure":
            return False
        count = restarts(self._store.owned(job["metadata"]["uid"], "pods"))
        return count > 0 if limit == 0 else count >= limit

    def _success(self, job: Object, status: Object) -> Object | None:
        completions = _completions(job)
        enough = status["succeeded"] > 0 if completions is None else status["succeeded"] >= completions
        if not enough or self._active(job):
            return None
        return _condition("SuccessCriteriaMet", *_REACHED, self._world.now)

    def _conclude(self, job: Object, status: Object, target: Object, now: float) -> None:
        """Set the interim condition, and the final one once no pod is left to end."""
        conditions = list(status.get("conditions", ()))
        if not any(one["type"] == target["type"] for one in conditions):
            conditions.append(target)
        mine = self._store.owned(job["metadata"]["uid"], "pods")
        if not leaving(mine) and not any(is_active(pod) for pod in mine):
            complete = target["type"] == "SuccessCriteriaMet"
            final = "Complete" if complete else "Failed"
            conditions.append(_condition(final, target["reason"], target["message"], now))
            if complete:
                status["completionTime"] = timestamp(now)
            self._tell_end(job, status, target)
        status["conditions"] = conditions

    def _tell_end(self, job: Object, status: Object, target: Object) -> None:
        record = self._world.events.record
        if target["type"] != "SuccessCriteriaMet":
            record(job, "Warning", target["reason"], target["message"], _REPORTER)
            return
        if status["succeeded"] > (_completions(job) or status["succeeded"]):
            message = "Too many succeeded pods running after completion count reached"
            record(job, "Warning", "TooManySucceededPods", message, _REPORTER)
        record(job, "Normal", "Completed", "Job completed", _REPORTER)

    def _manage(self, job: Object, account: Account, status: Object, now: float) -> None:
        """Create or delete pods until as many are active as are wanted."""
        active = self._active(job)
        surplus = len(active) if _suspended(job) else len(active) - self._wanted(job, status, len(active))
        if surplus > 0:
            for pod in sorted(active, key=_removal_order)[:surplus]:
                account.counted[pod["metadata"]["uid"]] = None
                self._pods.delete(pod, job)
            return
        if replaces_only_failed(job):
            surplus += leaving(self._store.owned(job["metadata"]["uid"], "pods"))
        if surplus >= 0 or _suspended(job):
            return
        if account.wait(now) > 0:
            self._queue.again(job, now + account.wait(now))
            return
        self._create_pods(job, account, -surplus, now)

    def _create_pods(self, job: Object, account: Account, missing: int, now: float) -> None:
        pod = from_template(job["spec"]["template"], job)
        for _ in range(missing):
            try:
                self._pods.create(pod, job)
            except ConflictError:
                account.refusals += 1
                self._queue.again(job, now + min(LONGEST_RETRY_SECONDS, 2.0 ** (min(account.refusals, 7) - 1)))
                return
        account.refusals = 0

    def _wanted(self, job: Object, status: Object, active: int) -> int:
        parallelism = int(job["spec"].get("parallelism", 1))
        completions = _completions(job)
        if completions is None:
            return active if status["succeeded"] else parallelism
        return max(0, min(completions - int(status["succeeded"]), parallelism))

    def _tell_suspension(self, job: Object, status: Object, now: float) -> None:
        old = next((one for one in status.get("conditions", ()) if one["type"] == "Suspended"), None)
        suspended = _suspended(job)
        if suspended == (old is not None and old["status"] == "True"):
            return
        word = "suspended" if suspended else "resumed"
        new = {
            "type": "Suspended",
            "status": "True" if suspended else "False",
            "reason": f"Job{word.capitalize()}",
            "message": f"Job {word}",
            "lastProbeTime": timestamp(now),
        }
        status["conditions"] = pods.with_condition(status.get("conditions", []), new, now)
        self._world.events.record(job, "Normal", word.capitalize(), f"Job {word}", _REPORTER)
        if suspended:
            status.pop("startTime", None)
        else:
            status["startTime"] = timestamp(now)

    def _write(self, job: Object, status: Object) -> None:
        mine = self._store.owned(job["metadata"]["uid"], "pods")
        active = [pod for pod in mine if is_active(pod)]
        status["active"] = len(active)
        for name in ("active", "succeeded", "failed"):
            if not status[name]:
                del status[name]
        status["ready"] = sum(pods.is_ready(pod) for pod in active)
        status["terminating"] = leaving(mine)
        status["uncountedTerminatedPods"] = {}
        self._store.change("jobs", job, status=status)

    def _active(self, job: Object) -> list[Object]:
        return [pod for pod in self._store.owned(job["metadata"]["uid"], "pods") if is_active(pod)]


def finished_condition(job: Object) -> Object | None:
    """Return a Job's Complete or Failed condition that is True."""
    for found in job.get("status", {}).get("conditions", ()):
        if found["type"] in ("Complete", "Failed") and found["status"] == "True":
            return dict(found)
    return None


def identified(resource: str, new: Object) -> Object:
    """Give a new Job the selector and the labels that tie its pods to it (registry/batch/job/strategy.go)."""
    if resource != "jobs" or new["spec"].get("manualSelector"):
        return new
    metadata, spec = new["metadata"], new["spec"]
    uid, name = metadata["uid"], metadata["name"]
    template = spec["template"]
    described = template.get("metadata", {})
    labels = {
        **described.get("labels", {}),
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": name,
        "controller-uid": uid,
        "job-name": name,
    }
    spec = {
        **spec,
        "selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}},
        "template": {**template, "metadata": {**described, "labels": labels}},
    }
    return {**new, "metadata": {**metadata, "labels": metadata.get("labels") or labels}, "spec": spec}


def _target(status: Object) -> Object | None:
    """Return the interim condition of a Job whose outcome is known."""
    for found in status.get("conditions", ()):
        if found["type"] in ("FailureTarget", "SuccessCriteriaMet") and found["status"] == "True":
            return dict(found)
    return None


def _condition(type_: str, reason: str, message: str, now: float) -> Object:
    at = timestamp(now)
    return {
        "type": type_,
        "status": "True",
        "lastProbeTime": at,
        "lastTransitionTime": at,
        "reason": reason,
        "message": message,
    }


def _suspended(job: Object) -> bool:
    return bool(job["spec"].get("suspend"))


def _completions(job: Object) -> int | None:
    """Return how many successes are wanted; None if one ends the Job once its other pods have ended too."""
    spec = job["spec"]
    found: int | None = spec.get("completions", None if "parallelism" in spec else 1)
    return found


def _removal_order(pod: Object) -> tuple[bool, bool, bool]:
    return bool(pod["spec"].get("nodeName")), pods.phase(pod) == "Running", pods.is_ready(pod)
