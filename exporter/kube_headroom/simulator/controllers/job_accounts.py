"""What the Job controller remembers of a Job's pods beyond its status: which are counted, and the back-off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kube_headroom.simulator.controllers.job_pods import finished_at
from kube_headroom.simulator.store import Object

FIRST_BACK_OFF_SECONDS = 10.0
LONGEST_BACK_OFF_SECONDS = 600.0
"""Between a failed pod and the next one (job_controller.go, DefaultJobPodFailureBackOff)."""


@dataclass(slots=True)
class Account:
    """What the controller knows of a Job's pods beyond its status."""

    counted: dict[str, None] = field(default_factory=dict)
    """Uids of the pods that still exist and are in the status, or do not count."""
    gone: list[Object] = field(default_factory=list)
    """Pods that went before they were counted."""
    failures: int = 0
    """Since the last success."""
    last_failure: float = 0.0
    refusals: int = 0

    def add(self, succeeded: Sequence[Object], failed: Sequence[Object]) -> None:
        """Count the failures since the last success (backoff_utils.go, newBackoffRecord)."""
        failures = sorted(finished_at(pod) for pod in failed)
        if succeeded:
            last_success = max(finished_at(pod) for pod in succeeded)
            failures = [at for at in failures if at > last_success]
            self.failures = 0
        if failures:
            self.failures += len(failures)
            self.last_failure = failures[-1]

    def wait(self, now: float) -> float:
        """Return the seconds until another pod may be created; 0 or less if it may now."""
        if not self.failures:
            return 0.0
        back_off = FIRST_BACK_OFF_SECONDS * 2.0 ** (min(self.failures, 10) - 1)
        return min(LONGEST_BACK_OFF_SECONDS, back_off) - (now - self.last_failure)
