"""The stage of the real tests: one control plane for all, a namespace for each, and throw-aways."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from kube_headroom.simulator.composition import PAST_SECONDS
from tests.real.client import Client
from tests.real.control_plane import ControlPlane
from tests.real.exporter import Exporter
from tests.real.prometheus import Prometheus, ScrapeConfig
from tests.real.stages import RealStage, SimulatedStage, Stage, simulated
from tests.real.waiting import wait_until

# The first test of a session waits for the whole control plane as well.
TIMEOUT_SECONDS = 300
# A Tuesday's morning: what the simulated shop does then is the same in every run.
SIMULATED_START = 1_773_136_800.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Allow the tests of this folder more time than the Python-only ones."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(TIMEOUT_SECONDS))


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """The control plane that the tests of a session share, with three fake nodes; do not kill
    its processes, take `own_control_plane` for that.
    """
    plane = ControlPlane(tmp_path_factory.mktemp("control-plane"))
    try:
        plane.start()
        plane.add_fake_nodes("node-1", "node-2", "node-3")
        yield plane
    finally:
        plane.discard()


@pytest.fixture
def own_control_plane(tmp_path: Path) -> Iterator[ControlPlane]:
    """A started control plane of the test's own, without nodes, to kill and restart at will."""
    folder = tmp_path / "control-plane"
    folder.mkdir()
    plane = ControlPlane(folder)
    try:
        plane.start()
        yield plane
    finally:
        plane.discard()


STAGES = ("on the real API server", "on the simulator")


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    """A cluster of the test's own: real and simulated in turn."""
    if request.param == STAGES[0]:
        yield RealStage(request.getfixturevalue("own_control_plane"))
        return
    world, simulation = simulated()
    with simulation:
        stage = SimulatedStage(world, simulation, tmp_path)
        yield stage
        stage.client.close()


@pytest.fixture(scope="module", params=STAGES)
def populated_stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A cluster of the module's own that is full of life: real and simulated in turn."""
    folder = tmp_path_factory.mktemp("stage")
    if request.param == STAGES[0]:
        plane = ControlPlane(folder)
        try:
            plane.start()
            stage: Stage = RealStage(plane)
            stage.populate()
            yield stage
        finally:
            plane.discard()
        return
    world, simulation = simulated(12, start=SIMULATED_START, past=PAST_SECONDS)
    with simulation:
        stage = SimulatedStage(world, simulation, folder)
        stage.populate()
        yield stage
        stage.client.close()


@pytest.fixture
def namespace(request: pytest.FixtureRequest, control_plane: ControlPlane) -> Iterator[str]:
    """A namespace of the test's own in the shared control plane, ready to take pods; it goes
    when the test ends, without waiting for it.
    """
    words = re.sub("[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    metadata = {"generateName": f"{words[:40].rstrip('-')}-"}
    client = control_plane.client()
    made = client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    name: str = made["metadata"]["name"]
    wait_for_service_account(client, name)
    yield name
    client.delete("Namespace", name)


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[Callable[[Sequence[ScrapeConfig]], Prometheus]]:
    """Start a Prometheus with the given scrape configurations; it ends with the test."""
    started: list[Prometheus] = []

    def start(scrape_configs: Sequence[ScrapeConfig]) -> Prometheus:
        folder = tmp_path / f"prometheus-{len(started)}"
        folder.mkdir()
        server = Prometheus(folder, scrape_configs)
        started.append(server)
        server.process.start()
        return server

    yield start
    for server in started:
        server.process.discard()


def wait_for_service_account(client: Client, namespace: str) -> None:
    """Wait for a new namespace's default ServiceAccount: bare pods are refused before it."""
    wait_until(
        lambda: client.exists("ServiceAccount", "default", namespace),
        what=f"the default ServiceAccount of {namespace}",
    )


@pytest.fixture
def exporter(tmp_path: Path) -> Iterator[Callable[..., Exporter]]:
    """Prepare an exporter: `exporter(kubeconfig, *flags)`; it is not started, and ends with the test."""
    prepared: list[Exporter] = []

    def prepare(kubeconfig: Path, *flags: str) -> Exporter:
        folder = tmp_path / f"exporter-{len(prepared)}"
        folder.mkdir()
        prepared.append(Exporter(folder, kubeconfig, flags))
        return prepared[-1]

    yield prepare
    for one in prepared:
        one.process.discard()
