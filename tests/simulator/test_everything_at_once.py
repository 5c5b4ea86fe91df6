"""All incidents befall the shop together; nothing of the simulation breaks, and afterwards the shop heals."""

from kube_headroom.simulator.composition import build
from kube_headroom.simulator.incidents.board import Incidents, Planned
from kube_headroom.simulator.incidents.catalogue import INCIDENTS
from kube_headroom.simulator.store import Object

TUESDAY_NOON = 1_799_755_200.0
TOGETHER_SECONDS = 600.0
HEALING_SECONDS = 1500.0


def test_the_shop_heals_from_everything_at_once() -> None:
    world = build(seed=1, start=TUESDAY_NOON, past=0)
    world.part(Incidents).plan([Planned(0.0, name, None, TOGETHER_SECONDS) for name in INCIDENTS])
    world.advance(TUESDAY_NOON + TOGETHER_SECONDS / 2)
    assert len(world.part(Incidents).running()) == len(INCIDENTS)
    world.advance(TUESDAY_NOON + TOGETHER_SECONDS + HEALING_SECONDS)
    assert world.part(Incidents).running() == ()
    for resource in ("deployments", "statefulsets"):
        for owner in world.store.all(resource):
            assert owner["status"].get("readyReplicas", 0) == owner["spec"]["replicas"], owner["metadata"]["name"]
    for node in world.store.all("nodes"):
        assert "unschedulable" not in node["spec"]
        assert _ready(node), node["metadata"]["name"]


def _ready(node: Object) -> bool:
    return any(found["type"] == "Ready" and found["status"] == "True" for found in node["status"]["conditions"])
