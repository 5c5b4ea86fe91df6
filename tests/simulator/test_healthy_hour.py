"""A shop that nobody disturbs gives nobody a reason to look: an hour at noon, deploys, jobs and scaling included."""

from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from kube_headroom.simulator.composition import build
from kube_headroom.simulator.request_metrics import RequestMetrics
from kube_headroom.simulator.store import Change, Object, moment
from kube_headroom.simulator.world import World

TUESDAY_NOON = 1_799_755_200.0
HOUR = 3600
COMES_UP_SECONDS = 120.0


class Watcher:
    """Notes what should not happen in a healthy shop."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.warnings: list[str] = []
        self.restarts: dict[str, None] = {}
        self.rescales = 0
        world.store.listeners.append(self.hear)

    def hear(self, change: Change) -> None:
        if change.resource == "events":
            if change.type != "DELETED":  # an old one has expired
                self.hear_event(change.object)
        elif change.resource == "pods":
            status = change.object.get("status", {})
            for container in status.get("containerStatuses", []) + status.get("initContainerStatuses", []):
                if container["restartCount"]:
                    self.restarts[f"{change.object['metadata']['name']} {container['name']}"] = None

    def hear_event(self, event: Object) -> None:
        involved = event["involvedObject"]
        self.rescales += event["reason"] == "SuccessfulRescale"
        if event["type"] == "Normal" or self.comes_up(involved):
            return
        self.warnings.append(f"{involved['kind']} {involved['name']} {event['reason']}: {event['message']}")

    def comes_up(self, involved: Object) -> bool:
        """Tell whether it is a pod that was made just now: its probes may fail."""
        if involved["kind"] != "Pod":
            return False
        pod = self.world.store.get("pods", involved["namespace"], involved["name"])
        return pod is not None and self.world.now - moment(pod["metadata"]["creationTimestamp"]) < COMES_UP_SECONDS


@pytest.fixture(scope="module")
def watcher() -> Iterator[Watcher]:
    world = build(seed=1, start=TUESDAY_NOON, past=0)
    watching = Watcher(world)
    world.advance(TUESDAY_NOON + HOUR)
    yield watching
    world.store.listeners.remove(watching.hear)


def test_nothing_warns_but_the_probes_of_pods_that_come_up(watcher: Watcher) -> None:
    assert watcher.warnings == []


def test_nothing_restarts(watcher: Watcher) -> None:
    assert list(watcher.restarts) == []


def test_about_120_pods_run_and_all_are_ready(watcher: Watcher) -> None:
    pods = watcher.world.store.all("pods")
    assert 110 <= len(pods) <= 135
    unready = [
        pod["metadata"]["name"]
        for pod in pods
        if pod["status"]["phase"] != "Succeeded"
        and {"type": "Ready", "status": "True"}.items() - _ready(pod).items()
        and watcher.world.now - moment(pod["metadata"]["creationTimestamp"]) > COMES_UP_SECONDS
    ]
    assert unready == []


def test_the_autoscalers_do_not_flap(watcher: Watcher) -> None:
    assert watcher.rescales <= 6


def test_every_service_keeps_three_nines(watcher: Watcher) -> None:
    page = watcher.world.part(RequestMetrics).page().decode()
    answered: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            if sample.name == "http_requests_total":
                codes = answered.setdefault(sample.labels["service"], {})
                code = sample.labels["code"]
                codes[code] = codes.get(code, 0) + sample.value
    assert len(answered) == 12
    for service, codes in answered.items():
        assert codes["200"] > 10_000, service
        assert sum(codes.values()) - codes["200"] < 0.0005 * codes["200"], service


def test_every_machine_does_some_work_and_none_is_full(watcher: Watcher) -> None:
    for machine in watcher.world.machines.values():
        granted = sum(pod.cgroup.granted for pod in machine.pods.values())
        assert 0.1 < granted < 0.9 * machine.cores, machine.name


def _ready(pod: Object) -> Object:
    return next((found for found in pod["status"].get("conditions", ()) if found["type"] == "Ready"), {})
