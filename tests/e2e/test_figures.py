"""The kubelets' raw pages, and the exporter's, never say more than the kernel, and never less than it said a lag ago."""

import pytest

from tests.e2e.agreement import Allowance, beside, disagreements
from tests.e2e.figures import Timeline
from tests.e2e.story import Story

# A row is read every 10 to 20 s, up to 30 s when its cgroup is idle, and an emulated kubelet takes its time.
ROW_LAG = {"node-1": 30.0, "node-2": 45.0}
FIGURES = {
    "throttled time of pods": ("throttled_seconds",),
    "periods and throttled time of containers": (
        "container_periods",
        "container_throttled_periods",
        "container_throttled_seconds",
    ),
    "CPU": ("cpu_seconds",),
    "pressure": ("waiting_seconds", "stalled_seconds"),
}


def raw(story: Story, node: str) -> tuple[Timeline, Allowance]:
    return story.raw[node].timeline, Allowance(ROW_LAG[node])


SOURCES = {"raw pages": raw}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("node", ["node-1", "node-2"])
@pytest.mark.parametrize("figures", FIGURES)
def test_figures_follow_the_kernels(figures: str, node: str, source: str, story: Story, comparisons: list[str]) -> None:
    timeline, allowance = SOURCES[source](story, node)
    truth = story.kernels[node].timeline
    wrong = disagreements(timeline, truth, FIGURES[figures], allowance)
    comparisons += [
        f"{source}, {figures}, {node}: the kernel's, then theirs",
        *beside(timeline, truth, FIGURES[figures]),
    ]
    assert not wrong
