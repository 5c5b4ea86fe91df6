"""The CronJob controller: a Job whenever one is due, and the tidying up of old ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kube_headroom.simulator.controllers.garbage import delete
from kube_headroom.simulator.controllers.jobs import finished_condition
from kube_headroom.simulator.controllers.queue import Queue
from kube_headroom.simulator.controllers.schedules import Schedule, ScheduleError, parse_schedule, zone_named
from kube_headroom.simulator.events import Reporter
from kube_headroom.simulator.store import ConflictError, Object, moment, owner_reference, timestamp
from kube_headroom.simulator.world import World

MANY_MISSED = 100
SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp"
_REPORTER = Reporter("cronjob-controller")
_HISTORY_LIMITS = (("Complete", "successfulJobsHistoryLimit", 3), ("Failed", "failedJobsHistoryLimit", 1))


class CronJobs:
    """Starts the Jobs of every CronJob; the rules are those of `pkg/controller/cronjob/cronjob_controllerv2.go`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._store = world.store
        self._queue = Queue(world.store, "cronjobs", ("jobs",))

    def step(self, now: float) -> None:
        """Sync the CronJobs that changed, whose Jobs did, or that are due."""
        for cron_job in self._queue.take(now):
            self._sync(cron_job, now)

    def _sync(self, cron_job: Object, now: float) -> None:
        jobs = self._store.owned(cron_job["metadata"]["uid"], "jobs")
        status = dict(cron_job.get("status", {}))
        status["active"] = list(status.get("active", ()))
        self._tidy(cron_job, status, jobs)
        self._reconcile(cron_job, status, jobs)
        schedule = self._schedule(cron_job)
        refused = False
        if schedule is not None:
            due = self._due(cron_job, status, schedule, now)
            if due is not None and self._may_start(cron_job, status):
                refused = not self._start(cron_job, status, due)
            self._wait(cron_job, status, schedule, now)
        if not status["active"]:
            del status["active"]
        if refused:
            self._queue.failed(cron_job, now)
        else:
            self._queue.succeeded(cron_job)
        if status != cron_job.get("status", {}):
            self._store.change("cronjobs", cron_job, status=status)

    def _tidy(self, cron_job: Object, status: Object, jobs: Sequence[Object]) -> None:
        """Delete the oldest finished Jobs beyond the history limits."""
        for type_, limit, default in _HISTORY_LIMITS:
            ended = [job for job in jobs if (found := finished_condition(job)) and found["type"] == type_]
            surplus = len(ended) - int(cron_job["spec"].get(limit, default))
            for job in sorted(ended, key=_started)[: max(0, surplus)]:
                self._delete(cron_job, status, job)

    def _reconcile(self, cron_job: Object, status: Object, jobs: Sequence[Object]) -> None:
        """Take finished and missing Jobs from the active ones, and remember the last success."""
        active = {reference["uid"]: reference for reference in status["active"]}
        for job in jobs:
            uid = job["metadata"]["uid"]
            ended = finished_condition(job)
            if ended is None:
                if uid not in active:
                    message = f"Saw a job that the controller did not create or forgot: {job['metadata']['name']}"
                    self._tell(cron_job, "UnexpectedJob", message, type_="Warning")
                continue
            if uid in active:
                del active[uid]
                message = f"Saw completed job: {job['metadata']['name']}, condition: {ended['type']}"
                self._tell(cron_job, "SawCompletedJob", message)
            completed = job["status"].get("completionTime", "")
            if ended["type"] == "Complete" and completed > status.get("lastSuccessfulTime", ""):
                status["lastSuccessfulTime"] = completed
        known = {job["metadata"]["uid"] for job in jobs}
        for uid, reference in list(active.items()):
            if uid not in known:
                del active[uid]
                self._tell(cron_job, "MissingJob", f"Active job went missing: {reference['name']}")
        status["active"] = list(active.values())

    def _schedule(self, cron_job: Object) -> Schedule | None:
        """Return the schedule of a CronJob that is neither suspended nor going; tell of one that cannot be read."""
        spec = cron_job["spec"]
        if spec.get("suspend") or "deletionTimestamp" in cron_job["metadata"]:
            return None
        name = spec.get("timeZone")
        try:
            zone_named(name)
        except ScheduleError as error:
            self._tell(cron_job, "UnknownTimeZone", f'invalid timeZone: "{name}": {error}', type_="Warning")
            return None
        try:
            return parse_schedule(spec["schedule"], name)
        except ScheduleError as error:
            message = f'unparseable schedule: "{spec["schedule"]}" : {error}'
            self._tell(cron_job, "UnparseableSchedule", message, type_="Warning")
            return None

    def _due(self, cron_job: Object, status: Object, schedule: Schedule, now: float) -> float | None:
        """Return the time for which a Job has to be started now.

        What is later than its deadline is left out in silence: nothing reaches the real controller's MissSchedule.
        """
        spec = cron_job["spec"]
        deadline = spec.get("startingDeadlineSeconds")
        earliest = _last(cron_job, status)
        if deadline is not None:
            earliest = max(earliest, now - deadline)
        try:
            due, missed = most_recent(earliest, now, schedule)
        except ScheduleError as error:
            self._tell(cron_job, "InvalidSchedule", f"invalid schedule: {spec['schedule']} : {error}", type_="Warning")
            return None
        if due is None:
            return None
        if missed > MANY_MISSED:
            message = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew"
            self._tell(cron_job, "TooManyMissedTimes", message, type_="Warning")
        started = status.get("lastScheduleTime") == timestamp(due)
        name = job_name(cron_job, due)
        return None if started or any(one["name"] == name for one in status["active"]) else due

    def _may_start(self, cron_job: Object, status: Object) -> bool:
        """Apply the concurrency policy to the Jobs that still run."""
        policy = cron_job["spec"].get("concurrencyPolicy", "Allow")
        if policy == "Forbid" and status["active"]:
            message = "Not starting job because prior execution is running and concurrency policy is Forbid"
            self._tell(cron_job, "JobAlreadyActive", message)
            return False
        if policy == "Replace":
            for reference in list(status["active"]):
                job = self._store.get("jobs", reference["namespace"], reference["name"])
                if job is not None:
                    self._delete(cron_job, status, job)
        return True

    def _start(self, cron_job: Object, status: Object, due: float) -> bool:
        """Create the Job of a scheduled time; return False if it was refused."""
        try:
            job = self._store.create("jobs", _job(cron_job, due))
        except ConflictError as error:
            if error.reason != "AlreadyExists":
                self._tell(cron_job, "FailedCreate", f"Error creating job: {error}", type_="Warning")
            return error.reason == "AlreadyExists"
        metadata = job["metadata"]
        self._tell(cron_job, "SuccessfulCreate", f"Created job {metadata['name']}")
        reference = {"apiVersion": job["apiVersion"], "kind": job["kind"]}
        reference |= {part: metadata[part] for part in ("name", "namespace", "resourceVersion", "uid")}
        status["active"] = [*status["active"], reference]
        status["lastScheduleTime"] = timestamp(due)
        return True

    def _wait(self, cron_job: Object, status: Object, schedule: Schedule, now: float) -> None:
        """Come back when the next Job is due."""
        earliest = _last(cron_job, status)
        try:
            due, missed = most_recent(earliest, now, schedule)
        except ScheduleError:
            due, missed = now, 1
        following = schedule(due if due is not None else (now if missed else earliest))
        if following is not None:
            self._queue.again(cron_job, following)

    def _delete(self, cron_job: Object, status: Object, job: Object) -> None:
        delete(self._world, "jobs", job)
        uid = job["metadata"]["uid"]
        status["active"] = [reference for reference in status["active"] if reference["uid"] != uid]
        self._tell(cron_job, "SuccessfulDelete", f"Deleted job {job['metadata']['name']}")

    def _tell(self, cron_job: Object, reason: str, message: str, *, type_: str = "Normal") -> None:
        self._world.events.record(cron_job, type_, reason, message, _REPORTER)


def most_recent(earliest: float, now: float, schedule: Schedule) -> tuple[float | None, int]:
    """Return the last time due after `earliest` and up to `now`, and about how many were.

    `mostRecentScheduleTime` of controller/cronjob/utils.go. Raises ScheduleError for a schedule that never comes.
    """
    first = schedule(earliest)
    second = None if first is None else schedule(first)
    if first is None or second is None:
        raise ScheduleError("time difference between two schedules is less than 1 second")
    if now < first:
        return None, 0
    if now < second:
        return first, 0
    between = round(second - first)
    missed = int(now - first) // between + 1
    # One period back, since the periods of a schedule need not be equal.
    last = None
    at = schedule(first + (missed - 2) * between)
    while at is not None and at <= now:
        last, at = at, schedule(at)
    return last, missed


def job_name(cron_job: Object, due: float) -> str:
    """Return the name of the Job for a scheduled time: minutes since 1970 follow the CronJob's name."""
    return f"{cron_job['metadata']['name']}-{int(due) // 60}"


def _last(cron_job: Object, status: Object) -> float:
    return moment(status.get("lastScheduleTime", cron_job["metadata"]["creationTimestamp"]))


def _started(job: Object) -> tuple[str, str]:
    return job["status"].get("startTime", "~"), job["metadata"]["name"]


def _job(cron_job: Object, due: float) -> Object:
    template = cron_job["spec"]["jobTemplate"]
    described = template.get("metadata", {})
    zone = zone_named(cron_job["spec"].get("timeZone"))
    scheduled = datetime.fromtimestamp(due, zone).isoformat().replace("+00:00", "Z")
    metadata = {
        "name": job_name(cron_job, due),
        "namespace": cron_job["metadata"]["namespace"],
        "annotations": {**described.get("annotations", {}), SCHEDULED: scheduled},
        "ownerReferences": [owner_reference(cron_job)],
    }
    if "labels" in described:
        metadata["labels"] = described["labels"]
    return {"metadata": metadata, "spec": template["spec"]}
