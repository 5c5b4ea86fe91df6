from kube_headroom.simulator.shop.operator import KafkaOperator
from kube_headroom.simulator.shop.population import rows
from kube_headroom.simulator.world import World

START = 1_800_000_000.0


def names(world: World) -> list[str]:
    return [pod["metadata"]["name"] for pod in world.store.all("pods", "orders")]


def test_a_kafka_owns_its_brokers_and_gets_back_those_that_went() -> None:
    world = World(seed=1, start=START)
    world.add(KafkaOperator(world, [copy.row for copy in rows(25)]))
    world.advance(START + 1)
    assert names(world) == ["kafka-0", "kafka-1", "kafka-2"]
    lost = world.store.get("pods", "orders", "kafka-1")
    assert lost is not None
    assert lost["metadata"]["ownerReferences"][0]["kind"] == "Kafka"
    world.store.delete("pods", lost)
    world.advance(START + 5)
    assert names(world) == ["kafka-0", "kafka-2"]
    world.advance(START + 20)
    assert names(world) == ["kafka-0", "kafka-2", "kafka-1"]
    assert world.store.count("persistentvolumeclaims") == 3


def test_a_broker_that_was_evicted_is_made_again() -> None:
    world = World(seed=1, start=START)
    world.add(KafkaOperator(world, [copy.row for copy in rows(25)]))
    world.advance(START + 1)
    evicted = world.store.get("pods", "orders", "kafka-1")
    assert evicted is not None
    world.store.change("pods", evicted, status={"phase": "Failed", "reason": "Evicted"})
    world.advance(START + 20)
    again = world.store.get("pods", "orders", "kafka-1")
    assert again is not None
    assert again["metadata"]["uid"] != evicted["metadata"]["uid"]
