from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from kube_headroom.simulator.controllers.admission import forbidden
from kube_headroom.simulator.controllers.garbage import Garbage
from kube_headroom.simulator.controllers.jobs import Jobs
from kube_headroom.simulator.store import Object, moment, timestamp
from kube_headroom.simulator.world import World
from tests.simulator.controllers.stand_in import START, Kubelet, Plan, job, reasons, told, world

PLANS = {
    "works:1": Plan(runs=5),
    "fails:1": Plan(runs=5, exit_code=1),
    "flaps:1": Plan(runs=5, exit_code=1, restarts=True),
    "forever:1": Plan(),
    "spot:1": Plan(runs=5, exit_code=42),
}


class Stage:
    def __init__(self) -> None:
        self.world: World = world()
        self.kubelet = Kubelet(self.world, PLANS)
        self.world.add(Jobs(self.world), Garbage(self.world), self.kubelet)

    def run(self, manifest: Object, seconds: float) -> Object:
        made = self.world.store.create("jobs", manifest)
        self.world.advance(self.world.now + seconds)
        return self.world.store.get("jobs", "shop", made["metadata"]["name"]) or {}

    def pods(self) -> list[Object]:
        return self.world.store.all("pods")


@pytest.fixture
def stage() -> Stage:
    return Stage()


def outcome(stored: Object) -> dict[str, Any]:
    """The status without its times."""
    status = {name: value for name, value in stored["status"].items() if not name.endswith("Time")}
    status["conditions"] = [(one["type"], one["reason"]) for one in status.get("conditions", ())]
    return {name: value for name, value in status.items() if value not in (0, {}, [])}


FAILED = [("FailureTarget", "BackoffLimitExceeded"), ("Failed", "BackoffLimitExceeded")]
COMPLETE = [("SuccessCriteriaMet", "CompletionsReached"), ("Complete", "CompletionsReached")]


@pytest.mark.parametrize(
    ("manifest", "seconds", "expected"),
    [
        pytest.param(
            job("j", image="works:1"), 20, {"succeeded": 1, "conditions": COMPLETE}, id="one pod, one success"
        ),
        pytest.param(
            job("j", image="works:1", completions=5, parallelism=2),
            40,
            {"succeeded": 5, "conditions": COMPLETE},
            id="five completions, two at a time",
        ),
        pytest.param(
            job("j", image="works:1", parallelism=3),
            20,
            {"succeeded": 3, "conditions": COMPLETE},
            id="without completions the Job ends when all its pods have, and one succeeded",
        ),
        pytest.param(
            job("j", image="fails:1", backoffLimit=0),
            20,
            {"failed": 1, "conditions": FAILED},
            id="no retry is allowed",
        ),
        pytest.param(
            job("j", image="fails:1", backoffLimit=2),
            120,
            {"failed": 3, "conditions": FAILED},
            id="two retries are allowed, and fail",
        ),
        pytest.param(
            job("j", image="flaps:1", restart="OnFailure", backoffLimit=3),
            60,
            {"failed": 1, "conditions": FAILED},
            id="with OnFailure container restarts count against the limit",
        ),
        pytest.param(
            job("j", image="forever:1", activeDeadlineSeconds=30),
            60,
            {
                "failed": 1,
                "conditions": [("FailureTarget", "DeadlineExceeded"), ("Failed", "DeadlineExceeded")],
            },
            id="the deadline ends the Job and its pod",
        ),
        pytest.param(
            job("j", image="forever:1", parallelism=2, completions=2),
            20,
            {"active": 2, "ready": 2},
            id="pods that run are active and ready",
        ),
        pytest.param(
            job("j", image="forever:1", suspend=True),
            20,
            {"conditions": [("Suspended", "JobSuspended")]},
            id="a suspended Job has no pod",
        ),
        pytest.param(
            job(
                "j",
                image="spot:1",
                backoffLimit=5,
                podFailurePolicy={"rules": [{"action": "FailJob", "onExitCodes": {"operator": "In", "values": [42]}}]},
            ),
            20,
            {"failed": 1, "conditions": [("FailureTarget", "PodFailurePolicy"), ("Failed", "PodFailurePolicy")]},
            id="an exit code of the pod failure policy ends the Job at once",
        ),
        pytest.param(
            job(
                "j",
                image="spot:1",
                backoffLimit=0,
                podFailurePolicy={"rules": [{"action": "Ignore", "onExitCodes": {"operator": "In", "values": [42]}}]},
            ),
            12,
            {},
            id="an ignored exit code does not count",
        ),
    ],
)
def test_a_job_ends_as_the_real_controller_ends_it(
    stage: Stage, manifest: Object, seconds: float, expected: dict[str, Any]
) -> None:
    assert outcome(stage.run(manifest, seconds)) == expected


def test_the_status_of_a_complete_job_has_the_fields_of_the_real_one(stage: Stage) -> None:
    status = stage.run(job("j", image="works:1"), 20)["status"]
    ended = status["completionTime"]
    reached = {"reason": "CompletionsReached", "message": "Reached expected number of succeeded pods"}
    assert status == {
        "startTime": timestamp(START + 1),
        "completionTime": ended,
        "ready": 0,
        "terminating": 0,
        "succeeded": 1,
        "uncountedTerminatedPods": {},
        "conditions": [
            {"type": type_, "status": "True", "lastProbeTime": ended, "lastTransitionTime": ended, **reached}
            for type_ in ("SuccessCriteriaMet", "Complete")
        ],
    }


def test_failed_pods_are_replaced_after_10_20_and_40_seconds(stage: Stage) -> None:
    stage.run(job("j", image="fails:1", backoffLimit=3), 200)
    born = [moment(pod["metadata"]["creationTimestamp"]) for pod in stage.pods()]
    ended = [moment(pod["status"]["containerStatuses"][0]["state"]["terminated"]["finishedAt"]) for pod in stage.pods()]
    assert [after - end for after, end in zip(born[1:], ended, strict=False)] == [10, 20, 40]


def test_the_back_off_stops_at_10_minutes(stage: Stage) -> None:
    stage.run(job("j", image="fails:1", backoffLimit=9), 4 * 3600)
    born = [moment(pod["metadata"]["creationTimestamp"]) for pod in stage.pods()]
    assert max(later - earlier for earlier, later in pairwise(born)) == 600 + 5


def test_events_tell_of_pods_and_of_the_end(stage: Stage) -> None:
    stage.run(job("good", image="works:1"), 20)
    stage.run(job("bad", image="fails:1", backoffLimit=0), 20)
    (created, name), (completed, message) = told(stage.world, "good")
    assert (created, completed, message) == ("SuccessfulCreate", "Completed", "Job completed")
    assert name.startswith("Created pod: good-")
    assert told(stage.world, "bad")[-1] == ("BackoffLimitExceeded", "Job has reached the specified backoff limit")


def test_pods_carry_the_labels_and_the_owner_of_their_job(stage: Stage) -> None:
    stored = stage.run(job("j", image="forever:1"), 5)
    (found,) = stage.pods()
    uid = stored["metadata"]["uid"]
    assert found["metadata"]["labels"] == {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": "j",
        "controller-uid": uid,
        "job-name": "j",
    }
    assert found["metadata"]["ownerReferences"][0]["uid"] == uid
    assert stored["spec"]["selector"] == {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}


def test_a_deleted_pod_counts_as_failed_and_is_replaced(stage: Stage) -> None:
    stage.run(job("j", image="forever:1"), 5)
    (first,) = stage.pods()
    stage.world.store.delete("pods", first, grace=30)
    stage.world.advance(stage.world.now + 20)
    (second,) = stage.pods()
    stored = stage.world.store.get("jobs", "shop", "j") or {}
    assert second["metadata"]["uid"] != first["metadata"]["uid"]
    assert outcome(stored) == {"active": 1, "ready": 1, "failed": 1}


@pytest.mark.parametrize(
    ("policy", "pods"),
    [
        pytest.param("TerminatingOrFailed", 2, id="at once"),
        pytest.param("Failed", 1, id="when it has ended"),
    ],
)
def test_a_deleted_pod_is_replaced(stage: Stage, policy: str, pods: int) -> None:
    stage.run(job("j", image="forever:1", podReplacementPolicy=policy), 5)
    stage.kubelet.frozen = True
    stage.world.store.delete("pods", stage.pods()[0], grace=30)
    stage.world.advance(stage.world.now + 20)
    assert len(stage.pods()) == pods
    stage.kubelet.frozen = False
    stage.world.advance(stage.world.now + 20)
    assert [found["status"]["phase"] for found in stage.pods()] == ["Running"]


def test_suspending_deletes_the_pods_without_failing_and_resuming_starts_anew(stage: Stage) -> None:
    stored = stage.run(job("j", image="forever:1", backoffLimit=0), 5)
    stored = stage.world.store.change("jobs", stored, spec={**stored["spec"], "suspend": True})
    stage.world.advance(stage.world.now + 5)
    stored = stage.world.store.get("jobs", "shop", "j") or {}
    assert (stage.pods(), outcome(stored)) == ([], {"conditions": [("Suspended", "JobSuspended")]})
    assert "startTime" not in stored["status"]
    stage.world.store.change("jobs", stored, spec={**stored["spec"], "suspend": False})
    stage.world.advance(stage.world.now + 5)
    stored = stage.world.store.get("jobs", "shop", "j") or {}
    assert outcome(stored) == {"active": 1, "ready": 1, "conditions": [("Suspended", "JobResumed")]}
    assert reasons(stage.world, "j")[-3:] == ["Suspended", "SuccessfulCreate", "Resumed"]


def test_a_job_is_not_finished_before_its_last_pod_has_gone(stage: Stage) -> None:
    stage.run(job("j", image="forever:1", activeDeadlineSeconds=10), 9)
    stage.kubelet.frozen = True
    stage.world.advance(stage.world.now + 10)
    stored = stage.world.store.get("jobs", "shop", "j") or {}
    assert outcome(stored) == {
        "failed": 1,
        "terminating": 1,
        "conditions": [("FailureTarget", "DeadlineExceeded")],
    }
    stage.kubelet.frozen = False
    stage.world.advance(stage.world.now + 5)
    stored = stage.world.store.get("jobs", "shop", "j") or {}
    assert outcome(stored)["conditions"][-1] == ("Failed", "DeadlineExceeded")


def test_a_finished_job_goes_with_its_pods_after_its_ttl(stage: Stage) -> None:
    assert stage.run(job("j", image="works:1", ttlSecondsAfterFinished=60), 50)
    stage.world.advance(stage.world.now + 30)
    assert stage.world.store.all("jobs") == []
    assert stage.pods() == []


def test_a_refused_pod_is_told_of_and_tried_again_ever_more_slowly(stage: Stage) -> None:
    def refuse(resource: str, new: Object) -> Object:
        if resource == "pods":
            raise forbidden(resource, new, "exceeded quota")
        return new

    stage.world.store.admissions.append(refuse)
    stage.run(job("j"), 60)
    refusals = told(stage.world, "j")
    assert {reason for reason, _ in refusals} == {"FailedCreate"}
    assert refusals[0][1].startswith('Error creating: pods "j-')
    assert refusals[0][1].endswith('" is forbidden: exceeded quota')
    assert len(refusals) == 6


def test_deleting_a_job_deletes_its_pods(stage: Stage) -> None:
    stored = stage.run(job("j", image="forever:1", parallelism=3), 5)
    stage.world.store.delete("jobs", stored)
    stage.world.advance(stage.world.now + 5)
    assert stage.pods() == []
