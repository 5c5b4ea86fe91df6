"""A kubelet's raw pages, read as the exporter's ServiceAccount may, and what they say per workload."""

import re
import ssl
from collections import defaultdict
from collections.abc import Iterator

import httpx

from tests.e2e.figures import Cgroups, Increases, Key, Pods
from tests.e2e.kernel import Cgroup, Figures
from tests.real.exporter import labels_of

KUBELET_PORT = 10250
ROWS = {
    "container_cpu_usage_seconds_total": "cpu_seconds",
    "container_cpu_cfs_periods_total": "periods",
    "container_cpu_cfs_throttled_periods_total": "throttled_periods",
    "container_cpu_cfs_throttled_seconds_total": "throttled_seconds",
    **{
        f"container_pressure_{resource}_{kind}_seconds_total": f"{resource}_{kind}_seconds"
        for resource in ("cpu", "memory", "io")
        for kind in ("waiting", "stalled")
    },
}
ID = re.compile(r"/pod([0-9a-f-]{36})(?:/([0-9a-f]{64}))?$")
PROBE_RESULTS = ("successful", "failed")


class Kubelet:
    """The pages of one node."""

    def __init__(self, address: str, tls: ssl.SSLContext, token: str) -> None:
        self._http = httpx.Client(
            base_url=f"https://{address}:{KUBELET_PORT}",
            verify=tls,
            headers={"authorization": f"Bearer {token}"},
            timeout=60,  # an emulated kubelet's page
        )

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def page(self, path: str) -> str:
        """A page as text; httpx.HTTPStatusError if the kubelet refuses it."""
        return self._http.get(path).raise_for_status().text

    def status(self, path: str) -> int:
        """The status that the kubelet answers with."""
        return self._http.get(path).status_code


class RawPages:
    """What the raw pages of a kubelet say of its workloads since the first reading."""

    def __init__(self, kubelet: Kubelet, pods: Pods) -> None:
        self._kubelet, self._pods = kubelet, pods
        self._cgroups, self._probes = Cgroups(pods), Increases()

    def read(self) -> dict[Key, float]:
        """Ask for the pages now."""
        self._cgroups.take(cgroup_rows(self._kubelet.page("/metrics/cadvisor")))
        self._probes.take(dict(_rows(self._kubelet.page("/metrics/probes"), "prober_probe_total")), born_at_zero=True)
        return self._cgroups.workloads() | self._probe_figures()

    def _probe_figures(self) -> dict[Key, float]:
        sums: dict[Key, float] = defaultdict(float)
        for series, value in self._probes.totals.items():
            labels = labels_of(series)
            workload = self._pods.workloads.get(labels["pod_uid"])
            if workload and labels["result"] in PROBE_RESULTS:
                kind = labels["probe_type"].lower()
                sums[Key(workload, "probes", kind)] += value
                if labels["result"] == "failed":
                    sums[Key(workload, "probe_failures", kind)] += value
        return dict(sums)


def cgroup_rows(page: str) -> dict[Cgroup, Figures]:
    """The figures of each cgroup of a pod or a container on a page `/metrics/cadvisor`."""
    found: dict[Cgroup, Figures] = defaultdict(dict)
    for name, figure in ROWS.items():
        for series, value in _rows(page, name):
            labels = labels_of(series)
            place = ID.search(labels["id"])
            if place and labels.get("cpu", "total") == "total":
                found[place[1], place[2] or ""][figure] = value
    return dict(found)


def _rows(page: str, name: str) -> Iterator[tuple[str, float]]:
    for found in re.finditer(rf"^({name}{{.*}}) (\S+)(?: \d+)?$", page, re.MULTILINE):
        yield found[1], float(found[2])
