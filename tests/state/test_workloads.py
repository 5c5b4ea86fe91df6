"""Which workload a pod belongs to, from the first fact to the last."""

from __future__ import annotations

from typing import Any

import pytest

from kube_headroom.model import ControllerReference, Pod
from tests.facts import AFTER, autoscaler, controller, cron_job, job, pod, reference, replica_set
from tests.stage import Stage

WEB_SET = reference("ReplicaSet", "web-abc")


@pytest.mark.parametrize(
    ("owner", "mirror", "expected"),
    [
        pytest.param(WEB_SET, False, "Deployment/web", id="a Deployment's pod is found through its ReplicaSet"),
        pytest.param(
            reference("ReplicaSet", "alone"),
            False,
            "ReplicaSet/alone",
            id="a ReplicaSet that nobody owns is the workload",
        ),
        pytest.param(
            reference("ReplicaSet", "canary"), False, "Rollout/canary", id="a Rollout is found without its definition"
        ),
        pytest.param(
            reference("Job", "report-1", group="batch"),
            False,
            "CronJob/report",
            id="a CronJob's pod is found through its Job",
        ),
        pytest.param(
            reference("Job", "once", group="batch"), False, "Job/once", id="a Job that nobody owns is the workload"
        ),
        pytest.param(reference("StatefulSet", "db"), False, "StatefulSet/db", id="a StatefulSet is not climbed"),
        pytest.param(
            reference("Kafka", "events", group="kafka.strimzi.io"),
            False,
            "Kafka/events",
            id="a foreign controller is itself",
        ),
        pytest.param(
            reference("Job", "train", group="batch.volcano.sh"),
            False,
            "Job/train",
            id="a foreign kind named Job is not climbed",
        ),
        pytest.param(None, False, "Pod/web-1", id="a pod without a controller is itself"),
        pytest.param(None, True, "StaticPod/web-1", id="a mirror pod is a StaticPod"),
    ],
)
def test_a_pod_belongs_to(owner: ControllerReference | None, mirror: bool, expected: str) -> None:
    stage = Stage()
    rollout = replica_set("canary", deployment="")
    stage.relist(
        "replicasets",
        replica_set(),
        replica_set("alone", deployment=""),
        type(rollout)(
            metadata=type(rollout.metadata)(
                **{**_fields(rollout.metadata), "controller": reference("Rollout", "canary", group="argoproj.io")}
            )
        ),
    )
    stage.relist("jobs", job("report-1", "report"), job("once"))
    stage.relist("pods", pod(controller=owner, mirror=mirror))
    stage.start()
    assert expected in stage.workloads()


def _fields(struct: object) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}  # type: ignore[attr-defined]


def test_a_pod_whose_replica_set_is_not_known_yet_waits_for_it() -> None:
    stage = Stage()
    stage.start()
    stage.upsert("pods", pod(controller=WEB_SET))
    assert stage.workloads() == set()
    stage.wait(29)
    stage.upsert("replicasets", replica_set())
    assert stage.workloads() == {"Deployment/web"}


def test_waiting_ends_after_its_limit_and_names_what_is_known() -> None:
    stage = Stage()
    stage.start()
    stage.upsert("pods", pod(controller=WEB_SET))
    stage.wait(30)
    assert stage.workloads() == {"ReplicaSet/web-abc"}


def test_waiting_proves_nothing_before_every_kind_was_listed() -> None:
    stage = Stage()
    stage.relist("pods", pod(controller=WEB_SET))
    stage.wait(300)
    stage.relist("replicasets", replica_set())
    stage.start()
    assert stage.workloads() == {"Deployment/web"}


def test_a_terminating_pod_whose_owner_was_never_seen_is_left_out_and_counted() -> None:
    stage = Stage()
    stage.relist("pods", pod(controller=WEB_SET, deleting=True))
    stage.start()
    assert stage.workloads() == set()
    stage.wait(30)
    assert stage.workloads() == set()
    assert stage.inventory.pods.left_out == 1
    stage.upsert("pods", pod(controller=WEB_SET, deleting=True, ready=False))
    stage.wait(60)
    assert (stage.workloads(), stage.inventory.pods.left_out) == (set(), 1)


def test_sixty_deployments_deleted_in_the_background_leave_no_phantom() -> None:
    stage = Stage()
    names = [f"web-{index}" for index in range(60)]
    owners = [replica_set(f"{name}-rs", name) for name in names]
    deployments = [controller(name) for name in names]
    pods = [pod(f"{name}-pod", controller=reference("ReplicaSet", f"{name}-rs")) for name in names]
    stage.relist("deployments", *deployments)
    stage.relist("replicasets", *owners)
    stage.relist("pods", *pods)
    stage.start()
    expected = {f"Deployment/{name}" for name in names}
    assert stage.workloads() == expected
    stage.delete("deployments", *deployments)
    stage.delete("replicasets", *owners)
    assert stage.workloads() == expected
    stage.upsert("pods", *(pod(each.name, controller=each.controller, deleting=True) for each in pods))
    assert stage.workloads() == expected
    stage.delete("pods", *pods)
    assert stage.lines() == []


def test_a_deployment_without_pods_exists() -> None:
    stage = Stage()
    stage.relist("deployments", controller())
    stage.start()
    assert stage.workloads() == {"Deployment/web"}


def test_an_autoscaler_without_its_workload_makes_none_and_joins_it_later() -> None:
    stage = Stage()
    stage.relist("horizontalpodautoscalers", autoscaler())
    stage.start()
    assert stage.lines() == []
    stage.wait(3600)
    assert stage.lines() == []
    stage.upsert("deployments", controller())
    assert len(stage.matching("headroom_workload_autoscaler_")) == 5


def test_a_workload_made_again_counts_on() -> None:
    stage = Stage()
    stage.start()
    stage.upsert("jobs", job("nightly", created=AFTER, outcome="Complete", uid="first"))
    stage.lines()
    stage.wait(61)
    assert stage.matching("jobs_finished_total") == [_finished(1)]
    stage.delete("jobs", job("nightly", uid="first", outcome="Complete"))
    assert stage.lines() == stage.matching("_total{")
    stage.wait(500)
    assert stage.lines() == []
    stage.upsert("jobs", job("nightly", created=AFTER, outcome="Complete", uid="second"))
    assert stage.matching("jobs_finished_total") == [_finished(2)]


def _finished(count: int) -> str:
    return f'headroom_workload_jobs_finished_total{{namespace="shop",workload_kind="Job",workload="nightly"}} {count}'


def evicted() -> Stage:
    """A stage whose bare pod is evicted and gone before anybody could look."""
    stage = Stage()
    stage.relist("pods", pod("shell", uid="shell"))
    stage.start()
    stage.lines()
    last = pod("shell", uid="shell", disruption="EvictionByEvictionAPI")
    stage.upsert("pods", last)
    stage.delete("pods", last)
    return stage


def evictions(stage: Stage) -> list[float]:
    """Those by the API."""
    found = stage.values("headroom_workload_evictions_total").items()
    return [value for labels, value in found if "EvictionByEvictionAPI" in labels]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        pytest.param(0, [0], id="held at 0 at first, as every newborn counter is"),
        pytest.param(60, [1], id="shown after its hold"),
        pytest.param(179, [1], id="and for two more"),
        pytest.param(180, [], id="then no more"),
    ],
)
def test_what_a_workload_counted_last_is_shown_after_it_is_gone(seconds: float, shown: list[float]) -> None:
    stage = evicted()
    stage.lines()
    stage.wait(seconds)
    assert evictions(stage) == shown
    assert stage.lines() == stage.matching("_total{")


def test_a_workload_that_counted_nothing_is_gone_at_once() -> None:
    stage = Stage()
    stage.relist("pods", pod("shell", uid="shell"))
    stage.start()
    stage.lines()
    stage.delete("pods", pod("shell", uid="shell"))
    assert stage.lines() == []


def test_a_workload_that_comes_back_meanwhile_shows_its_counters_once() -> None:
    stage = evicted()
    stage.wait(90)
    stage.upsert("pods", pod("shell", uid="again"))
    assert evictions(stage)
    assert len({line.rpartition(" ")[0] for line in stage.lines()}) == len(stage.lines())
    stage.wait(90)
    assert evictions(stage) == [1]


def bare(index: int) -> Pod:
    return pod(f"bare-{index}", created=AFTER)


def test_bare_pods_over_the_cap_of_a_namespace_add_up_in_one_workload() -> None:
    stage = Stage()
    stage.relist("pods", *(bare(index) for index in range(5)))
    stage.start()
    assert stage.workloads() == {"Pod/bare-0", "Pod/bare-1", "Pod/bare-2", "Pod/_overflow"}
    assert (
        stage.values("headroom_workload_pods")[
            '{namespace="shop",workload_kind="Pod",workload="_overflow",phase="Running"}'
        ]
        == 2
    )


def test_a_place_under_the_cap_is_free_again_when_its_workload_is_forgotten() -> None:
    stage = Stage()
    stage.relist("pods", *(bare(index) for index in range(3)))
    stage.start()
    stage.delete("pods", bare(0))
    stage.lines()
    stage.wait(601)
    stage.lines()
    stage.upsert("pods", bare(9))
    assert "Pod/bare-9" in stage.workloads()


def test_one_shot_jobs_keep_their_place_in_the_overflow_until_they_go() -> None:
    stage = Stage()
    jobs = [job(f"once-{index}", created=AFTER) for index in range(5)]
    stage.relist("jobs", *jobs)
    stage.start()
    assert (
        stage.values("headroom_workload_jobs_active")['{namespace="shop",workload_kind="Job",workload="_overflow"}']
        == 2
    )
    stage.delete("jobs", *jobs)
    assert stage.lines() == []


def test_a_cron_job_is_one_workload_with_all_its_jobs() -> None:
    stage = Stage()
    stage.relist("cronjobs", cron_job(last_schedule=5.0))
    stage.relist("jobs", *(job(f"report-{index}", "report", created=AFTER) for index in range(3)))
    stage.start()
    assert stage.workloads() == {"CronJob/report"}
    assert [*stage.values("headroom_workload_jobs_active").values()] == [3]


def test_pods_of_one_namespace_are_replaced_without_touching_the_others() -> None:
    stage = Stage()
    stage.relist("pods", pod("a"), scope="shop")
    stage.relist("pods", pod("b", namespace="bank"), scope="bank")
    stage.start()
    stage.relist("pods", scope="bank")
    assert stage.workloads() == {"Pod/a"}
