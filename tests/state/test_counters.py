"""What a workload counts over the life of its pods, jobs and events, and across our own restarts."""

from __future__ import annotations

from typing import Any

import pytest

from kube_headroom.model import Event, Pod, Replicas
from kube_headroom.state.ledger import Ledger
from tests.facts import (
    AFTER,
    BEFORE,
    autoscaler,
    controller,
    ended,
    event,
    job,
    node,
    pod,
    reference,
    replica_set,
    replicas,
    status,
)
from tests.stage import Stage

RESTARTS = "headroom_workload_container_restarts_total"
ENDS = "headroom_workload_container_terminations_total"
EVENTS = "headroom_workload_events_total"
EVICTIONS = "headroom_workload_evictions_total"


def settled(stage: Stage) -> Stage:
    """Publish once and let every hold pass."""
    stage.lines()
    stage.wait(61)
    return stage


def crashed(name: str = "web-1", restarts: int = 1, reason: str = "OOMKilled", **fields: Any) -> Pod:
    end = ended(f"{name}-{restarts}", reason)
    return pod(name, statuses=(status(restart_count=restarts, last_terminated=end),), **fields)


def test_counters_are_born_at_zero_with_their_workload() -> None:
    stage = Stage()
    stage.relist("pods", pod())
    stage.start()
    assert sum(stage.values(RESTARTS).values()) == 0
    assert [line.split('reason="')[1].split('"')[0] for line in stage.matching(ENDS)] == [
        "Error",
        "OOMKilled",
    ]
    assert [*stage.values(EVICTIONS).values()] == [0]


def test_what_happened_before_we_watched_is_a_baseline() -> None:
    stage = Stage()
    stage.relist("pods", crashed(restarts=7))
    stage.start()
    assert sum(settled(stage).values(RESTARTS).values()) == 0
    stage.upsert("pods", crashed(restarts=8))
    assert sum(stage.values(RESTARTS).values()) == 1


def test_a_pod_born_while_we_watch_counts_from_zero() -> None:
    stage = Stage()
    stage.relist("pods")
    stage.start()
    stage.upsert("pods", crashed(restarts=2, created=AFTER))
    assert sum(stage.values(RESTARTS).values()) == 0
    assert sum(settled(stage).values(RESTARTS).values()) == 2
    assert sum(stage.values(ENDS).values()) == 2


def test_counters_go_on_while_pods_come_and_go() -> None:
    stage = Stage()
    stage.relist("replicasets", replica_set())
    stage.relist("deployments", controller())
    stage.start()
    for index in range(5):
        mine: dict[str, Any] = {"created": AFTER, "controller": reference("ReplicaSet", "web-abc")}
        stage.upsert("pods", pod(f"web-{index}", **mine))
        stage.upsert("pods", crashed(f"web-{index}", **mine))
        stage.delete("pods", crashed(f"web-{index}", restarts=2, **mine))
    assert sum(settled(stage).values(RESTARTS).values()) == 10


def test_a_relist_counts_nothing_again() -> None:
    stage = Stage()
    stage.relist("pods", pod())
    stage.start()
    settled(stage)
    for _ in range(3):
        stage.relist("pods", crashed())
    assert sum(stage.values(RESTARTS).values()) == 1


@pytest.mark.parametrize(
    ("reason", "created", "expected"),
    [
        pytest.param("TerminationByKubelet", AFTER, 1, id="an eviction by the kubelet counts"),
        pytest.param("EvictionByEvictionAPI", AFTER, 1, id="a drain counts under its own reason"),
        pytest.param("TerminationByKubelet", BEFORE, 0, id="one that was over before we watched does not"),
    ],
)
def test_evictions(reason: str, created: float, expected: int) -> None:
    stage = Stage()
    stage.relist("pods", pod(phase="Failed", disruption=reason, created=created))
    stage.start()
    settled(stage)
    stage.upsert("pods", pod(phase="Failed", disruption=reason, created=created, ready=False))
    assert sum(stage.values(EVICTIONS).values()) == expected


def test_a_job_that_ends_counts_once() -> None:
    stage = Stage()
    stage.relist("jobs", job("old", "report", outcome="Failed"), job("running", "report"))
    stage.start()
    settled(stage)
    for _ in range(2):
        stage.relist("jobs", job("old", "report", outcome="Failed"), job("running", "report", outcome="Failed"))
    assert sum(stage.values("headroom_workload_jobs_finished_total").values()) == 1
    assert sum(stage.values("headroom_workload_jobs_failed_total").values()) == 1


def event_stage() -> Stage:
    stage = Stage()
    stage.relist("pods", pod())
    stage.start()
    return stage


def test_event_updates_count_by_their_growth() -> None:
    stage = event_stage()
    for count in (1, 4, 4, 9):
        stage.upsert("events", event(count=count))
    stage.upsert("events", event("another"))
    assert [*settled(stage).values(EVENTS).values()] == [10]


def test_an_event_from_before_we_watched_is_a_baseline() -> None:
    stage = event_stage()
    stage.relist("events", event(created=BEFORE, count=25))
    stage.upsert("events", event(created=BEFORE, count=27))
    assert [*settled(stage).values(EVENTS).values()] == [2]


def test_reasons_off_the_list_fall_together() -> None:
    stage = event_stage()
    stage.upsert("events", event("a", reason="Sneezed"), event("b", reason="Coughed", event_type="Odd"), event("c"))
    found = settled(stage).values(EVENTS)
    assert {key.split('reason="')[1]: value for key, value in found.items()} == {
        'BackOff",event_type="Warning"}': 1,
        'other",event_type="Warning"}': 1,
        'other",event_type="other"}': 1,
    }


@pytest.mark.parametrize(
    "about",
    [
        pytest.param(
            event(involved_kind="Deployment", involved_name="web", involved_uid="uid-web"), id="its Deployment"
        ),
        pytest.param(event(involved_kind="ReplicaSet", involved_uid="uid-web-abc"), id="its ReplicaSet"),
        pytest.param(event(involved_kind="HorizontalPodAutoscaler", involved_uid="uid-hpa-web"), id="its autoscaler"),
    ],
)
def test_a_workload_counts_events_about(about: Event) -> None:
    stage = Stage()
    stage.relist("deployments", controller())
    stage.relist("replicasets", replica_set())
    stage.relist("horizontalpodautoscalers", autoscaler())
    stage.start()
    stage.upsert("events", about)
    assert [*settled(stage).values(EVENTS).values()] == [1]


def test_an_event_ahead_of_its_pod_waits_for_it() -> None:
    stage = Stage()
    stage.start()
    stage.upsert("events", event(count=2))
    stage.lines()
    stage.upsert("events", event(count=3))
    stage.upsert("pods", pod(created=AFTER))
    assert [*settled(stage).values(EVENTS).values()] == [3]
    assert stage.inventory.events.unattributed == 0


def test_an_event_whose_pod_never_comes_is_counted_as_unattributed() -> None:
    stage = Stage()
    stage.start()
    stage.upsert("events", event(count=2), event("gone", count=3))
    stage.delete("events", event("gone", count=3))
    stage.lines()
    stage.wait(31)
    assert stage.lines() == []
    assert stage.inventory.events.unattributed == 5


def test_an_event_after_its_pod_is_gone_still_finds_its_workload() -> None:
    stage = Stage()
    stage.relist("replicasets", replica_set())
    stage.relist("deployments", controller())
    stage.relist("pods", pod(controller=reference("ReplicaSet", "web-abc")))
    stage.start()
    stage.delete("pods", pod(controller=reference("ReplicaSet", "web-abc")))
    stage.wait(500)
    stage.upsert("events", event())
    assert [*settled(stage).values(EVENTS).values()] == [1]


def test_events_about_nodes_belong_to_no_workload() -> None:
    stage = event_stage()
    stage.upsert("events", event(involved_kind="Node", involved_uid="uid-node-1"))
    stage.wait(31)
    assert stage.matching(EVENTS) == []
    assert stage.inventory.events.unattributed == 0


def test_expired_events_leave_no_trace_in_the_ledger() -> None:
    stage = event_stage()
    stage.upsert("events", event("a"), event("b"))
    stage.delete("events", event("a"))
    stage.relist("events")
    assert stage.ledger.events == {}


class TestAfterOurRestart:
    """What a resumed ledger knows is not counted again, and what it does not know happened meanwhile."""

    def resumed(self, before: Stage) -> Stage:
        ledger = Ledger(before.now)
        ledger.restore(iter(before.ledger.take_changes()), before.now)
        stage = Stage(ledger)
        stage.now = before.now + 20
        return stage

    def test_a_counter_that_stood_at_one_and_gained_one_shows_one(self) -> None:
        before = Stage()
        before.relist("pods", pod())
        before.start()
        settled(before)
        before.upsert("pods", crashed(restarts=1))
        assert sum(before.values(RESTARTS).values()) == 1
        stage = self.resumed(before)
        stage.relist("pods", crashed(restarts=2))
        stage.start()
        assert sum(stage.values(RESTARTS).values()) == 0
        assert sum(settled(stage).values(RESTARTS).values()) == 1

    def test_the_first_crash_of_a_pod_born_meanwhile_counts(self) -> None:
        stage = self.resumed(settled(event_stage()))
        stage.relist("pods", pod(), crashed("web-2", created=BEFORE))
        stage.start()
        assert sum(settled(stage).values(RESTARTS).values()) == 1

    def test_events_and_jobs_count_what_came_meanwhile(self) -> None:
        before = event_stage()
        before.relist("jobs", job("done", outcome="Complete", created=AFTER), job("running", created=AFTER))
        before.upsert("events", event(count=5))
        settled(before).lines()
        stage = self.resumed(before)
        stage.relist("pods", pod())
        stage.relist("events", event(count=7), event("new", count=1, created=BEFORE))
        stage.relist("jobs", job("done", outcome="Complete"), job("running", outcome="Failed"))
        stage.start()
        settled(stage)
        assert [*stage.values(EVENTS).values()] == [3]
        assert sum(stage.values("headroom_workload_jobs_finished_total").values()) == 1

    def test_baselines_of_what_went_meanwhile_are_forgotten(self) -> None:
        before = Stage()
        before.relist("pods", crashed(restarts=3))
        before.start()
        stage = self.resumed(before)
        assert stage.ledger.containers
        stage.relist("jobs")
        stage.relist("pods")
        assert stage.ledger.containers == {}


@pytest.mark.parametrize(
    ("kind", "counts", "waited", "expected"),
    [
        pytest.param(
            "Deployment", replicas(3, updated=1), 3600, 0, id="a Deployment's controller judges its own progress"
        ),
        pytest.param(
            "Deployment", replicas(3, deadline_exceeded=True), 0, 1, id="a Deployment past its deadline is stuck"
        ),
        pytest.param(
            "StatefulSet", replicas(3, updated=1, rolling=True), 599, 0, id="a StatefulSet has until the deadline"
        ),
        pytest.param(
            "StatefulSet", replicas(3, updated=1, rolling=True), 600, 1, id="a StatefulSet is stuck at the deadline"
        ),
        pytest.param(
            "DaemonSet", replicas(3, ready=1), 3600, 0, id="a DaemonSet that misses pods but does not roll is not stuck"
        ),
    ],
)
def test_a_rollout_is_stuck(kind: str, counts: Replicas, waited: float, expected: int) -> None:
    stage = Stage()
    stage.relist("deployments", controller(kind=kind, replicas=counts))
    stage.start()
    stage.lines()
    stage.wait(waited)
    assert [*stage.values("headroom_workload_rollout_stuck").values()] == [expected]


def test_a_rollout_that_moves_gets_its_time_again() -> None:
    stage = Stage()
    stage.start()
    for updated in (1, 2):
        stage.upsert(
            "statefulsets", controller(kind="StatefulSet", replicas=replicas(3, updated=updated, rolling=True))
        )
        stage.lines()
        stage.wait(400)
    assert [*stage.values("headroom_workload_rollout_stuck").values()] == [0]


def test_pods_of_a_node_that_turns_not_ready_are_stranded() -> None:
    stage = Stage()
    stage.relist("nodes", node())
    stage.relist("pods", pod(), pod("web-2", phase="Succeeded"))
    stage.start()
    assert sum(stage.values("headroom_workload_pods_on_unready_nodes").values()) == 0
    stage.upsert("nodes", node(conditions=(("Ready", "Unknown"),)))
    assert sum(stage.values("headroom_workload_pods_on_unready_nodes").values()) == 1
    stage.delete("nodes", node())
    assert sum(stage.values("headroom_workload_pods_on_unready_nodes").values()) == 1


def test_a_mirror_pod_made_again_tells_of_no_restart_twice() -> None:
    """Its object has another uid, and the same restarts of the same containers."""
    stage = Stage()
    stage.relist("pods", pod(uid="first", mirror=True, static_uid="0ff1ce"))
    stage.start()
    settled(stage)
    stage.upsert("pods", crashed(restarts=1, uid="first", mirror=True, static_uid="0ff1ce"))
    stage.delete("pods", crashed(restarts=1, uid="first", mirror=True, static_uid="0ff1ce"))
    stage.upsert("pods", pod(uid="again", mirror=True, static_uid="0ff1ce", created=AFTER, statuses=()))
    stage.upsert("pods", crashed(restarts=1, uid="again", mirror=True, static_uid="0ff1ce", created=AFTER))
    settled(stage)
    assert sum(stage.values(RESTARTS).values()) == 1
    stage.upsert("pods", crashed(restarts=2, uid="again", mirror=True, static_uid="0ff1ce", created=AFTER))
    assert sum(stage.values(RESTARTS).values()) == 2
    assert sum(stage.values(ENDS).values()) == 2
