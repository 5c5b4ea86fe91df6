"""SLIs from cluster state on a real control plane: what real controllers and the real scheduler write is understood."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from kube_headroom import signals
from kube_headroom.cluster.connection import Connection
from kube_headroom.cluster.facts.conversion import Keys
from kube_headroom.cluster.readers import Choice, reflectors
from kube_headroom.cluster.reflector import Reflector
from kube_headroom.slo.measures.scheduling import LATE_NEWS
from kube_headroom.slo.objective import Indicator, Selector
from kube_headroom.state.inventory import Inventory
from kube_headroom.state.ledger import Ledger
from tests.real.client import Client, Object
from tests.real.control_plane import ControlPlane
from tests.real.waiting import wait_until
from tests.slo.measures.stage import Stage, objective
from tests.stage import LIMITS

UNHEARD_OF = "1000"
"""More cores than any node has."""


def deployment(namespace: str) -> Object:
    container = {"name": "web", "image": "web:1", "resources": {"requests": {"cpu": "10m"}}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "cart",
            "namespace": namespace,
            "annotations": {"kube-headroom.io/slo": "availability=99.9"},
        },
        "spec": {
            "replicas": 3,
            # A rollout lasts longer than a busy machine takes to look at it, and is not stuck because the machine is busy.
            "minReadySeconds": 1,
            "progressDeadlineSeconds": 12,
            "selector": {"matchLabels": {"app": "cart"}},
            "template": {"metadata": {"labels": {"app": "cart"}}, "spec": {"containers": [container]}},
        },
    }


def template(version: str, cpu: str = "10m") -> Object:
    container = {"name": "web", "image": f"web:{version}", "resources": {"requests": {"cpu": cpu}}}
    return {"spec": {"template": {"spec": {"containers": [container]}}}}


class Measured:
    """An inventory fed by reflectors, and measures that are told of it until a condition holds."""

    def __init__(self, control_plane: ControlPlane, namespace: str) -> None:
        self.inventory = Inventory(LIMITS, Ledger(time.time()), time.time)
        everything = Selector(namespace)
        self.stage = Stage(
            objective(Indicator.ROLLOUT_SUCCESS, everything, "rollouts"),
            objective(Indicator.SCHEDULING_LATENCY, everything, "scheduling", within=5.0),
            objective(Indicator.AVAILABILITY, everything, "availability", settle=0.0),
        )
        connection = Connection.open(str(control_plane.kubeconfig()))
        choice = Choice(
            (namespace,), (), (), Keys(slo="kube-headroom.io/slo"), streaming=True, slo_configmaps="slo=yes"
        )
        self.stop = threading.Event()
        self.reflectors: list[Reflector] = []
        self.healths = []
        for health, reflector in reflectors(choice, connection, self.inventory):
            self.reflectors.append(reflector)
            self.healths.append(health)
            threading.Thread(target=reflector.run, args=(self.stop,), daemon=True).start()
        wait_until(lambda: all(health.report().listed for health in self.healths), what="every kind to be listed")
        self.inventory.start_waiting()
        self.look()
        began = int(time.time())  # the API's times are whole seconds: what it makes in this one may be older than we
        wait_until(lambda: time.time() >= began + 1, what="the next second")

    def look(self) -> dict[str, tuple[int, int]]:
        """Publish and step; return events and bad ones by objective, seconds as whole ones."""
        for key, snapshot in self.inventory.snapshots(self.inventory.changes()):
            samples = () if snapshot is None else tuple(signals.samples(key[0], snapshot))
            self.stage.measures.put(key, snapshot, samples, time.time())
        self.stage.measures.step(time.time())
        events: Counter[str] = Counter()
        bad: Counter[str] = Counter()
        for (_, name), stretch in self.stage.stretches:
            events[name] += stretch.amount.events
            bad[name] += stretch.amount.bad
        return {name: (events[name] // 10**6, bad[name] // 10**6) for name in events}

    def becomes(self, **counted: tuple[int, int]) -> None:
        """Wait until objectives have counted this."""
        wait_until(lambda: counted.items() <= self.look().items(), what=f"{counted}")

    def stays(self, seconds: float, **counted: tuple[int, int]) -> None:
        """Hold that objectives count this for a while, looking all the time."""
        end = time.monotonic() + seconds
        wait_until(lambda: self.look() and time.monotonic() >= end, what="the time to pass")
        assert counted.items() <= self.look().items()

    def end(self) -> None:
        self.stop.set()
        for reflector in self.reflectors:
            reflector.interrupt()


@pytest.fixture
def client(control_plane: ControlPlane) -> Client:
    return control_plane.client()


@pytest.fixture
def measured(control_plane: ControlPlane, client: Client, namespace: str) -> Iterator[Measured]:
    client.create(deployment(namespace))
    wait_until(lambda: available(client, namespace) == 3, what="three available pods")
    found = Measured(control_plane, namespace)
    yield found
    found.end()


def available(client: Client, namespace: str) -> int:
    status: Object = client.read("Deployment", "cart", namespace)["status"]
    return int(status.get("availableReplicas", 0))


def test_rollouts_and_scheduling_are_told_from_all_else(measured: Measured, client: Client, namespace: str) -> None:
    measured.becomes(rollouts=(0, 0), scheduling=(0, 0))

    client.patch("Deployment", "cart", namespace, patch={"spec": {"replicas": 5}})
    measured.becomes(rollouts=(0, 0), scheduling=(2, 0))
    victim = client.objects("Pod", namespace)[0]["metadata"]["name"]
    client.delete("Pod", victim, namespace)
    measured.becomes(rollouts=(0, 0), scheduling=(3, 0))

    client.patch("Deployment", "cart", namespace, patch=template("2"))
    measured.becomes(rollouts=(1, 0), scheduling=(8, 0))

    client.patch("Deployment", "cart", namespace, patch=template("3", UNHEARD_OF))
    measured.becomes(rollouts=(2, 1))
    unbound = [pod for pod in client.objects("Pod", namespace) if "nodeName" not in pod["spec"]]
    measured.becomes(scheduling=(8 + len(unbound), len(unbound)))

    client.patch("Deployment", "cart", namespace, patch=template("2"))
    wait_until(lambda: measured.look() and available(client, namespace) == 5, what="the rollback")
    measured.stays(2, rollouts=(2, 1))


def test_a_gated_pod_waits_for_nobody(measured: Measured, client: Client, namespace: str) -> None:
    gated: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "gated", "namespace": namespace},
        "spec": {"schedulingGates": [{"name": "example.com/quota"}], "containers": [{"name": "a", "image": "a:1"}]},
    }
    client.create(gated)
    measured.stays(LATE_NEWS + 6, scheduling=(0, 0))
    client.patch("Pod", "gated", namespace, patch={"spec": {"schedulingGates": []}})
    measured.becomes(scheduling=(1, 0))


def test_availability_ends_with_the_pods_and_declarations_are_found(
    measured: Measured, client: Client, namespace: str
) -> None:
    [declaration] = measured.inventory.slo_inputs().declarations
    assert (declaration.workload.workload, declaration.text) == ("cart", "availability=99.9")
    for name, labels in (("slos", {"slo": "yes"}), ("private", {"slo": "no"})):
        metadata = {"name": name, "namespace": namespace, "labels": labels}
        client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a.yaml": "x"}})
    wait_until(lambda: measured.inventory.slo_inputs().config_maps, what="the ConfigMap")
    assert [(one.metadata.name, one.data) for one in measured.inventory.slo_inputs().config_maps] == [
        ("slos", (("a.yaml", "x"),))
    ]

    assert measured.look()["availability"][1] == 0
    recreated = {"strategy": {"type": "Recreate", "rollingUpdate": None}, **template("2", UNHEARD_OF)["spec"]}
    client.patch("Deployment", "cart", namespace, patch={"spec": recreated})
    wait_until(lambda: measured.look()["availability"][1] >= 2, what="two bad seconds")
