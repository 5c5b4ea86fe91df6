from collections import Counter

import pytest

from kube_headroom.resources import parse_quantity
from kube_headroom.simulator.program import Program
from kube_headroom.simulator.shop.cluster import OWNER
from kube_headroom.simulator.shop.population import measured, populate, rows
from kube_headroom.simulator.store import moment
from kube_headroom.simulator.world import World

NOON = 1_800_010_800.0


def world(*, seed: int = 1, nodes: int = 12, workloads: int = 25) -> World:
    made = World(seed=seed, start=NOON)
    populate(made, rows(workloads), node_count=nodes)
    return made


def test_the_shop_has_25_workloads_of_all_kinds_in_6_namespaces() -> None:
    kinds = Counter(copy.row.kind for copy in rows(25))
    assert sum(kinds.values()) == 25
    assert set(kinds) == {
        "Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", "Pod", "StaticPod", "Kafka",
    }  # fmt: skip
    assert len({copy.row.namespace for copy in rows(25)}) == 6


def test_more_workloads_repeat_the_shop_in_numbered_namespaces_that_call_each_other() -> None:
    copies = rows(46)
    names = [(copy.row.namespace, copy.row.name) for copy in copies]
    assert len(set(names)) == 46
    assert ("shop-2", "storefront") in names
    demands = measured(copies)
    assert demands["ingress-2", "ingress-controller"].calls[0][0] == "shop-2/storefront"


@pytest.mark.parametrize("workloads", [25, 45])
def test_every_call_goes_to_a_service_that_exists(workloads: int) -> None:
    made = world(workloads=workloads)
    for demand in measured(rows(workloads)).values():
        for called, _ in demand.calls:
            assert made.store.get("services", *called.split("/")), called


def test_services_have_addresses_of_their_own_and_stateful_ones_none() -> None:
    made = world(workloads=300)
    addresses = [service["spec"]["clusterIP"] for service in made.store.all("services")]
    real = [address for address in addresses if address != "None"]
    assert len(set(real)) == len(real) < len(addresses)


def test_twelve_nodes_stand_in_three_zones_and_two_pools() -> None:
    nodes = world().store.all("nodes")
    labels = [node["metadata"]["labels"] for node in nodes]
    assert Counter(each["karpenter.sh/nodepool"] for each in labels) == {"general": 8, "spot": 4}
    assert len({each["topology.kubernetes.io/zone"] for each in labels}) == 3
    for node in nodes:
        tainted = "taints" in node["spec"]
        assert tainted == (node["metadata"]["labels"]["karpenter.sh/nodepool"] == "spot")


def test_nodes_have_less_to_give_than_they_have() -> None:
    for node in world().store.all("nodes"):
        capacity, allocatable = node["status"]["capacity"], node["status"]["allocatable"]
        for resource in ("cpu", "memory", "ephemeral-storage"):
            assert parse_quantity(allocatable[resource]) < parse_quantity(capacity[resource])
        assert allocatable["pods"] == "110"


def test_a_machine_has_what_its_node_tells() -> None:
    made = world()
    assert {machine.cgroup_v2 for machine in made.machines.values()} == {True, False}
    for name, machine in made.machines.items():
        node = made.store.get("nodes", "", name)
        assert node is not None
        assert parse_quantity(node["status"]["capacity"]["cpu"]) == machine.cores * 1000**3
        assert parse_quantity(node["status"]["capacity"]["memory"]) == machine.memory_bytes * 1000**3
        assert machine.boot < moment(node["metadata"]["creationTimestamp"])


def test_kubelets_are_found_where_their_ports_are_given() -> None:
    made = World(seed=1, start=NOON)
    populate(made, rows(5), node_count=2, ports={0: 40001, 1: 40002})
    for number, node in enumerate(made.store.all("nodes")):
        assert node["status"]["daemonEndpoints"]["kubeletEndpoint"]["Port"] == 40001 + number
        assert node["status"]["addresses"][0] == {"type": "InternalIP", "address": "127.0.0.1"}


def test_what_lasts_is_weeks_old_and_no_younger_than_its_namespace_or_cluster() -> None:
    made = world()
    for resource in ("deployments", "statefulsets", "daemonsets", "cronjobs", "services"):
        for stored in made.store.all(resource):
            metadata = stored["metadata"]
            namespace = made.store.get("namespaces", "", metadata["namespace"])
            assert namespace is not None
            created = moment(metadata["creationTimestamp"])
            assert moment(namespace["metadata"]["creationTimestamp"]) < created < NOON - 7 * 86_400


def test_cron_jobs_remember_when_they_ran_last() -> None:
    for cron_job in world().store.all("cronjobs"):
        assert NOON - 86_400 <= moment(cron_job["status"]["lastScheduleTime"]) <= NOON


def test_owners_are_named_by_the_workload_by_its_namespace_or_by_nobody() -> None:
    made = world()
    namespaces = {
        each["metadata"]["name"]: each["metadata"].get("annotations", {}) for each in made.store.all("namespaces")
    }
    found = {
        (OWNER in each["metadata"].get("annotations", {}), bool(namespaces[each["metadata"]["namespace"]]))
        for each in made.store.all("deployments")
    }
    assert {(True, False), (False, True), (False, False)} <= found


def test_the_same_seed_gives_the_same_objects_and_another_seed_others() -> None:
    deployments = world().store.all("deployments")
    assert world().store.all("deployments") == deployments
    assert world(seed=2).store.all("deployments") != deployments


def test_thousands_of_nodes_have_names_of_their_own() -> None:
    made = world(nodes=2000, workloads=5)
    assert made.store.count("nodes") == len(made.machines) == 2000
    addresses = {node["status"]["addresses"][0]["address"] for node in made.store.all("nodes")}
    assert len(addresses) == 2000


def test_every_image_holds_one_program() -> None:
    programs: dict[str, Program] = {}
    for row, _ in rows(25):
        for container in (*row.init, *row.sidecars, *row.containers):
            assert programs.setdefault(container.image, container.program) == container.program, container.image
