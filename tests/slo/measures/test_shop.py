"""SLIs of the simulated shop through its incidents, held against what its objects said every second."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from fractions import Fraction

import pytest

from kube_headroom import signals
from kube_headroom.simulator.composition import build
from kube_headroom.simulator.controllers.pods import condition
from kube_headroom.simulator.incidents.board import Incidents, Planned
from kube_headroom.simulator.store import Object, moment
from kube_headroom.simulator.world import World
from kube_headroom.slo.objective import Indicator, Selector
from tests.simulator.watched import Watched
from tests.slo.measures.stage import Stage, objective

START = 1_780_000_000.0
SECONDS = 1200
STEP_SECONDS = 30
PLANNED = (
    Planned(60, "total-outage", seconds=300),
    Planned(60, "crash-loop", seconds=600),
    Planned(60, "stuck-rollout"),
    Planned(60, "throttled-service"),
    Planned(60, "unschedulable-pods", seconds=300),
    Planned(60, "failed-job", seconds=900),
)
ORDERS, PAYMENTS = Selector("orders", "StatefulSet", "orders"), Selector("payments", "Deployment", "payments")
OBJECTIVES = (
    objective(Indicator.AVAILABILITY, Selector("", "Deployment"), "deployments", group_by=("namespace", "workload")),
    objective(Indicator.PROBE_SUCCESS, ORDERS, "probes"),
    objective(Indicator.RESTART_FREE, PAYMENTS, "restarts"),
    objective(Indicator.JOB_SUCCESS, Selector("catalog"), "jobs"),
    objective(Indicator.SCHEDULING_LATENCY, Selector("catalog"), "scheduling"),
    objective(Indicator.THROTTLE_FREE, Selector("shop", "Deployment", "checkout"), "throttling"),
    objective(Indicator.ROLLOUT_SUCCESS, Selector(), "rollouts", group_by=("workload",)),
)


class Truth:
    """What the API's objects said, looked at every second and judged by the definitions."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.unavailable: dict[str, int] = defaultdict(int)
        self.after_restart = 0
        self.jobs: dict[str, bool] = {}
        self.pods: dict[str, bool] = {}
        """By uid, whether a Job failed, and whether a pod made before our eyes got its node too late."""
        self._began = world.now
        self._ended_before = {job["metadata"]["uid"] for job in world.store.all("jobs") if _outcome(job)}
        self._desired: dict[str, deque[int]] = {}
        self._restarts: dict[tuple[str, str], int] = {}
        self._restarted_at = -math.inf
        self._look_at_restarts()
        self._restarted_at = -math.inf

    def look(self) -> None:
        for found in self.world.store.all("deployments"):
            self._look_at_replicas(found)
        for job in self.world.store.all("jobs", "catalog"):
            if (outcome := _outcome(job)) and job["metadata"]["uid"] not in self._ended_before:
                self.jobs[job["metadata"]["uid"]] = outcome == "Failed"
        for pod in self.world.store.all("pods", "catalog"):
            self._look_at_scheduling(pod)
        self.after_restart += self.world.now - self._restarted_at <= 60
        self._look_at_restarts()

    def _look_at_replicas(self, deployment: Object) -> None:
        desired = deployment["spec"]["replicas"]
        name = f"namespace={deployment['metadata']['namespace']},workload={deployment['metadata']['name']}"
        last = self._desired.setdefault(name, deque([desired], maxlen=301))
        last.append(desired)
        ready = deployment.get("status", {}).get("readyReplicas", 0)
        self.unavailable[name] += desired > 0 and ready < math.ceil(Fraction(3, 4) * min(last))

    def _look_at_scheduling(self, pod: Object) -> None:
        created = moment(pod["metadata"]["creationTimestamp"])
        bound = condition(pod, "PodScheduled")
        if created < self._began:
            return
        if bound is not None and bound["status"] == "True":
            self.pods.setdefault(pod["metadata"]["uid"], moment(bound["lastTransitionTime"]) - created > 30)
        elif self.world.now - created >= 35:
            self.pods[pod["metadata"]["uid"]] = True

    def _look_at_restarts(self) -> None:
        for pod in self.world.store.all("pods", "payments"):
            if pod["metadata"]["labels"].get("app.kubernetes.io/name") != "payments":
                continue
            for one in pod.get("status", {}).get("containerStatuses", ()):
                key = (pod["metadata"]["uid"], one["name"])
                if one["restartCount"] > self._restarts.get(key, 0):
                    self._restarted_at = self.world.now
                self._restarts[key] = one["restartCount"]


def _outcome(job: Object) -> str:
    outcomes = [one for one in ("Complete", "Failed") if (found := condition(job, one)) and found["status"] == "True"]
    return outcomes[0] if outcomes else ""


class Shop(Watched):
    """The shop, watched by measures that are told of every publication."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.stage = Stage(*OBJECTIVES)

    def _publish(self) -> None:
        for key, snapshot in self.inventory.snapshots(self.inventory.changes()):
            samples = () if snapshot is None else tuple(signals.samples(key[0], snapshot))
            self.stage.measures.put(key, snapshot, samples, self.world.now)

    def play(self, truth: Truth) -> None:
        for second in range(SECONDS):
            self.advance(1)
            self._publish()
            truth.look()
            if second % STEP_SECONDS == 0:
                self.stage.measures.step(self.world.now)
        self.stage.measures.step(self.world.now)

    def sums(self, name: str) -> dict[str, tuple[float, float]]:
        sums: dict[str, tuple[float, float]] = {}
        for (_, found), stretch in self.stage.stretches:
            if found == name:
                events, bad = sums.get(stretch.member.group, (0.0, 0.0))
                sums[stretch.member.group] = (
                    events + stretch.amount.events / 1e6,
                    bad + stretch.amount.bad / 1e6,
                )
        return sums


@pytest.fixture(scope="module")
def played() -> tuple[Shop, Truth]:
    world = build(seed=5, start=START, past=0)
    shop, truth = Shop(world), Truth(world)
    world.part(Incidents).plan(PLANNED)
    shop.play(truth)
    return shop, truth


def test_deployments_are_unavailable_when_their_objects_say_so(played: tuple[Shop, Truth]) -> None:
    shop, truth = played
    measured = shop.sums("deployments")
    assert {name: bad for name, (_, bad) in measured.items()} == truth.unavailable
    assert {events for events, _ in measured.values()} == {SECONDS - 1}
    assert measured["namespace=payments,workload=payments"][1] > 300


def test_a_minute_is_bad_after_each_restart(played: tuple[Shop, Truth]) -> None:
    shop, truth = played
    assert shop.sums("restarts") == {"": (SECONDS - 1, truth.after_restart)}
    assert truth.after_restart > 200


def test_jobs_count_when_they_end(played: tuple[Shop, Truth]) -> None:
    shop, truth = played
    assert shop.sums("jobs") == {"": (len(truth.jobs), sum(truth.jobs.values()))}
    assert sum(truth.jobs.values()) > 1


def test_pods_count_when_they_are_bound_or_late(played: tuple[Shop, Truth]) -> None:
    shop, truth = played
    assert shop.sums("scheduling") == {"": (len(truth.pods), sum(truth.pods.values()))}
    assert len(truth.pods) > sum(truth.pods.values()) > 1


def test_probes_fail_as_long_as_nothing_answers(played: tuple[Shop, Truth]) -> None:
    shop, _ = played
    [(events, bad)] = shop.sums("probes").values()
    assert 0.05 * events < bad < 300 / SECONDS * events  # while a container is started again nothing is probed


def test_three_times_the_requests_meet_the_limit(played: tuple[Shop, Truth]) -> None:
    shop, _ = played
    [(events, bad)] = shop.sums("throttling").values()
    assert 0.4 * events < bad < events


def test_rollouts_end_well_or_get_stuck(played: tuple[Shop, Truth]) -> None:
    shop, _ = played
    assert {group: counted for group, counted in shop.sums("rollouts").items() if counted[0]} == {
        "workload=notifications": (1, 1),
        "workload=recommendations": (1, 0),
    }
