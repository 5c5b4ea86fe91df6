from datetime import UTC, datetime

from kube_headroom.simulator.shop.routine import Routine
from kube_headroom.simulator.shop.rows import Container, Workload
from kube_headroom.simulator.store import Object
from kube_headroom.simulator.world import World

MONDAY = 1_799_625_600.0
DAY = 86_400
IMAGE = "registry.example.com/shop/cart:v2.7.3"
ROW = Workload("Deployment", "shop", "cart", (Container(IMAGE),))


class Settled:
    """Lets every Deployment be rolled out at once, as far as its status tells."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.versions: list[tuple[float, str]] = []

    def step(self, now: float) -> None:
        for deployment in self.world.store.all("deployments"):
            image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
            if not self.versions or self.versions[-1][1] != image:
                self.versions.append((now, image))
            self.world.store.change("deployments", deployment, status=settled(deployment))


def settled(deployment: Object) -> Object:
    counts = dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas"), 1)
    return {**counts, "observedGeneration": deployment["metadata"]["generation"]}


def versions(*, paused: bool = False, seed: int = 1, image: str = IMAGE) -> list[tuple[float, str]]:
    world = World(seed=seed, start=MONDAY, tick=60)
    template = {"spec": {"containers": [{"name": "cart", "image": image}]}}
    spec = {"replicas": 1, "template": template, "paused": paused}
    world.store.create("deployments", {"metadata": {"namespace": "shop", "name": "cart"}, "spec": spec})
    watcher = Settled(world)
    world.add(watcher, Routine(world, [ROW]))
    world.advance(MONDAY + 14 * DAY)
    return watcher.versions


def test_a_team_ships_a_few_times_a_fortnight_in_working_hours_only() -> None:
    shipped = versions()[1:]
    assert 1 <= len(shipped) <= 12
    for at, _ in shipped:
        moment = datetime.fromtimestamp(at, UTC)
        assert moment.weekday() < 5
        assert 8 <= moment.hour <= 16


def test_versions_count_up_and_can_be_pulled() -> None:
    images = [image for _, image in versions()]
    assert images[:2] == ["registry.example.com/shop/cart:v2.7.3", "registry.example.com/shop/cart:v2.7.4"]


def test_a_paused_deployment_is_left_alone() -> None:
    assert len(versions(paused=True)) == 1


def test_a_version_on_trial_is_left_alone() -> None:
    assert len(versions(image="registry.example.com/shop/cart:v2.7.4-candidate")) == 1


def test_another_seed_ships_at_other_times() -> None:
    assert versions() == versions()
    assert versions(seed=2) != versions()
