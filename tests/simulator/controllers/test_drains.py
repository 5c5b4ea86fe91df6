from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.simulator.controllers.budgets import Budgets
from kube_headroom.simulator.controllers.drains import Drains
from kube_headroom.simulator.controllers.pods import is_ready, is_terminating
from kube_headroom.simulator.store import ConflictError, Object, owner_reference
from kube_headroom.simulator.world import Marks, World
from tests.simulator.controllers.stand_in import running_pod, world

LABELS = {"app": "web"}


class Replicas:
    """Replaces what is deleted with pods on node-2, ready some seconds later; ends what is terminating."""

    def __init__(self, made: World, *, size: int, slow: float = 10.0, replaces: bool = True) -> None:
        self.world = made
        self.size = size
        self.slow = slow
        self.replaces = replaces
        self.least_ready = size
        store = made.store
        metadata = {"name": "web", "namespace": "shop"}
        self.owner = owner_reference(store.create("statefulsets", {"metadata": metadata, "spec": {"replicas": size}}))
        self._marks = Marks(store, ("pods",))
        self._born: dict[str, float] = {}
        self._count = 0
        for _ in range(size):
            self._add("node-1", ready=True)

    def step(self, now: float) -> None:
        store = self.world.store
        for pod in store.all("pods"):
            if is_terminating(pod):
                store.delete("pods", pod)
        mine = store.owned(self.owner["uid"], "pods")
        if self.replaces:
            for _ in range(self.size - len(mine)):
                self._add("node-2", ready=False)
        for pod in store.owned(self.owner["uid"], "pods"):
            if not is_ready(pod) and now >= self._born[pod["metadata"]["name"]] + self.slow:
                condition = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
                store.change("pods", pod, status={**pod["status"], "conditions": [condition]})
        alive = [pod for pod in store.owned(self.owner["uid"], "pods") if not is_terminating(pod)]
        self.least_ready = min(self.least_ready, sum(map(is_ready, alive)))

    def _add(self, node: str, *, ready: bool) -> None:
        self._count += 1
        name = f"web-{self._count}"
        self._born[name] = self.world.now
        more = {"labels": LABELS, "ownerReferences": [self.owner]}
        running_pod(self.world.store, name, self.world.now, ready=ready, node=node, **more)


class Stage:
    def __init__(self, *, size: int = 3, minimum: int | str = 2, slow: float = 10.0, replaces: bool = True) -> None:
        self.world: World = world()
        self.budgets, self.drains = Budgets(self.world), Drains(self.world)
        self.replicas = Replicas(self.world, size=size, slow=slow, replaces=replaces)
        spec = {"selector": {"matchLabels": LABELS}, "minAvailable": minimum}
        self.world.store.create(
            "poddisruptionbudgets", {"metadata": {"name": "web", "namespace": "shop"}, "spec": spec}
        )
        self.world.add(self.budgets, self.drains, self.replicas)
        self.run(1)

    def run(self, seconds: float) -> None:
        self.world.advance(self.world.now + seconds)

    def node(self) -> Object:
        return self.world.store.get("nodes", "", "node-1") or {}

    def left(self) -> list[str]:
        return [pod["metadata"]["name"] for pod in self.world.store.pods_on("node-1")]


def test_a_drain_cordons_the_node_and_empties_it_no_faster_than_the_budget_allows() -> None:
    stage = Stage()
    stage.drains.drain("node-1")
    assert stage.node()["spec"] == {"unschedulable": True}
    stage.run(1)
    assert len(stage.left()) == 2
    stage.run(60)
    assert (stage.left(), stage.drains.running) == ([], {})
    assert stage.replicas.least_ready == 2


def test_a_budget_that_never_allows_blocks_the_drain_which_asks_every_five_seconds() -> None:
    stage = Stage(minimum=3)
    drain = stage.drains.drain("node-1")
    stage.run(300)
    assert len(stage.left()) == 3
    assert set(drain.refused.values()) == {"Cannot evict pod as it would violate the pod's disruption budget."}
    budget = stage.world.store.get("poddisruptionbudgets", "shop", "web") or {}
    stage.world.store.change("poddisruptionbudgets", budget, spec={**budget["spec"], "minAvailable": 0})
    stage.run(6)
    assert (stage.left(), stage.drains.running) == ([], {})


def test_daemons_and_mirror_pods_stay() -> None:
    stage = Stage()
    store = stage.world.store
    daemons = store.create("daemonsets", {"metadata": {"name": "agent", "namespace": "shop"}, "spec": {}})
    running_pod(store, "agent", stage.world.now, ownerReferences=[owner_reference(daemons)])
    running_pod(store, "proxy", stage.world.now, annotations={"kubernetes.io/config.mirror": "x"})
    running_pod(store, "bare", stage.world.now)
    stage.drains.drain("node-1")
    stage.run(60)
    assert (stage.left(), stage.drains.running) == (["agent", "proxy"], {})


def test_a_pod_of_two_budgets_is_given_up() -> None:
    stage = Stage(size=1, minimum=0)
    spec = {"selector": {"matchLabels": LABELS}, "minAvailable": 0}
    stage.world.store.create("poddisruptionbudgets", {"metadata": {"name": "x", "namespace": "shop"}, "spec": spec})
    drain = stage.drains.drain("node-1")
    stage.run(10)
    assert list(drain.errors) == [("shop", "web-1")]
    assert stage.drains.running == {}


def test_uncordoning_ends_the_drain_and_opens_the_node() -> None:
    stage = Stage(minimum=3)
    stage.drains.drain("node-1")
    stage.run(10)
    stage.drains.uncordon("node-1")
    assert (stage.node()["spec"], stage.drains.running) == ({}, {})
    assert len(stage.left()) == 3


def test_an_unknown_node_is_not_found() -> None:
    with pytest.raises(ConflictError, match='nodes "node-9" not found'):
        Stage().drains.drain("node-9")


@given(st.integers(1, 8), st.integers(0, 8), st.integers(0, 30), st.booleans())
def test_a_drain_never_violates_the_budget(size: int, minimum: int, slow: int, replaces: bool) -> None:
    stage = Stage(size=size, minimum=minimum, slow=float(slow), replaces=replaces)
    stage.drains.drain("node-1")
    stage.run(200)
    assert stage.replicas.least_ready >= min(size, minimum)
