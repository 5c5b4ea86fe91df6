"""Owners that go before their pods leave no phantom workload behind and split no counter."""

import json
import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.real import manifests
from tests.real.client import CONCURRENT_REQUESTS, Client, RefusedError
from tests.real.control_plane import ControlPlane
from tests.real.exporter import Exporter
from tests.real.page_watch import PageWatch, all_of, none_but
from tests.real.waiting import wait_until

log = logging.getLogger(__name__)

DEPLOYMENTS = 60
REPLICAS = 2
RESTARTS = "headroom_workload_container_restarts_total"
ENDS = "headroom_workload_container_terminations_total"


@pytest.mark.parametrize("propagation", ["Background", "Foreground"])
def test_deployments_deleted_with_their_pods_crashing(
    propagation: str, control_plane: ControlPlane, namespace: str, exporter: Callable[..., Exporter]
) -> None:
    client, started = control_plane.client(), exporter(control_plane.kubeconfig())
    started.start()
    names = [f"web-{number:02}" for number in range(DEPLOYMENTS)]
    workloads = {f"Deployment/{name}" for name in names}
    with PageWatch(started, none_but(namespace, workloads)) as watch:
        deploy(client, namespace, names)
        wait_until(lambda: not all_of(namespace, workloads)(started.page()), what="all Deployments on the page")
        wait_until(
            lambda: (
                started.page().total("headroom_workload_replicas_ready", namespace=namespace) == DEPLOYMENTS * REPLICAS
            ),
            what="all pods to be ready",
        )
        crashes = Crashes(client, namespace)
        with crashes:
            with ThreadPoolExecutor(CONCURRENT_REQUESTS) as pool:
                list(
                    pool.map(lambda name: client.delete("Deployment", name, namespace, propagation=propagation), names)
                )
            wait_until(lambda: not client.objects("Pod", namespace), what="the pods to be gone")
        for kind in ("ReplicaSet", "Deployment"):
            wait_until(lambda kind=kind: not client.objects(kind, namespace), what=f"every {kind} to be gone")  # type: ignore[misc]
        wait_until(lambda: not started.page().workloads(namespace), what="an empty page")
        # The same name made again is the same workload: its counters go on and show what was counted.
        deploy(client, namespace, names)
        wait_until(lambda: not all_of(namespace, workloads)(started.page()), what="all Deployments again")
        reported = sum(crashes.told().values())
        assert reported > DEPLOYMENTS, "too few crashes fell into the deletion to prove anything"
        counted = dict.fromkeys(names, 0.0)

        def all_counted() -> bool:
            page = started.page()
            counted.update((name, page.total(RESTARTS, namespace=namespace, workload=name)) for name in names)
            return sum(counted.values()) >= reported

        wait_until(all_counted, what=f"{reported} crashes on the page")
    page = started.page()
    assert counted == crashes.told()
    assert page.total(ENDS, namespace=namespace, reason="Error") == reported
    assert page.series["headroom_pods_without_owner_total"] == 0
    log.info("%s: %d crashes counted, %d pages without a phantom", propagation, reported, watch.pages)


class Crashes:
    """While entered, every pod of the namespace crashes as fast as the server takes the news, until it is gone.

    A watch of our own is the truth: the server answers an update that comes with the end of a pod as if it
    had kept it, and tells nobody.
    """

    def __init__(self, client: Client, namespace: str) -> None:
        self._client = client
        self._namespace = namespace
        self._stop = threading.Event()
        self._reported: dict[str, int] = {}
        self._told: dict[str, int] = {}
        self._pool = ThreadPoolExecutor(CONCURRENT_REQUESTS)
        self._alive: set[str] = set()
        self._witness = threading.Thread(target=self._watch, daemon=True)

    def told(self) -> dict[str, int]:
        """The crashes of each Deployment that a watch brought."""
        found: dict[str, int] = {}
        for pod, times in self._told.items():
            name = pod.rsplit("-", 2)[0]
            found[name] = found.get(name, 0) + times
        return found

    def __enter__(self) -> None:
        """Begin with all pods that are there."""
        pods = [pod["metadata"]["name"] for pod in self._client.objects("Pod", self._namespace)]
        assert len(pods) == DEPLOYMENTS * REPLICAS
        self._alive.update(pods)
        self._witness.start()
        # Every pod once, so that none is gone before its turn; then on and on.
        list(self._pool.map(self._crash, pods))
        for some in range(CONCURRENT_REQUESTS):
            self._pool.submit(self._crash_for_ever, pods[some::CONCURRENT_REQUESTS])

    def __exit__(self, *_: object) -> None:
        """End when the requests under way are answered and the witness saw the end of every pod."""
        self._stop.set()
        self._pool.shutdown()
        self._witness.join()
        lost = sum(self._reported.values()) - sum(self._told.values())
        assert 0 <= lost <= DEPLOYMENTS * REPLICAS, "the watch of the test itself lost more than last words"

    def _watch(self) -> None:
        version = "0"
        # The server ends a watch that is not read at once; what came meanwhile it tells the next one.
        while self._alive:
            version = self._follow(version)

    def _follow(self, version: str) -> str:
        """Take what one watch tells and return the last resourceVersion that it told."""
        path = self._client.resource("Pod").path(self._namespace)
        parameters = {"watch": "true", "resourceVersion": version, "timeoutSeconds": "280"}
        with self._client.http.stream("GET", path, params=parameters) as response:
            for line in response.iter_lines():
                told = json.loads(line)
                assert told["type"] != "ERROR", told
                metadata, status = told["object"]["metadata"], told["object"]["status"]
                name, version = metadata["name"], metadata["resourceVersion"]
                if name not in self._alive:
                    # Made by a controller that did not know yet that its ReplicaSet is to go: none that crashes.
                    continue
                self._told[name] = max(one["restartCount"] for one in status["containerStatuses"])
                if told["type"] == "DELETED":
                    self._alive.remove(name)
                if not self._alive:
                    break
        return version

    def _crash_for_ever(self, pods: list[str]) -> None:
        while pods and not self._stop.is_set():
            pods = [pod for pod in pods if self._crash(pod)]

    def _crash(self, pod: str) -> bool:
        times = self._reported.get(pod, 0) + 1
        status = {"containerStatuses": [manifests.crashed(times)]}
        try:
            self._client.patch_status("Pod", pod, self._namespace, status=status)
        except RefusedError:
            return False
        self._reported[pod] = times
        return True


def deploy(client: Client, namespace: str, names: Iterable[str]) -> None:
    client.create_many(manifests.deployment(name, namespace, replicas=REPLICAS) for name in names)
