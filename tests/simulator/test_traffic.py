import pytest

from kube_headroom.simulator.shop.rows import Demand
from kube_headroom.simulator.store import Object
from kube_headroom.simulator.traffic import Traffic, share_of_peak
from kube_headroom.simulator.world import World

TUESDAY_NOON = 1_799_755_200.0
HOUR = 3600
DEMANDS = {
    ("shop", "front"): Demand(100.0, (("shop/back", 2.0), ("elsewhere/unknown", 1.0))),
    ("shop", "back"): Demand(),
}


def shop(demands: dict[tuple[str, str], Demand] = DEMANDS) -> tuple[World, Traffic]:
    world = World(seed=1, start=TUESDAY_NOON)
    for namespace, name in demands:
        metadata = {"namespace": namespace, "name": name}
        world.store.create("services", {"metadata": metadata, "spec": {"selector": {"app": name}}})
    traffic = Traffic(world, demands)
    world.add(traffic)
    return world, traffic


def pod(world: World, app: str, name: str, *, ready: bool = True) -> Object:
    return world.store.create(
        "pods",
        {
            "metadata": {"namespace": "shop", "name": name, "labels": {"app": app}},
            "spec": {"nodeName": "n", "containers": [{"name": app}]},
            "status": status(ready=ready),
        },
    )


def status(*, ready: bool) -> Object:
    return {"conditions": [{"type": "Ready", "status": str(ready)}]}


def rates(world: World, traffic: Traffic, *pods: Object) -> list[float]:
    world.advance(world.now + 1)
    return [traffic.rate_at(each["metadata"]["uid"]) for each in pods]


def test_requests_are_split_over_the_ready_pods_of_the_selector() -> None:
    world, traffic = shop()
    pods = [pod(world, "front", "a"), pod(world, "front", "b"), pod(world, "front", "c", ready=False)]
    first, second, third = rates(world, traffic, *pods)
    assert first == second == pytest.approx(50, rel=0.2)
    assert third == 0


def test_a_caller_causes_calls_in_proportion() -> None:
    world, traffic = shop()
    front, back = rates(world, traffic, pod(world, "front", "a"), pod(world, "back", "b"))
    assert back == pytest.approx(2 * front)


def test_without_ready_pods_nothing_is_called_behind() -> None:
    world, traffic = shop()
    assert rates(world, traffic, pod(world, "back", "b")) == [0]
    assert traffic.services[0].rate > 0


def test_terminating_unready_and_deleted_pods_get_nothing_from_the_next_tick_on() -> None:
    world, traffic = shop()
    a, b, c, d = (pod(world, "front", name) for name in "abcd")
    before = rates(world, traffic, a)[0]
    world.store.delete("pods", a, grace=30)
    world.store.change("pods", b, status=status(ready=False))
    world.store.delete("pods", c)
    after = rates(world, traffic, a, b, c, d)
    assert after[:3] == [0, 0, 0]
    assert after[3] == pytest.approx(4 * before, rel=0.01)


def test_a_service_whose_selector_changes_sends_elsewhere_and_a_deleted_one_nowhere() -> None:
    world, traffic = shop()
    back = pod(world, "back", "b")
    service = world.store.get("services", "shop", "front")
    assert service is not None
    service = world.store.change("services", service, spec={"selector": {"app": "back"}})
    assert rates(world, traffic, back)[0] > 0
    world.store.delete("services", service)
    assert rates(world, traffic, back) == [0]


def test_a_multiplier_counts_at_its_service_until_it_is_taken_back() -> None:
    world, traffic = shop()
    front, back = pod(world, "front", "a"), pod(world, "back", "b")
    before = rates(world, traffic, front, back)
    traffic.multiply("shop", "back", 5)
    during = rates(world, traffic, front, back)
    traffic.multiply("shop", "back", 1)
    assert during == pytest.approx([before[0], before[1] * 5], rel=0.01)
    assert rates(world, traffic, front, back) == pytest.approx(before, rel=0.01)


def test_services_that_call_each_other_in_a_circle_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="in a circle: shop/a, shop/b"):
        shop({("shop", "a"): Demand(calls=(("shop/b", 1),)), ("shop", "b"): Demand(calls=(("shop/a", 1),))})


@pytest.mark.parametrize(
    ("busier", "quieter"),
    [
        pytest.param(TUESDAY_NOON, TUESDAY_NOON - 8 * HOUR, id="noon is busier than four in the morning"),
        pytest.param(TUESDAY_NOON, TUESDAY_NOON + 3 * HOUR, id="lunch is busier than the afternoon"),
        pytest.param(TUESDAY_NOON + 7 * HOUR, TUESDAY_NOON + 4 * HOUR, id="the evening has a peak of its own"),
        pytest.param(TUESDAY_NOON, TUESDAY_NOON + 4 * 24 * HOUR, id="Tuesday is busier than Saturday"),
    ],
)
def test_the_week_has_its_hours(busier: float, quieter: float) -> None:
    assert share_of_peak(busier) > 1.1 * share_of_peak(quieter)


def test_the_week_has_no_jumps() -> None:
    curve = [share_of_peak(TUESDAY_NOON + minute * 60) for minute in range(7 * 24 * 60)]
    steps = [abs(after - before) for before, after in zip(curve, curve[1:] + curve[:1], strict=True)]
    assert max(curve) == 1.0
    assert max(steps) < 0.01


def test_nobody_comes_before_the_shop_opens() -> None:
    world, _ = shop()
    front = pod(world, "front", "a")
    traffic = Traffic(world, DEMANDS, opens=world.now + 60)
    world.add(traffic)
    traffic.step(world.now)
    assert rates(world, traffic, front) == [0]
    world.advance(world.now + 65)
    assert rates(world, traffic, front)[0] > 0
