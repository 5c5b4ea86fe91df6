"""One cluster of two nodes and one story on it for all tests, and the figures beside the truth at the end."""

import ssl
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.cluster import Cluster, sweep
from tests.e2e.kubelet_pages import Kubelet
from tests.e2e.requirements import lacks
from tests.e2e.service_account import ServiceAccount, make_service_account
from tests.e2e.story import Story
from tests.real.exporter import Exporter

TIMEOUT_SECONDS = 2400
# On a busy machine two readings of the exporter's page were 10 s apart, and every newborn 0 has to be seen.
HOLD_SECONDS = 20
FLAGS = (
    f"--counter-hold={HOLD_SECONDS}s",
    *("--kubelet-resource-interval=10s", "--kubelet-cadvisor-interval=10s", "--kubelet-probes-interval=10s"),
    "--kubelet-request-timeout=25s",
)
COMPARISONS = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[COMPARISONS] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Allow the first test of the story all its time, and begin with the chart when everything of the story is told."""
    for item in items:
        item.add_marker(pytest.mark.timeout(TIMEOUT_SECONDS))
    items.sort(key=lambda item: item.path.stem == "test_chart")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in terminalreporter.config.stash[COMPARISONS]:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def own_cluster() -> Callable[..., Cluster]:
    """Prepare a cluster on a machine that can, rid of what clusters left that did not end well."""
    found = lacks()
    if found:
        pytest.fail("\n".join(f"this machine lacks {lack}" for lack in found), pytrace=False)
    sweep()
    return Cluster


@pytest.fixture(scope="session")
def cluster(own_cluster: Callable[..., Cluster], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Both nodes, Ready; do not end its processes."""
    started = own_cluster()
    try:
        started.start()
        yield started
    finally:
        try:
            started.keep_logs(tmp_path_factory.mktemp("cluster-logs"))
        finally:
            started.discard()


@pytest.fixture(scope="session")
def service_account(cluster: Cluster) -> ServiceAccount:
    return make_service_account(cluster.client, cluster.plane.site)


@pytest.fixture(scope="session")
def kubelets(cluster: Cluster, service_account: ServiceAccount) -> Iterator[dict[str, Kubelet]]:
    # No client's certificate: it would be asked for its rights instead of the account.
    tls = ssl.create_default_context(cafile=str(cluster.plane.site.authority.certificate))
    made = {name: Kubelet(node.files.address, tls, service_account.token) for name, node in cluster.nodes.items()}
    yield made
    for kubelet in made.values():
        kubelet.close()


@pytest.fixture(scope="session")
def story(
    cluster: Cluster,
    service_account: ServiceAccount,
    kubelets: dict[str, Kubelet],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Story]:
    """A story that has unfolded; the cluster and the exporter go on."""
    exporter = Exporter(tmp_path_factory.mktemp("exporter"), service_account.kubeconfig, FLAGS)
    try:
        with cluster.cgroup.entered():
            exporter.start()
        told = Story(cluster, exporter, kubelets)
        told.unfold()
        yield told
    finally:
        exporter.process.discard()


@pytest.fixture
def comparisons(request: pytest.FixtureRequest) -> list[str]:
    """Lines that are printed after the last test."""
    return request.config.stash[COMPARISONS]
