"""A thousand relists forced by histories that are gone, under churn: every page shows every live object."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.real import manifests
from tests.real.client import Client
from tests.real.conftest import wait_for_service_account
from tests.real.control_plane import ControlPlane
from tests.real.exporter import Exporter, Page
from tests.real.page_watch import PageWatch
from tests.real.processes import start_together
from tests.real.proxy import Proxy
from tests.real.waiting import wait_until

log = logging.getLogger(__name__)

# A source backs off after each 410 (client-go's numbers): a thousand relists in half a minute take many sources.
EXPORTERS = 2
NAMESPACES = 10  # no more are read one by one
DEPLOYMENTS = 16  # in each namespace, beside the one that comes and goes
RELISTS = 1000
LISTS = "headroom_source_lists_total"
RESTARTS = "headroom_workload_container_restarts_total"


@pytest.fixture
def proxy(own_control_plane: ControlPlane) -> Iterator[Proxy]:
    made = Proxy(own_control_plane.site)
    yield made
    made.close()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "streaming", [pytest.param("off", id="lists in pages"), pytest.param("auto", id="streamed lists")]
)
def test_no_page_of_a_thousand_relists_is_partial(
    streaming: str, own_control_plane: ControlPlane, proxy: Proxy, exporter: Callable[..., Exporter], tmp_path: Path
) -> None:
    client = own_control_plane.client()
    namespaces = [f"shop-{number:02}" for number in range(NAMESPACES)]
    own_control_plane.add_fake_nodes("node-1", "node-2")
    steady = fill(client, namespaces)
    flags = (f"--watch-list={streaming}", f"--namespaces={','.join(namespaces)}")
    kubeconfig = proxy.kubeconfig(tmp_path / "proxy.kubeconfig")
    exporters = [exporter(kubeconfig, *flags) for _ in range(EXPORTERS)]
    start_together(one.process for one in exporters)
    claims = [Whole(steady) for _ in exporters]
    for one, whole in zip(exporters, claims, strict=True):
        wait_until(partial(shown, one, whole), what="the first whole page")
    told = 0

    def relisted() -> bool:
        nonlocal told
        told += proxy.expire()
        return sum(whole.relists for whole in claims) >= RELISTS

    with ExitStack() as stack:
        churn = stack.enter_context(Churn(client, namespaces))
        watches = [stack.enter_context(PageWatch(*pair)) for pair in zip(exporters, claims, strict=True)]
        wait_until(relisted, what=f"{RELISTS} relists", timeout=300)
    assert told >= RELISTS
    for one in exporters:
        wait_until(partial(counted, one, churn.crashes), what="all crashes to be counted")
        page = one.page()
        assert page.total(RESTARTS) == churn.crashes
        assert page.total("headroom_objects_skipped_total") == 0
        assert page.total("headroom_source_listed") == len(page.matching("headroom_source_listed"))
    log.info(
        "%s: %g relists, %d pages whole, %d crashes counted once, %d Deployments came and went",
        streaming,
        sum(whole.relists for whole in claims),
        sum(watch.pages for watch in watches),
        churn.crashes,
        churn.rounds,
    )


def shown(exporter: Exporter, whole: "Whole") -> bool:
    return not whole(exporter.page())


def counted(exporter: Exporter, crashes: int) -> bool:
    return exporter.page().total(RESTARTS) >= crashes


def fill(client: Client, namespaces: list[str]) -> set[tuple[str, str]]:
    """Run the steady Deployments; their namespaces and names."""
    client.create_many(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}} for namespace in namespaces
    )
    for namespace in namespaces:
        wait_for_service_account(client, namespace)
    steady = {(namespace, f"web-{number:02}") for namespace in namespaces for number in range(DEPLOYMENTS)}
    client.create_many(manifests.deployment(name, namespace) for namespace, name in sorted(steady))
    wait_until(
        lambda: sum(pod["status"]["phase"] == "Running" for pod in client.objects("Pod")) == len(steady),
        what="all pods to run",
        timeout=240,
    )
    return steady


class Whole:
    """The claim that a page has every Deployment that lives all the time, and its pod; keeps the relists it read of."""

    def __init__(self, steady: set[tuple[str, str]]) -> None:
        self.relists = 0.0
        labels = (f'namespace="{space}",workload_kind="Deployment",workload="{name}"' for space, name in steady)
        self._lines = {
            line
            for label in labels
            for line in (
                f'headroom_workload_info{{{label},owner=""}} 1',
                f'headroom_workload_pods{{{label},phase="Running"}} 1',
            )
        }

    def __call__(self, page: Page) -> str:
        lines = page.text.splitlines()
        expired = [line for line in lines if line.startswith(LISTS) and 'reason="expired"' in line]
        self.relists = sum(float(line.rpartition(" ")[2]) for line in expired)
        lacking = self._lines.difference(lines)
        return f"{len(lacking)} of {len(self._lines)} lines are missing, such as {min(lacking)}" if lacking else ""


class Churn:
    """While entered, pods crash and Deployments come and go in every namespace."""

    def __init__(self, client: Client, namespaces: list[str]) -> None:
        self.crashes = 0
        self.rounds = 0
        self._client = client
        self._namespaces = namespaces
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="churn")
        self._failure: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        if self._failure and not error:
            raise self._failure

    def _run(self) -> None:
        times = 0
        pods = {pod["metadata"]["namespace"]: pod["metadata"]["name"] for pod in self._client.objects("Pod")}
        try:
            while not self._stop.is_set():
                times += 1
                for namespace in self._namespaces:
                    self._client.patch_status(
                        "Pod", pods[namespace], namespace, status={"containerStatuses": [manifests.crashed(times)]}
                    )
                    self.crashes += 1
                    self._client.create(manifests.deployment("passing", namespace, replicas=0))
                    self._client.delete("Deployment", "passing", namespace)
                    self.rounds += 1
        except BaseException as failure:  # noqa: BLE001  (raised again where the test sees it)
            self._failure = failure
