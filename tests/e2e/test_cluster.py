"""The cluster comes up, keeps its containers over a kubelet's restart, and goes without traces, crashed or not."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.e2e import workloads
from tests.e2e.cluster import PATIENCE_SECONDS, PREFIX, Cluster, sweep
from tests.e2e.kubelet_pages import Kubelet
from tests.e2e.story import LASTING_CONTAINERS, Story
from tests.e2e.traces import processes, traces
from tests.real.client import Client
from tests.real.conftest import wait_for_service_account
from tests.real.waiting import wait_until
from tools.build import kubernetes_version

REPOSITORY = Path(__file__).parents[2]
# A cluster with a busy pod, in a process that does not end it.
LEFT_ALONE = """
import sys
from tests.e2e.cluster import Cluster
from tests.e2e.test_cluster import run_burner
cluster = Cluster(guest=False)
cluster.start()
run_burner(cluster.client)
print("runs", flush=True)
sys.stdin.read()
"""


def run_burner(client: Client) -> None:
    """Run a busy pod on the first node."""
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": workloads.NAMESPACE}})
    wait_for_service_account(client, workloads.NAMESPACE)
    client.create(next(workloads.on("node-1", emulated=False)))
    wait_until(
        lambda: [pod for pod in client.objects("Pod") if pod["status"]["phase"] == "Running"],
        what="the pod",
        timeout=PATIENCE_SECONDS,
    )


def test_a_cluster_leaves_nothing(own_cluster: Callable[..., Cluster]) -> None:
    before = traces()
    cluster = own_cluster(guest=False)
    try:
        cluster.start()
        run_burner(cluster.client)
        during = traces()
    finally:
        cluster.discard()
    assert {name.split()[0] for name in during - before} >= {"cgroup", "file", "link", "namespace", "process"}
    assert traces() - before == set()


def test_what_a_crash_left_ends_by_itself_or_goes_at_the_next_start(own_cluster: Callable[..., Cluster]) -> None:
    assert own_cluster is Cluster
    before = traces()
    with subprocess.Popen(
        [sys.executable, "-c", LEFT_ALONE], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as crashing:
        assert crashing.stdout is not None
        assert crashing.stdout.readline() == "runs\n"
        assert any(PREFIX in process for process in processes())
        crashing.kill()
    wait_until(
        lambda: traces() <= before, what="the cluster's own watch to end and remove it", timeout=PATIENCE_SECONDS
    )
    assert sweep() == []


def test_both_nodes_run_the_version_asked_for(cluster: Cluster) -> None:
    nodes = {node["metadata"]["name"]: node["status"]["nodeInfo"] for node in cluster.client.objects("Node")}
    assert {name: info["kubeletVersion"] for name, info in nodes.items()} == dict.fromkeys(
        ("node-1", "node-2"), f"v{kubernetes_version()}"
    )
    assert nodes["node-1"]["kernelVersion"] != nodes["node-2"]["kernelVersion"]


def test_the_kubelets_answer_the_exporters_account_and_only_what_it_may_read(kubelets: dict[str, Kubelet]) -> None:
    asked = ("/metrics", "/metrics/cadvisor", "/metrics/probes", "/metrics/resource", "/stats/summary", "/pods")
    answers = {name: [kubelet.status(path) for path in asked] for name, kubelet in kubelets.items()}
    assert answers == {name: [200, 200, 200, 200, 403, 403] for name in kubelets}


def test_containers_outlive_their_kubelets_restart(story: Story) -> None:
    for before, after in story.kept.values():
        assert before == after
        assert len(before) == LASTING_CONTAINERS
