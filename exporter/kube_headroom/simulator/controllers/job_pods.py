"""What a Job makes of its pods: which count as failed, when the last one ended, what the pod failure policy says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from kube_headroom.simulator.controllers.pods import condition, is_terminating, phase
from kube_headroom.simulator.store import Object, moment


class Verdict(NamedTuple):
    """What the pod failure policy makes of a failed pod."""

    counts: bool = True
    """Towards the backoff limit."""
    fails_job: str = ""
    """Why the whole Job fails, if it does."""


def is_failed(pod: Object, job: Object) -> bool:
    """Tell whether a pod counts as failed; one that is being deleted does, unless only failed pods are replaced."""
    if phase(pod) == "Failed":
        return True
    return not replaces_only_failed(job) and is_terminating(pod) and phase(pod) != "Succeeded"


def replaces_only_failed(job: Object) -> bool:
    """Tell whether a terminating pod is left to end before another one takes its place."""
    spec = job["spec"]
    policy = spec.get("podReplacementPolicy") or ("Failed" if "podFailurePolicy" in spec else "TerminatingOrFailed")
    return bool(policy == "Failed")


def finished_at(pod: Object) -> float:
    """Return when a pod ended: its last container, else its Ready condition, else its deletion (backoff_utils.go)."""
    sidecars = {init["name"] for init in pod["spec"].get("initContainers", ()) if init.get("restartPolicy") == "Always"}
    status = pod.get("status", {})
    statuses = [
        *status.get("containerStatuses", ()),
        *(found for found in status.get("initContainerStatuses", ()) if found["name"] in sidecars),
    ]
    ends = [found.get("state", {}).get("terminated", {}).get("finishedAt") for found in statuses]
    if ends and all(ends):
        return max(moment(end) for end in ends)
    ready = condition(pod, "Ready")
    if ready and ready["status"] == "False" and ready.get("lastTransitionTime"):
        return moment(ready["lastTransitionTime"])
    metadata = pod["metadata"]
    if is_terminating(pod):
        return moment(metadata["deletionTimestamp"]) - float(metadata.get("deletionGracePeriodSeconds", 0))
    return moment(metadata["creationTimestamp"])


def restarts(pods: Iterable[Object]) -> int:
    """Count the container restarts of pods that have not ended."""
    return sum(
        found.get("restartCount", 0)
        for pod in pods
        if phase(pod) in ("Running", "Pending")
        for found in (
            *pod.get("status", {}).get("initContainerStatuses", ()),
            *pod.get("status", {}).get("containerStatuses", ()),
        )
    )


def verdict(job: Object, pod: Object) -> Verdict:
    """Apply a Job's podFailurePolicy to a failed pod: the first rule that matches decides."""
    metadata = pod["metadata"]
    place = f"{metadata['namespace']}/{metadata['name']}"
    for index, rule in enumerate(job["spec"].get("podFailurePolicy", {}).get("rules", ())):
        if "onExitCodes" in rule:
            ended = _matching_container(pod, rule["onExitCodes"])
            what = ended and (
                f"Container {ended['name']} for pod {place} failed with exit code "
                f"{ended['state']['terminated']['exitCode']}"
            )
        else:
            found = _matching_condition(pod, rule.get("onPodConditions", ()))
            what = found and f"Pod {place} has condition {found['type']}"
        if not what:
            continue
        if rule["action"] == "FailJob":
            return Verdict(fails_job=f"{what} matching FailJob rule at index {index}")
        return Verdict(counts=rule["action"] != "Ignore")
    return Verdict()


def _matching_container(pod: Object, requirement: dict[str, Any]) -> Object | None:
    status = pod.get("status", {})
    wanted = requirement.get("operator") == "In"
    for found in (*status.get("containerStatuses", ()), *status.get("initContainerStatuses", ())):
        terminated = found.get("state", {}).get("terminated")
        if terminated is None or requirement.get("containerName", found["name"]) != found["name"]:
            continue
        code = terminated["exitCode"]
        if code != 0 and (code in requirement["values"]) == wanted:
            return dict(found)
    return None


def _matching_condition(pod: Object, patterns: Iterable[dict[str, Any]]) -> Object | None:
    wanted = [(pattern["type"], pattern.get("status", "True")) for pattern in patterns]
    for found in pod.get("status", {}).get("conditions", ()):
        if (found["type"], found["status"]) in wanted:
            return dict(found)
    return None
