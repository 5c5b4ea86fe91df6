"""What the exporter counts and charges on real kubelets is what the API server, the kernel and the scheduler say."""

from collections.abc import Mapping

import pytest

from tests.e2e.agreement import Allowance, beside, disagreements
from tests.e2e.conftest import HOLD_SECONDS
from tests.e2e.figures import Key
from tests.e2e.story import Story
from tests.e2e.workloads import NAMESPACE
from tests.real.charges import Charges, different, our_charges, scheduler_charges
from tests.real.waiting import wait_until

COUNTS = ("restarts", "evictions", "jobs_finished", "jobs_failed", "ends OOMKilled", "ends Error", "ends Completed")
# What happened while it was away is told when a new counter was seen at 0 for long enough.
LAG = HOLD_SECONDS + 15.0
# Something happens all the time, and an emulated machine takes seconds to tell of it.
PATIENCE_SECONDS = 240


def test_no_counter_fell_while_its_process_was_the_same(story: Story) -> None:
    assert not story.pages.fallen
    assert len(story.exported.timeline.readings) > 30


def test_every_counter_of_events_is_born_at_zero(story: Story) -> None:
    """What flows is not held at 0 (docs/decisions/0005): it begins with what its first rows hold."""
    assert not story.pages.born_above_zero()
    assert story.pages.unseen()


def test_no_count_is_ever_ahead_of_the_api_or_far_behind(story: Story, comparisons: list[str]) -> None:
    ours, truth = story.exported.timeline, story.api.timeline
    comparisons += ["exporter, counts: the API's, then ours", *beside(ours, truth, COUNTS)]
    assert not disagreements(ours, truth, COUNTS, Allowance(LAG + story.away))


def test_in_the_end_every_count_is_the_apis(story: Story) -> None:
    seen: dict[str, Mapping[Key, float]] = {}

    def agreed() -> bool:
        before, ours, after = (_counts(source.read()) for source in (story.api, story.exported, story.api))
        seen.update(ours=ours, truth=after)
        return before == ours == after

    try:
        wait_until(agreed, what="the counts to agree", timeout=PATIENCE_SECONDS)
    except TimeoutError as error:
        error.add_note(str(seen))
        raise
    assert sum(seen["truth"].values()) > 20


@pytest.mark.parametrize("node", ["node-1", "node-2"])
def test_oom_kills_are_those_in_the_kernels_log(node: str, story: Story, comparisons: list[str]) -> None:
    figures = ("ends OOMKilled",)

    def agreed() -> bool:
        # Else the kernel kills containers whose names nobody has learned since the story's end.
        story.api.read()
        before, ours, after = (
            {
                key: value
                for key, value in source.read().items()
                if key.figure in figures and key.workload.endswith(node)
            }
            for source in (story.kernels[node], story.exported, story.kernels[node])
        )
        return before == after == {key: value for key, value in ours.items() if value}

    wait_until(agreed, what="the kernel's OOM kills and ours to agree", timeout=PATIENCE_SECONDS)
    ours, truth = story.exported.timeline, story.kernels[node].timeline
    comparisons += [f"exporter, OOM kills, {node}: the kernel's, then ours", *beside(ours, truth, figures)]
    assert sum(value for key, value in truth.last.items() if key.figure in figures) >= 2


def test_workloads_are_charged_what_the_scheduler_says(story: Story, comparisons: list[str]) -> None:
    seen: dict[str, Charges] = {}

    def agreed() -> bool:
        objects = story.cluster.client.objects("Pod", NAMESPACE)
        pods = {pod["metadata"]["name"]: pod["metadata"]["labels"]["app"] for pod in objects}
        page = story.cluster.plane.scheduler_page("/metrics/resources")
        seen.update(ours=our_charges(story.exporter.page(), NAMESPACE), theirs=scheduler_charges(page, pods, NAMESPACE))
        return bool(pods) and not different(**seen)

    wait_until(agreed, what="our charges and the scheduler's to agree", timeout=PATIENCE_SECONDS)
    requested = {key[3]: value for key, value in seen["ours"].items() if key[:3] == ("request", "cpu", True)}
    assert {name: requested[name] for name in ("resized-node-1", "resized-node-2", "sidecar-node-1")} == {
        "resized-node-1": 0.045,
        "resized-node-2": 0.045,
        "sidecar-node-1": pytest.approx(0.1),
    }
    comparisons.append(f"exporter, charges: {len(seen['ours'])} sums are the scheduler's")


def _counts(values: Mapping[Key, float]) -> dict[Key, float]:
    return {key: value for key, value in values.items() if key.figure in COUNTS and value}
