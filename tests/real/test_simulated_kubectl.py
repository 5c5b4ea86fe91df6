"""kubectl reads the simulated cluster as it reads any other."""

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kube_headroom.simulator.composition import build
from kube_headroom.simulator.simulation import Simulation
from kube_headroom.simulator.world import World
from tests.real.waiting import wait_until
from tools.build import program

Kubectl = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def world() -> World:
    # The whole shop, up and running; from now on its time stands still.
    return build(seed=1, start=time.time())


@pytest.fixture(scope="module")
def simulation(world: World) -> Iterator[Simulation]:
    with Simulation(world) as running:
        yield running


@pytest.fixture(scope="module")
def command(simulation: Simulation, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    folder = tmp_path_factory.mktemp("kubectl")
    kubeconfig = simulation.write_kubeconfig(folder / "kubeconfig")
    return (str(program("kubectl")), f"--kubeconfig={kubeconfig}", f"--cache-dir={folder / 'cache'}")


@pytest.fixture(scope="module")
def kubectl(command: tuple[str, ...]) -> Kubectl:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False, timeout=120)

    return run


def rows(answer: subprocess.CompletedProcess[str]) -> list[list[str]]:
    """The cells of a table, its headings first; cells never hold two blanks."""
    assert (answer.returncode, answer.stderr) == (0, "")
    return [re.split(r" {2,}", line.strip()) for line in answer.stdout.splitlines() if line]


def test_all_pods_are_listed(kubectl: Kubectl, world: World) -> None:
    headings, *found = rows(kubectl("get", "pods", "-A"))
    assert headings == ["NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    expected = {(pod["metadata"]["namespace"], pod["metadata"]["name"]) for pod in world.store.all("pods")}
    assert {(row[0], row[1]) for row in found} == expected
    assert len(found) == len(expected)
    assert sum(row[3] == "Running" for row in found) > 80


def test_many_kinds_are_listed_at_once(kubectl: Kubectl, world: World) -> None:
    answer = kubectl("get", "deploy,hpa,nodes", "-A")
    assert answer.returncode == 0
    blocks = [block.splitlines() for block in answer.stdout.strip().split("\n\n")]
    assert [re.split(r" {2,}", block[0].strip()) for block in blocks] == [
        ["NAMESPACE", "NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"],
        ["NAMESPACE", "NAME", "REFERENCE", "TARGETS", "MINPODS", "MAXPODS", "REPLICAS", "AGE"],
        ["NAMESPACE", "NAME", "STATUS", "ROLES", "AGE", "VERSION"],
    ]
    counts = [world.store.count(kind) for kind in ("deployments", "horizontalpodautoscalers", "nodes")]
    assert [len(block) - 1 for block in blocks] == counts


def test_wide_nodes_tell_their_addresses_and_systems(kubectl: Kubectl) -> None:
    headings, *found = rows(kubectl("get", "nodes", "-o", "wide"))
    assert headings[-5:] == ["INTERNAL-IP", "EXTERNAL-IP", "OS-IMAGE", "KERNEL-VERSION", "CONTAINER-RUNTIME"]
    assert {row[1] for row in found} == {"Ready"}


@pytest.mark.parametrize(
    "kind",
    ["sts", "ds", "jobs", "cj", "ev", "svc", "quota", "limits", "pdb", "pvc", "pv", "sc", "pc", "lease", "sa", "rs"],
)
def test_every_kind_of_the_shop_has_rows_as_wide_as_their_headings(kubectl: Kubectl, kind: str) -> None:
    answer = kubectl("get", kind, "-A", "-o", "wide")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert len(answer.stdout.splitlines()) > 1


def test_kinds_that_nobody_has_are_empty(kubectl: Kubectl) -> None:
    assert kubectl("get", "cm,secrets,ing,netpol,rc", "-A").stderr == "No resources found\n"


def test_all_that_runs_in_a_namespace(kubectl: Kubectl) -> None:
    names = {line.split("/")[0] for line in kubectl("get", "all", "-n", "shop", "-o", "name").stdout.splitlines()}
    assert names >= {"pod", "service", "deployment.apps", "replicaset.apps", "horizontalpodautoscaler.autoscaling"}


@pytest.mark.parametrize("kind", ["pods", "deployments", "jobs", "nodes", "hpa", "pvc", "quota", "svc", "pdb"])
def test_every_object_is_described(kubectl: Kubectl, kind: str) -> None:
    everywhere = () if kind == "nodes" else ("-A",)
    answer = kubectl("describe", kind, *everywhere)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.startswith("Name:")


def test_a_pods_description_tells_its_containers_and_events(
    kubectl: Kubectl, simulation: Simulation, world: World
) -> None:
    pod = world.store.all("pods", "shop")[0]
    name = pod["metadata"]["name"]
    simulation.call(lambda: world.store.create("events", _event(pod)))
    told = kubectl("describe", "pod", "-n", "shop", name).stdout
    assert f"Node:             {pod['spec']['nodeName']}/" in told
    assert f"Container ID:   {pod['status']['containerStatuses'][0]['containerID']}" in told
    assert re.search(r"Warning\s+Unhealthy\s+.*kubelet\s+Liveness probe failed", told)


def _event(pod: dict[str, object]) -> dict[str, object]:
    metadata = pod["metadata"]
    assert isinstance(metadata, dict)
    return {
        "metadata": {"name": "told.1", "namespace": "shop"},
        "involvedObject": {"kind": "Pod", "name": metadata["name"], "namespace": "shop", "uid": metadata["uid"]},
        "type": "Warning",
        "reason": "Unhealthy",
        "message": "Liveness probe failed",
        "source": {"component": "kubelet"},
        "firstTimestamp": metadata["creationTimestamp"],
        "lastTimestamp": metadata["creationTimestamp"],
        "count": 1,
    }


def test_a_watch_shows_a_row_for_each_change(
    command: tuple[str, ...], simulation: Simulation, world: World, tmp_path: Path
) -> None:
    name = next(pod["metadata"]["name"] for pod in world.store.all("pods", "shop"))
    shown = tmp_path / "shown"

    def status(phase: str) -> None:
        pod = world.store.get("pods", "shop", name)
        assert pod is not None
        world.store.change("pods", pod, status={"phase": phase})

    with shown.open("w") as output:
        watching = subprocess.Popen([*command, "get", "po", "-n", "shop", name, "-w"], stdout=output)
        try:
            wait_until(lambda: len(shown.read_text().splitlines()) == 2, what="the pod as it is")
            wait_until(lambda: simulation.call(lambda: simulation.api_server.open_watches) == 1, what="the watch")
            simulation.call(lambda: status("Failed"))
            wait_until(lambda: len(shown.read_text().splitlines()) == 3, what="the pod as it is now")
        finally:
            watching.terminate()
            watching.wait(60)
    heading, before, after = (re.split(r" {2,}", line.strip()) for line in shown.read_text().splitlines())
    assert heading == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert (before[0], before[2]) == (name, "Running")
    assert (after[0], after[2]) == (name, "Failed")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("delete", "ns", "shop"), "the simulated cluster is read-only", id="a deletion"),
        pytest.param(("scale", "deploy", "cart", "-n", "shop", "--replicas=3"), "read-only", id="scaling"),
        pytest.param(("get", "pod", "-n", "shop", "nobody"), 'pods "nobody" not found', id="a pod that is not"),
        pytest.param(("get", "wishes"), "doesn't have a resource type", id="a kind that is not"),
    ],
)
def test_what_cannot_be_done_is_told(kubectl: Kubectl, arguments: tuple[str, ...], words: str) -> None:
    answer = kubectl(*arguments)
    assert answer.returncode == 1
    assert words in answer.stderr


def test_logs_are_told_not_to_be(kubectl: Kubectl, world: World) -> None:
    pod = next(pod for pod in world.store.all("pods", "shop") if len(pod["spec"]["containers"]) == 1)
    assert "simulated containers write no logs" in kubectl("logs", "-n", "shop", pod["metadata"]["name"]).stderr


def test_both_versions_are_told(kubectl: Kubectl) -> None:
    assert kubectl("version").stdout.splitlines()[-1] == "Server Version: v1.36.3"
