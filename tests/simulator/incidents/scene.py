"""A simulated shop with an incident, and what can be seen of it: objects, events, kubelet pages, requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from kube_headroom.simulator.composition import build
from kube_headroom.simulator.incidents.board import Incidents
from kube_headroom.simulator.kubelet.housekeeping import Housekeepings
from kube_headroom.simulator.kubelet.pages import cadvisor, probes
from kube_headroom.simulator.kubelet.pages.view import View
from kube_headroom.simulator.request_metrics import RequestMetrics
from kube_headroom.simulator.store import moment
from kube_headroom.simulator.world import World

START = 1_780_000_000.0
"""A Thursday evening, UTC, with three quarters of the week's peak."""
LOOK_SECONDS = 5.0
PAGES = {"/metrics/cadvisor": cadvisor.page, "/metrics/probes": probes.page}


class Scene:
    """One world; `incidents` is its board."""

    def __init__(self, **options: Any) -> None:
        self.world: World = build(seed=7, start=START, past=0, **options)
        self.incidents = self.world.part(Incidents)

    def becomes(self, condition: Callable[[Scene], bool], *, minutes: float) -> bool:
        """Let time pass until the condition holds; False when it never did."""
        end = self.world.now + minutes * 60
        while not condition(self):
            if self.world.now >= end:
                return False
            self.world.advance(self.world.now + LOOK_SECONDS)
        return True

    def object(self, resource: str, name: str) -> dict[str, Any]:
        namespace, _, last = name.rpartition("/")
        found = self.world.store.get(resource, namespace, last)
        assert found is not None, name
        return found

    def moment(self, text: str) -> float:
        """Unix seconds of a time as the API writes it."""
        return moment(text)

    def condition(self, resource: str, name: str, type_: str) -> tuple[str, str]:
        """Status and reason of a condition, empty where there is none."""
        for found in self.object(resource, name).get("status", {}).get("conditions", ()):
            if found["type"] == type_:
                return found["status"], found.get("reason", "")
        return "", ""

    def events(self, namespace: str) -> Counter[str]:
        """How often each reason was recorded in a namespace."""
        counted: Counter[str] = Counter()
        for event in self.world.store.all("events", namespace):
            counted[event["reason"]] += event["count"]
        return counted

    def pods(self, workload: str) -> list[dict[str, Any]]:
        namespace, _, name = workload.partition("/")
        return [
            pod
            for pod in self.world.store.all("pods", namespace)
            if pod["metadata"].get("labels", {}).get("app.kubernetes.io/name") == name
        ]

    def statuses(self, workload: str) -> Iterator[dict[str, Any]]:
        """The statuses of the main containers."""
        for pod in self.pods(workload):
            main = pod["spec"]["containers"][0]["name"]
            yield from (each for each in pod["status"].get("containerStatuses", ()) if each["name"] == main)

    def waiting(self, workload: str) -> Counter[str]:
        """The reasons that main containers wait for."""
        return Counter(
            each["state"]["waiting"]["reason"] for each in self.statuses(workload) if "waiting" in each["state"]
        )

    def ended(self, workload: str) -> Counter[str]:
        """The reasons that main containers ended last with."""
        return Counter(
            state["terminated"]["reason"]
            for each in self.statuses(workload)
            for state in (each["state"], each.get("lastState", {}))
            if "terminated" in state
        )

    def restarts(self, workload: str) -> int:
        return sum(each["restartCount"] for each in self.statuses(workload))

    def ready(self, workload: str) -> int:
        return sum(each["ready"] for each in self.statuses(workload))

    def rows(self, path: str, family: str, workload: str) -> list[Sample]:
        """The rows of a family about the workload's pods, from the pages of the nodes they are on."""
        pods = self.pods(workload)
        uids = {pod["metadata"]["uid"] for pod in pods}
        names = {pod["metadata"]["name"] for pod in pods}
        found = []
        for node in dict.fromkeys(pod["spec"].get("nodeName") for pod in pods):
            if node:
                found += [
                    sample
                    for sample in self.page(node, path, family)
                    if (sample.labels.get("pod_uid") in uids or sample.labels.get("pod") in names)
                ]
        return found

    def page(self, node: str, path: str, family: str) -> list[Sample]:
        """The rows of one family on a page; parsing all of it costs a hundred times as much."""
        view = View(
            machine=self.world.machines[node],
            housekeeping=self.world.part(Housekeepings).on(node),
            now=self.world.now,
            kubernetes=self.world.kubernetes,
        )
        text = "".join(line for line in PAGES[path](view).splitlines(keepends=True) if line.startswith(f"{family}{{"))
        return [sample for parsed in text_string_to_metric_families(text) for sample in parsed.samples]

    def requests(self, workload: str) -> tuple[float, float]:
        """Requests that the service answered so far, and those with a server error."""
        namespace, _, name = workload.partition("/")
        text = self.world.part(RequestMetrics).page().decode()
        answered = [
            sample
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == "http_requests_total"
            and (sample.labels["namespace"], sample.labels["service"]) == (namespace, name)
        ]
        failed = [sample.value for sample in answered if sample.labels["code"].startswith("5")]
        return sum(sample.value for sample in answered), sum(failed)
