"""kube-state-metrics as a process, and its page with what its series say of who owns a pod."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

import httpx

from tests.real.cluster import Workload
from tests.real.components import answers
from tests.real.exporter import Page, labels_of
from tests.real.processes import Process, free_port
from tests.real.restarts import Container
from tests.real.shop import OWNER
from tools.build import program

COMPLAINT = re.compile("^[EWF][0-9]{4} |panic")
KINDS = {"Deployment": "spec_replicas", "StatefulSet": "replicas", "DaemonSet": "created", "CronJob": "created"}
"""Of each controller a series that every one of its objects has."""

Labels = Mapping[str, str]


class KubeStateMetrics:
    """One kube-state-metrics with all that it watches by default."""

    def __init__(self, folder: Path, kubeconfig: Path) -> None:
        """Prepare it in an existing folder; nothing is started."""
        port, telemetry = free_port(), free_port()
        self._url = f"http://127.0.0.1:{port}/metrics"
        self._own_url = f"http://127.0.0.1:{telemetry}/metrics"
        self.process = Process(
            (
                program("kube-state-metrics"),
                f"--kubeconfig={kubeconfig}",
                "--host=127.0.0.1",
                f"--port={port}",
                "--telemetry-host=127.0.0.1",
                f"--telemetry-port={telemetry}",
                f"--metric-annotations-allowlist=namespaces=[{OWNER}]",
            ),
            log=folder / "kube-state-metrics.log",
            ready=answers(f"http://127.0.0.1:{telemetry}/readyz"),
        )

    def page(self) -> PeerPage:
        """What it tells of the cluster."""
        return PeerPage(_text(self._url))

    def requests(self, verb: str) -> dict[tuple[str, str], float]:
        """Its lists or watches by Go type and result."""
        found = Page(_text(self._own_url)).matching(f"kube_state_metrics_{verb}_total")
        labels = {series: labels_of(series) for series in found}
        return {(labels[series]["resource"], labels[series]["result"]): value for series, value in found.items()}

    def stores(self) -> list[str]:
        """The resources that it says it watches."""
        told = re.search('activeStoreNames="([^"]+)"', self.process.log.read_text())
        assert told is not None, "it never said which stores are active"
        return told[1].split(",")

    def complaints(self) -> list[str]:
        """The warnings and errors of its log."""
        return [line for line in self.process.log.read_text().splitlines() if COMPLAINT.match(line)]


class PeerPage:
    """Its series by name, joined by pod and owner."""

    def __init__(self, text: str) -> None:
        self._by_name: dict[str, list[tuple[Labels, float]]] = defaultdict(list)
        for series, value in Page(text).series.items():
            self._by_name[series.partition("{")[0]].append((labels_of(series), value))

    def rows(self, *names: str, **wanted: str) -> Iterator[tuple[Labels, float]]:
        """The series of these names with these labels."""
        for name in names:
            yield from ((labels, value) for labels, value in self._by_name[name] if wanted.items() <= labels.items())

    def having(self, *names: str, **wanted: str) -> Iterator[Labels]:
        """The labels of those that are 1."""
        return (labels for labels, value in self.rows(*names, **wanted) if value == 1)

    @cached_property
    def owners(self) -> dict[str, Workload]:
        """The workload of each pod, by uid: the join that a query has to make."""
        climbed = {
            ("ReplicaSet", labels["namespace"], labels["replicaset"]): labels
            for labels in self.having("kube_replicaset_owner")
        } | {("Job", labels["namespace"], labels["job_name"]): labels for labels in self.having("kube_job_owner")}
        found = {}
        for labels in self.having("kube_pod_owner"):
            place = (labels["owner_kind"], labels["namespace"], labels["owner_name"])
            found[labels["uid"]] = _workload(labels, climbed.get(place, {}))
        return found

    @cached_property
    def jobs(self) -> dict[tuple[str, str], Workload]:
        """The workload of each Job, by namespace and name."""
        return {
            (labels["namespace"], labels["job_name"]): (
                labels["namespace"],
                labels["owner_kind"] or "Job",
                labels["owner_name"] or labels["job_name"],
            )
            for labels in self.having("kube_job_owner")
        }

    @cached_property
    def workloads(self) -> dict[Workload, None]:
        """Everything that has a controller, a Job or a pod."""
        controllers = [
            (labels["namespace"], kind, labels[kind.lower()])
            for kind, series in KINDS.items()
            for labels, _ in self.rows(f"kube_{kind.lower()}_{series}")
        ]
        return dict.fromkeys([*controllers, *self.jobs.values(), *self.owners.values()])

    @cached_property
    def placed(self) -> dict[str, str]:
        """The node of each pod that holds room on one, by uid."""
        over = {
            labels["uid"]
            for phase in ("Succeeded", "Failed")
            for labels in self.having("kube_pod_status_phase", phase=phase)
        }
        found = {labels["uid"]: labels["node"] for labels, _ in self.rows("kube_pod_info")}
        return {uid: node for uid, node in found.items() if node and uid not in over}

    @cached_property
    def restarts(self) -> dict[Container, int]:
        """The restarts of each container that there is."""
        rows = self.rows("kube_pod_container_status_restarts_total", "kube_pod_init_container_status_restarts_total")
        return {(self.owners[one["uid"]], one["uid"], one["container"]): int(value) for one, value in rows}

    def sums(
        self, labels: Callable[[Labels], tuple[str, ...]], rows: Iterator[tuple[Labels, float]]
    ) -> dict[tuple[str, ...], float]:
        """Add up series of pods by their workload and further labels."""
        total: dict[tuple[str, ...], float] = defaultdict(float)
        for one, value in rows:
            total[*self.owners[one["uid"]], *labels(one)] += value
        return total


def _workload(pod: Labels, climbed: Labels) -> Workload:
    kind = climbed.get("owner_kind") or pod["owner_kind"]
    name = climbed.get("owner_name") or pod["owner_name"]
    if kind in ("", "Node"):
        return pod["namespace"], "StaticPod" if kind else "Pod", pod["pod"]
    return pod["namespace"], kind, name


def _text(url: str) -> str:
    return httpx.get(url, timeout=30).raise_for_status().text
