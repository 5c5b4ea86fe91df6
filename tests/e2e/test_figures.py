"""The kubelets' raw pages, and the exporter's page, never say more than the kernel, nor less than it said a lag ago."""

from collections.abc import Callable

import pytest

from tests.e2e.agreement import Allowance, beside, disagreements
from tests.e2e.cgroups import is_unified
from tests.e2e.conftest import HOLD_SECONDS
from tests.e2e.figures import Key, Timeline
from tests.e2e.story import LASTING, Story

NODES = ("node-1", "node-2")
# A row is read every 10 to 20 s, up to 30 s when its cgroup is idle, and an emulated kubelet takes its time.
ROW_LAG = {"node-1": 30.0, "node-2": 45.0}
# Its interval in these tests, a request that waits, and the time until a new counter was seen at 0; of an emulated
# kubelet's pages, one that took too long before, too.
EXPORTER_LAG = {"node-1": HOLD_SECONDS + 35.0, "node-2": HOLD_SECONDS + 70.0}
FIGURES = {
    "throttled time of pods": ("throttled_seconds",),
    "periods and throttled time of containers": (
        "container_periods",
        "container_throttled_periods",
        "container_throttled_seconds",
    ),
    "CPU": ("cpu_seconds", "container_cpu_seconds"),
    "pressure": ("waiting_seconds", "stalled_seconds"),
}
PROBES = ("probes", "probe_failures")


def raw(story: Story, node: str) -> tuple[Timeline, float]:
    """The node's raw pages and how far they may be behind."""
    return story.raw[node].timeline, ROW_LAG[node]


def exporter(story: Story, node: str) -> tuple[Timeline, float]:
    """The exporter's page, over all its lives, and how far it may be behind."""
    return story.exported.timeline, ROW_LAG[node] + EXPORTER_LAG[node] + story.away


SOURCES: dict[str, Callable[[Story, str], tuple[Timeline, float]]] = {"raw pages": raw, "exporter": exporter}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize("figures", FIGURES)
def test_figures_follow_the_kernel(figures: str, node: str, source: str, story: Story, comparisons: list[str]) -> None:
    timeline, lag = SOURCES[source](story, node)
    truth = story.kernels[node].timeline
    names = FIGURES[figures]
    # The containers' CPU leaves out that of the sandbox.
    sandboxes = {
        key: value - _of_containers(truth, key.workload)
        for key, value in truth.last.items()
        if key.figure == "cpu_seconds"
    }
    unseen = story.pages.unseen() if source == "exporter" else {}
    behind = {key: sandboxes.get(key, 0.0) + unseen.get(key, 0.0) for key in truth.last}
    comparisons += [f"{source}, {figures}, {node}: the kernel's, then theirs", *beside(timeline, truth, names)]
    # What a container did between the last reading and its end is known to none of both.
    assert not disagreements(timeline, truth, names, Allowance(lag, behind=behind), workloads=LASTING)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("node", NODES)
def test_probes_are_those_that_the_programs_noted(node: str, source: str, story: Story, comparisons: list[str]) -> None:
    timeline, lag = SOURCES[source](story, node)
    truth = story.kernels[node].timeline
    # Each restart of the container may cut one short, or meet a port that nobody listens on yet.
    restarts = story.api.timeline.last[Key(f"unlively-{node}", "restarts", "app")]
    missed = {Key(f"unready-{node}", figure, "readiness"): lag / 3 for figure in PROBES}
    unsure = {Key(f"unlively-{node}", figure, "liveness"): restarts for figure in PROBES}
    allowance = Allowance(lag, behind=missed | {key: count + lag / 4 for key, count in unsure.items()}, ahead=unsure)
    comparisons += [f"{source}, probes, {node}: as noted, then theirs", *beside(timeline, truth, PROBES)]
    assert not disagreements(timeline, truth, PROBES, allowance)
    assert truth.last[Key(f"unready-{node}", "probe_failures", "readiness")] > 5


@pytest.mark.parametrize(("node", "moves"), [("node-1", False), ("node-2", True)], ids=["cgroup v1", "cgroup v2"])
def test_pressure_moves_where_the_kernel_has_it(node: str, moves: bool, story: Story) -> None:
    sources = (story.kernels[node].timeline, story.raw[node].timeline)
    key = Key(f"burner-{node}", "waiting_seconds", "cpu")
    assert {timeline.last.get(key, 0.0) > 1 for timeline in sources} == {moves or is_unified()}


def _of_containers(truth: Timeline, workload: str) -> float:
    return sum(value for key, value in truth.last.items() if key[:2] == (workload, "container_cpu_seconds"))
