from __future__ import annotations

from typing import Any

import pytest

from kube_headroom.simulator.controllers.cronjobs import CronJobs, most_recent
from kube_headroom.simulator.controllers.garbage import Garbage
from kube_headroom.simulator.controllers.jobs import Jobs
from kube_headroom.simulator.controllers.schedules import ScheduleError, parse_schedule
from kube_headroom.simulator.store import Object, timestamp
from kube_headroom.simulator.world import World
from tests.simulator.controllers.stand_in import START, Kubelet, Plan, job, reasons, told, world

FIRST = int(START) // 60
PLANS = {"works:1": Plan(runs=5), "fails:1": Plan(runs=5, exit_code=1), "slow:1": Plan(runs=90), "forever:1": Plan()}


def cron_job(image: str = "works:1", *, name: str = "c", schedule: str = "* * * * *", **spec: Any) -> Object:
    template = {"metadata": {"labels": {"team": "a"}}, "spec": job("x", image=image, backoffLimit=0)["spec"]}
    return {
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"schedule": schedule, "jobTemplate": template, **spec},
    }


class Stage:
    def __init__(self) -> None:
        self.world: World = world()
        self.world.add(CronJobs(self.world), Jobs(self.world), Garbage(self.world), Kubelet(self.world, PLANS))

    def run(self, manifest: Object, seconds: float) -> None:
        self.world.store.create("cronjobs", manifest)
        self.world.advance(self.world.now + seconds)

    def names(self) -> list[str]:
        return [one["metadata"]["name"] for one in self.world.store.all("jobs")]

    def stored(self, name: str = "c") -> Object:
        return self.world.store.get("cronjobs", "shop", name) or {}


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_job_starts_on_the_minute_and_is_named_by_it(stage: Stage) -> None:
    stage.run(cron_job(), 62)
    (started,) = stage.world.store.all("jobs")
    metadata = started["metadata"]
    assert (metadata["name"], metadata["creationTimestamp"]) == (f"c-{FIRST + 1}", timestamp(START + 60))
    assert metadata["labels"] == {"team": "a"}
    assert metadata["annotations"] == {"batch.kubernetes.io/cronjob-scheduled-timestamp": timestamp(START + 60)}
    assert metadata["ownerReferences"][0]["kind"] == "CronJob"
    status = stage.stored()["status"]
    assert status["lastScheduleTime"] == timestamp(START + 60)
    assert [(one["kind"], one["name"], one["uid"]) for one in status["active"]] == [
        ("Job", metadata["name"], metadata["uid"])
    ]


def test_success_is_remembered_and_told(stage: Stage) -> None:
    stage.run(cron_job(), 80)
    status = stage.stored()["status"]
    completed = stage.world.store.all("jobs")[0]["status"]["completionTime"]
    assert status == {"lastScheduleTime": timestamp(START + 60), "lastSuccessfulTime": completed}
    name = f"c-{FIRST + 1}"
    assert told(stage.world, "c") == [
        ("SuccessfulCreate", f"Created job {name}"),
        ("SawCompletedJob", f"Saw completed job: {name}, condition: Complete"),
    ]


@pytest.mark.parametrize(
    ("image", "limits", "kept"),
    [
        pytest.param("works:1", {}, 3, id="three successes by default"),
        pytest.param("fails:1", {}, 1, id="one failure by default"),
        pytest.param("works:1", {"successfulJobsHistoryLimit": 0}, 0, id="none if so asked"),
        pytest.param("fails:1", {"failedJobsHistoryLimit": 4}, 4, id="as many failures as asked"),
    ],
)
def test_old_jobs_are_deleted_beyond_the_limit(stage: Stage, image: str, limits: dict[str, Any], kept: int) -> None:
    stage.run(cron_job(image, **limits), 10 * 60 + 30)
    assert stage.names() == [f"c-{FIRST + 10 - back}" for back in range(kept - 1, -1, -1)]
    assert len(stage.world.store.all("pods")) == kept
    assert "SuccessfulDelete" in reasons(stage.world, "c")


@pytest.mark.parametrize(
    ("policy", "running", "reason"),
    [
        pytest.param("Allow", [2, 3], "SuccessfulCreate", id="Allow runs them beside each other"),
        pytest.param(
            "Forbid", [2], "JobAlreadyActive", id="Forbid starts the missed one late, when the last has ended"
        ),
        pytest.param("Replace", [3], "SuccessfulDelete", id="Replace deletes the last one"),
    ],
)
def test_concurrency_policies(stage: Stage, policy: str, running: list[int], reason: str) -> None:
    stage.run(cron_job("slow:1", concurrencyPolicy=policy), 3 * 60 + 5)
    active = [one["name"] for one in stage.stored()["status"]["active"]]
    assert active == [f"c-{FIRST + minute}" for minute in running]
    assert reason in reasons(stage.world, "c")


def test_a_suspended_cron_job_starts_nothing_and_catches_up_once(stage: Stage) -> None:
    stage.run(cron_job("forever:1", suspend=True), 300)
    assert stage.names() == []
    stored = stage.stored()
    stage.world.store.change("cronjobs", stored, spec={**stored["spec"], "suspend": False})
    stage.world.advance(stage.world.now + 10)
    assert stage.names() == [f"c-{FIRST + 5}"]


def test_a_start_that_is_too_late_is_left_out(stage: Stage) -> None:
    stage.run(cron_job("forever:1", suspend=True, schedule="@hourly", startingDeadlineSeconds=60), 3600 + 120)
    stored = stage.stored()
    stage.world.store.change("cronjobs", stored, spec={**stored["spec"], "suspend": False})
    stage.world.advance(stage.world.now + 10)
    assert stage.names() == []
    stage.world.advance(START + 2 * 3600 + 5)
    assert stage.names() == [f"c-{FIRST + 120}"]


def test_a_job_that_vanished_and_one_made_by_hand_are_told_of(stage: Stage) -> None:
    stage.run(cron_job("forever:1"), 65)
    (started,) = stage.world.store.all("jobs")
    stage.world.store.delete("jobs", started)
    by_hand = {**job("by-hand"), "metadata": {**started["metadata"], "name": "by-hand", "uid": "by-hand"}}
    stage.world.store.create("jobs", by_hand)
    stage.world.advance(stage.world.now + 5)
    assert ("MissingJob", f"Active job went missing: c-{FIRST + 1}") in told(stage.world, "c")
    assert (
        "UnexpectedJob",
        "Saw a job that the controller did not create or forgot: by-hand",
    ) in told(stage.world, "c")


@pytest.mark.parametrize(
    ("spec", "reason", "message"),
    [
        pytest.param(
            {"schedule": "whenever"},
            "UnparseableSchedule",
            'unparseable schedule: "whenever" : expected exactly 5 fields, found 1: [whenever]',
            id="no cron syntax",
        ),
        pytest.param(
            {"timeZone": "Mars/Olympus"},
            "UnknownTimeZone",
            'invalid timeZone: "Mars/Olympus": unknown time zone Mars/Olympus',
            id="no such time zone",
        ),
        pytest.param(
            {"schedule": "0 0 31 2 *"},
            "InvalidSchedule",
            "invalid schedule: 0 0 31 2 * : time difference between two schedules is less than 1 second",
            id="a day that never comes",
        ),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_told(stage: Stage, spec: Object, reason: str, message: str) -> None:
    stage.run(cron_job(**spec), 120)
    assert stage.names() == []
    assert told(stage.world, "c") == [(reason, message)]


@pytest.mark.parametrize(
    ("earliest", "now", "expected"),
    [
        pytest.param(0, 59, (None, 0), id="not due yet"),
        pytest.param(0, 60, (60, 0), id="due now"),
        pytest.param(0, 200, (180, 3), id="a few missed, the last one counts"),
        pytest.param(0, 60 * 500, (60 * 500, 500), id="many missed"),
    ],
)
def test_the_most_recent_time(earliest: int, now: int, expected: tuple[float | None, int]) -> None:
    schedule = parse_schedule("* * * * *")
    due, missed = most_recent(START + earliest, START + now, schedule)
    assert (None if due is None else due - START, missed) == expected


def test_a_schedule_without_times_has_no_most_recent_one() -> None:
    with pytest.raises(ScheduleError):
        most_recent(START, START + 60, parse_schedule("0 0 31 2 *"))
