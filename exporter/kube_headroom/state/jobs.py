"""Jobs: whose they are, and how they ended, each counted once."""

from __future__ import annotations

from kube_headroom.catalogue import batch as series
from kube_headroom.model import Job
from kube_headroom.state.ledger import Ledger
from kube_headroom.state.ownership import Owners
from kube_headroom.state.workloads import Workloads


class Jobs:
    """Every Job under its CronJob, or under itself."""

    def __init__(self, workloads: Workloads, owners: Owners, ledger: Ledger) -> None:
        self._workloads = workloads
        self._owners = owners
        self._ledger = ledger

    def upsert(self, job: Job, now: float) -> None:
        """Take a Job as it is now, and count it when it has ended."""
        entry = self._workloads.entry(self._owners.owner_of(job))
        uid = job.metadata.uid
        if job.outcome:
            known = uid in entry.jobs or self._ledger.counts_from_zero(job.metadata.created)
            if self._ledger.first_time(uid) and known:
                entry.count(series.JOBS_FINISHED, (), 1)
                entry.count(series.JOBS_FAILED, (), job.outcome == "Failed")
        entry.jobs[uid] = job
        self._workloads.settle(entry, now)

    def remove(self, job: Job, now: float) -> None:
        """Let a Job go."""
        entry = self._workloads.entry(self._owners.owner_of(job))
        entry.jobs.pop(job.metadata.uid, None)
        self._ledger.forget(job.metadata.uid)
        self._workloads.settle(entry, now)
