"""What happens to the cluster while everybody watches: work, trouble, a resize, and restarts in the middle."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from tests.e2e import workloads
from tests.e2e.api_truth import ApiTruth
from tests.e2e.cluster import PATIENCE_SECONDS, Cluster
from tests.e2e.exporter_pages import ExporterPages
from tests.e2e.figures import Key, Pods, statuses
from tests.e2e.kernel_truth import KernelTruth
from tests.e2e.kubelet_pages import Kubelet, RawPages
from tests.e2e.recording import Recorder
from tests.real.client import Object
from tests.real.conftest import wait_for_service_account
from tests.real.exporter import Exporter
from tests.real.waiting import wait_until

NEW_CPU = {"requests": {"cpu": "45m"}, "limits": {"cpu": "90m"}}
LASTING = ("burner", "pair", "unready", "resized")
"""The workloads whose containers never end."""
LASTING_CONTAINERS = sum(len(workloads.SPECS[name]["containers"]) for name in LASTING)
"""How many they have on each node."""


class Story:
    """The watchers with all that they saw; `begin` is when the first workload was made."""

    def __init__(self, cluster: Cluster, exporter: Exporter, kubelets: Mapping[str, Kubelet]) -> None:
        """Nothing happens before `unfold`."""
        self.cluster, self.exporter = cluster, exporter
        self.pods = Pods()
        self.pages = ExporterPages(exporter)
        self.api = Recorder("API server", ApiTruth(cluster.client, self.pods).read, every=0.5)
        self.exported = Recorder("exporter", self.pages.read, every=1)
        self.kernels = {
            name: Recorder(f"kernel of {name}", KernelTruth(node, self.pods).read, every=2)
            for name, node in cluster.nodes.items()
        }
        self.raw = {
            name: Recorder(f"kubelet of {name}", RawPages(kubelet, self.pods).read, every=10)
            for name, kubelet in kubelets.items()
        }
        self.away = 0.0
        """Seconds in which there was no exporter."""
        self.kept: dict[str, tuple[set[str], set[str]]] = {}
        """Of each node, the ids of the lasting containers before and after its kubelet's restart."""

    def unfold(self) -> None:
        """Let everything happen; some minutes."""
        client = self.cluster.client
        client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": workloads.NAMESPACE}})
        wait_for_service_account(client, workloads.NAMESPACE)
        with self._watched():
            for node in self.cluster.nodes:
                client.create_many(workloads.on(node, emulated=node != "node-1"))
            self._wait_for_trouble(times=1)
            wait_until(self._all_lasting_run, what="the lasting containers", timeout=PATIENCE_SECONDS)
            self._resize()
            self._restart_kubelets()
            self._wait_for_more()
            self._restart_exporter()
            self._wait_for_more()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Record meanwhile; the truths begin first and end last, so that they enclose whatever the others say."""
        with ExitStack() as stack:
            for recorder in (self.api, *self.kernels.values(), *self.raw.values(), self.exported):
                stack.enter_context(recorder.running())
            yield

    def _wait_for_trouble(self, *, times: int) -> None:
        """Wait until on every node each kind of trouble came so often."""
        for node in self.cluster.nodes:
            told: dict[Key, float] = {
                Key(f"killed-{node}", "ends OOMKilled", "app"): times,
                Key(f"leaking-{node}", "ends OOMKilled", "app"): times,
                Key(f"crashing-{node}", "restarts", "app"): times,
                Key(f"unlively-{node}", "restarts", "app"): times,
                Key(f"evicted-{node}", "evictions"): times,
                Key(f"done-{node}", "jobs_finished"): 1,
            }
            self._wait_reached(self.api, told)
            seen: dict[Key, float] = {
                Key(f"burner-{node}", "throttled_seconds"): 5,
                Key(f"pair-{node}", "throttled_seconds"): 5,
                Key(f"unready-{node}", "probe_failures", "readiness"): 2,
            }
            self._wait_reached(self.kernels[node], seen)

    def _wait_for_more(self) -> None:
        """Wait until the burners on every node were throttled for a good while more, and something crashed."""
        for node, kernel in self.kernels.items():
            key = Key(f"burner-{node}", "throttled_seconds")
            self._wait_reached(kernel, {key: kernel.timeline.last[key] + 15})

    def _wait_reached(self, recorder: Recorder, wanted: Mapping[Key, float]) -> None:
        missing = dict(wanted)

        def reached() -> bool:
            recorder.check()
            last = recorder.timeline.last
            for key in [key for key, value in missing.items() if last.get(key, 0.0) >= value]:
                del missing[key]
            return not missing

        try:
            wait_until(reached, what=f"the {recorder.name}", timeout=PATIENCE_SECONDS)
        except TimeoutError as error:
            error.add_note(f"missing: {missing}")
            raise

    def _resize(self) -> None:
        """Resize a pod of each node in place and wait until it is done."""
        client = self.cluster.client
        resources = {"containers": [{"name": "app", "resources": NEW_CPU}]}
        for pod in self._pods_of("resized"):
            path = client.resource("Pod").path(workloads.NAMESPACE, pod["metadata"]["name"], "resize")
            merging = {"content-type": "application/strategic-merge-patch+json"}
            client.request("PATCH", path, json={"spec": resources}, headers=merging)
        wait_until(
            lambda: all(map(_is_resized, self._pods_of("resized"))), what="the resizes", timeout=PATIENCE_SECONDS
        )

    def _restart_kubelets(self) -> None:
        before = self._lasting_containers()
        for recorder in self.raw.values():
            recorder.wait_read()
        self.cluster.restart_kubelets()
        for recorder in self.raw.values():
            recorder.wait_read()
        after = self._lasting_containers()
        self.kept = {node: (before[node], after[node]) for node in before}

    def _restart_exporter(self) -> None:
        """Restart it over something that happens while it is away."""
        stopped = time.monotonic()
        self.exporter.process.stop()
        restarts = self._restarts()
        wait_until(lambda: self._restarts() > restarts, what="a restart meanwhile", timeout=PATIENCE_SECONDS)
        with self.cluster.cgroup.entered():
            self.exporter.start()
        self.away = time.monotonic() - stopped

    def _restarts(self) -> float:
        return sum(value for key, value in self.api.timeline.last.items() if key.figure == "restarts")

    def _all_lasting_run(self) -> bool:
        """A pod's second container may start long after its first was throttled."""
        found = [status for name in LASTING for pod in self._pods_of(name) for status in statuses(pod)]
        wanted = LASTING_CONTAINERS * len(self.cluster.nodes)
        return len(found) == wanted and all("running" in status["state"] for status in found)

    def _lasting_containers(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {node: set() for node in self.cluster.nodes}
        for name in LASTING:
            for pod in self._pods_of(name):
                found[pod["spec"]["nodeName"]] |= {status["containerID"] for status in statuses(pod)}
        return found

    def _pods_of(self, name: str) -> list[Object]:
        labels = ",".join(f"{name}-{node}" for node in self.cluster.nodes)
        return self.cluster.client.objects("Pod", workloads.NAMESPACE, labelSelector=f"app in ({labels})")


def _is_resized(pod: Object) -> bool:
    (status,) = statuses(pod)
    pending = [row for row in pod["status"]["conditions"] if row["type"].startswith("PodResize")]
    resources = status.get("resources", {})
    return not pending and all(resources.get(side, {}).get("cpu") == cpu["cpu"] for side, cpu in NEW_CPU.items())
