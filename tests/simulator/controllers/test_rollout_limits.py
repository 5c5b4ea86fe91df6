"""Rollouts never have more pods, nor fewer available ones, than their strategy allows, whenever pods get ready."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.simulator.controllers.pods import is_ready
from kube_headroom.simulator.controllers.replicas import is_active
from kube_headroom.simulator.store import Object
from tests.simulator.controllers.stage import Stage, template, workload

LIMITS = st.one_of(st.integers(0, 6), st.integers(0, 100).map(lambda percent: f"{percent}%"))


def resolved(surge: int | str, unavailable: int | str, replicas: int) -> tuple[int, int]:
    """What the API's documentation says: percentages of the size, surges rounded up, the rest down."""

    def share(limit: int | str) -> Fraction:
        return Fraction(limit) if isinstance(limit, int) else Fraction(int(limit[:-1]), 100) * replicas

    most, missing = ceil(share(surge)), floor(share(unavailable))
    return most, min(replicas, missing if most or missing else 1)


class Watcher:
    """Looks at every tick, after the controllers and before the kubelet."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.most = 0
        self.least_available = 10**6

    def step(self, _now: float) -> None:
        pods = [pod for pod in self._stage.pods() if is_active(pod)]
        self.most = max(self.most, len(pods))
        self.least_available = min(self.least_available, sum(map(is_ready, pods)))


@given(
    replicas=st.integers(1, 12),
    surge=LIMITS,
    unavailable=LIMITS,
    delays=st.lists(st.integers(0, 9), min_size=1, max_size=12),
    hopeless=st.sets(st.integers(0, 11)),
)
def test_a_rollout_keeps_within_its_limits_at_every_tick(
    replicas: int, surge: int | str, unavailable: int | str, delays: list[int], hopeless: set[int]
) -> None:
    stage = Stage(nodes=2, cpu="100")
    limits = {"maxSurge": surge, "maxUnavailable": unavailable}
    stage.apply("deployments", "web", workload(replicas=replicas, strategy={"rollingUpdate": limits}))
    stage.run(8)
    first_seen: dict[str, tuple[int, float]] = {}

    def is_up(pod: Object) -> bool:
        if pod["spec"]["containers"][0]["image"] == "app:1":
            return True
        number, since = first_seen.setdefault(pod["metadata"]["name"], (len(first_seen), stage.world.now))
        return number not in hopeless and stage.world.now >= since + delays[number % len(delays)]

    stage.kubelet.is_up = is_up
    watcher = Watcher(stage)
    stage.world.add(watcher)
    stage.world.parts.remove(stage.kubelet)
    stage.world.add(stage.kubelet)
    stage.edit("deployments", "web", template=template("app:2"))
    stage.run(160)
    most, missing = resolved(surge, unavailable, replicas)
    assert watcher.most <= replicas + most
    assert watcher.least_available >= replicas - missing
    if not hopeless:
        status = stage.get("deployments", "web")["status"]
        assert status["updatedReplicas"] == status["availableReplicas"] == status["replicas"] == replicas


@given(
    sizes=st.lists(st.integers(0, 9), min_size=2, max_size=6),
    flaps=st.lists(st.booleans(), min_size=1, max_size=20),
)
def test_pods_that_come_and_go_never_break_the_surge(sizes: list[int], flaps: list[bool]) -> None:
    stage = Stage(nodes=2, cpu="100")
    stage.apply("deployments", "web", workload(replicas=sizes[0]))
    stage.kubelet.is_up = lambda pod: flaps[(int(stage.world.now) + len(pod["metadata"]["name"])) % len(flaps)]
    watcher = Watcher(stage)
    stage.world.add(watcher)
    for number, size in enumerate(sizes):
        largest = max(size, sum(one["spec"]["replicas"] for one in stage.store.all("replicasets")))
        watcher.most = 0
        stage.edit("deployments", "web", replicas=size, template=template(f"app:{number}"))
        stage.run(12)
        assert watcher.most <= largest + ceil(largest / 4)
    stage.kubelet.is_up = lambda _: True
    stage.run(120)
    assert len([pod for pod in stage.pods() if is_active(pod)]) == sizes[-1]
