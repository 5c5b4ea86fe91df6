"""What is used now, and of how many containers that is known, as the kubelets' raw pages and the API server say it."""

import re
from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise
from math import isclose

from tests.e2e.kubelet_pages import Kubelet
from tests.e2e.story import LASTING, LASTING_CONTAINERS, Story
from tests.e2e.workloads import NAMESPACE, SPECS
from tests.real.exporter import labels_of
from tests.real.waiting import wait_until

ROW = re.compile(r"^(\w+(?:{.*})?) (\S+) \d+$", re.MULTILINE)
# An emulated kubelet's rows are up to 45 s old when they come, and stay for as long.
PATIENCE_SECONDS = 300

NODE_FIGURES = ("node_memory_working_set_bytes", "node_cpu_usage_seconds_total")
Values = dict[tuple[str, ...], float]


def raw_values(kubelets: Mapping[str, Kubelet]) -> Values:
    """Working sets of the lasting containers by workload and container, of the nodes, and the nodes' CPU seconds."""
    found: Values = {}
    for node, kubelet in kubelets.items():
        for series, value in ROW.findall(kubelet.page("/metrics/resource")):
            labels = labels_of(series)
            name = series.partition("{")[0]
            workload = f"{labels.get('pod', '').partition('-')[0]}-{node}"
            if name in NODE_FIGURES:
                found[name, node] = float(value)
            elif name == "container_memory_working_set_bytes" and workload.startswith(LASTING):
                found["working set", workload, labels["container"]] = float(value)
    return found


def our_values(story: Story) -> Values:
    """The same, from the exporter's page."""
    page = story.exporter.page()
    found: Values = {}
    for name in NODE_FIGURES:
        for series, value in page.matching(f"headroom_{name}").items():
            found[name, labels_of(series)["node"]] = value
    for series, value in page.matching("headroom_workload_memory_working_set_bytes", namespace=NAMESPACE).items():
        labels = labels_of(series)
        if labels["workload"].startswith(LASTING):
            found["working set", labels["workload"], labels["container"]] = value
    return found


def test_working_sets_and_the_nodes_usage_are_the_kubelets(
    story: Story, kubelets: dict[str, Kubelet], comparisons: list[str]
) -> None:
    """Every value is one that the raw page had meanwhile; of the nodes' CPU, which begins at 0 with us, a growth."""
    told: dict[tuple[str, ...], list[float]] = defaultdict(list)
    ours: dict[tuple[str, ...], list[float]] = defaultdict(list)
    agreed: set[tuple[str, ...]] = set()
    wanted = len(kubelets) * (len(NODE_FIGURES) + LASTING_CONTAINERS)

    def compare() -> bool:
        for seen, values in ((told, raw_values(kubelets)), (ours, our_values(story))):
            for key, value in values.items():
                if value not in seen[key]:
                    seen[key].append(value)
        agreed.update(key for key in told if _same(key, told[key], ours[key]))
        # A kubelet leaves out the rows that it cannot tell just now.
        return len(told) == wanted and agreed == told.keys()

    try:
        wait_until(compare, what="usage to be the raw pages'", timeout=PATIENCE_SECONDS)
    except TimeoutError as error:
        for key in told.keys() - agreed:
            error.add_note(f"{key}: the raw page said {told[key]}, we {ours[key]}")
        error.add_note(f"the raw pages said {len(told)} of {wanted} values")
        raise
    comparisons += ["exporter, now: the raw page's, then ours"]
    comparisons += [f"{' '.join(key):60} {told[key][-1]:15.1f} {ours[key][-1]:15.1f}" for key in sorted(told)]


def _same(key: tuple[str, ...], told: list[float], ours: list[float]) -> bool:
    if key[0] != "node_cpu_usage_seconds_total":
        return bool(ours) and ours[-1] in told
    grown = [after - before for before, after in pairwise(ours)]
    return any(isclose(late - early, one, abs_tol=1e-6) for late in told for early in told for one in grown if one)


def test_all_lasting_containers_are_expected_and_measured(story: Story, kubelets: dict[str, Kubelet]) -> None:
    running = {
        f"{name}-{node}": float(len(spec["containers"]))
        for name, spec in SPECS.items()
        if name in LASTING
        for node in kubelets
    }

    def covered() -> bool:
        page = story.exporter.page()
        counts = [
            {
                labels["workload"]: value
                for labels, value in (
                    (labels_of(series), value) for series, value in page.matching(metric, namespace=NAMESPACE).items()
                )
                if labels["workload"] in running
            }
            for metric in ("headroom_workload_containers_expected", "headroom_workload_containers_measured")
        ]
        return counts == [running, running]

    wait_until(covered, what="the lasting containers to be expected and measured", timeout=PATIENCE_SECONDS)
