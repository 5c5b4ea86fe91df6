"""The chart as its users install it: a namespace that enforces `restricted`, the image, a volume, and Helm."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.cgroups import accounting
from tests.e2e.cluster import PATIENCE_SECONDS, Cluster
from tests.e2e.exporter_image import write_exporter_image
from tests.real.chart import NAMESPACE, RELEASE, run, values_file
from tests.real.client import Object
from tests.real.exporter import Page
from tests.real.prometheus import ScrapeConfig
from tests.real.waiting import wait_until
from tools.chart_schema import CHART

NODE = "node-1"
IMAGE = "localhost/kube-headroom"
# `/opt` is the node's own, so that the volume goes with the cluster.
VOLUME = "headroom-state"
# What finds pods by the annotations of their Service, as docs/installation.md describes it.
DISCOVERY: Sequence[Object] = (
    {
        "action": "keep",
        "source_labels": ["__meta_kubernetes_service_annotation_prometheus_io_scrape"],
        "regex": "true",
    },
    {
        "source_labels": ["__meta_kubernetes_service_annotation_prometheus_io_path"],
        "target_label": "__metrics_path__",
    },
    {
        "source_labels": ["__address__", "__meta_kubernetes_service_annotation_prometheus_io_port"],
        "regex": r"([^:]+)(?::\d+)?;(\d+)",
        "replacement": "$1:$2",
        "target_label": "__address__",
    },
    {"target_label": "instance", "replacement": RELEASE},
)


class InstalledChart:
    """One release and its one pod, on the first node."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        """Bring the image, the namespace and a volume; nothing of the chart is installed."""
        self._cluster, self._folder = cluster, folder
        self.client = cluster.client
        version = next(line for line in (CHART / "Chart.yaml").read_text().splitlines() if "appVersion" in line)
        archive = cluster.folder / "exporter.tar"
        tag = f"{IMAGE}:{version.split()[1]}"
        self.image = write_exporter_image(archive, tag, folder / "image")
        cluster.own_node.import_image(archive)
        labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
        self.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}})
        self.volume = cluster.own_node.files.folder / "opt" / VOLUME
        self.volume.mkdir()
        self.client.create(_volume(f"/opt/{VOLUME}"))

    def helm(self, values: Mapping[str, Any]) -> None:
        """Install or upgrade and wait until everything is ready."""
        given = {
            "image": {"repository": IMAGE, "pullPolicy": "Never"},
            "nodeSelector": {"kubernetes.io/hostname": NODE},
            # Nothing routes a Service's address here, so the pod is told where the API server itself is.
            "env": [
                {"name": "KUBERNETES_SERVICE_HOST", "value": self._cluster.network.host},
                {"name": "KUBERNETES_SERVICE_PORT", "value": str(self._cluster.plane.site.api_port)},
            ],
            **values,
        }
        target = ("--namespace", NAMESPACE, "--kubeconfig", self._cluster.plane.kubeconfig())
        waiting = ("--wait", f"--timeout={PATIENCE_SECONDS}s", "--values", values_file(given, self._folder))
        done = run("helm", "upgrade", "--install", RELEASE, CHART, *target, *waiting)
        assert not done.returncode, f"{done.stderr}\n{json.dumps(self._pods(), indent=1)}"
        assert "would violate" not in done.stderr

    def pod(self) -> Object:
        """The one pod there is once those before it have gone."""
        wait_until(lambda: len(self._pods()) == 1, what="one pod", timeout=PATIENCE_SECONDS)
        return self._pods()[0]

    def page(self) -> Page:
        """The pod's page as a scrape gets it, by the pod's own address."""
        address = self.pod()["status"]["podIP"]
        return Page(httpx.get(f"http://{address}:9789/metrics", timeout=30).raise_for_status().text)

    def log(self) -> list[Object]:
        """What the pod has written so far."""
        return [json.loads(line.split(" ", 3)[3]) for line in self._cluster.own_node.pod_log(self.pod()).splitlines()]

    def processes(self) -> list[Path]:
        """The folders below /proc of the processes of the pod's container; the sandbox's is not among them."""
        uid = self.pod()["metadata"]["uid"]
        (status,) = self.pod()["status"]["containerStatuses"]
        container = status["containerID"].rpartition("/")[2]
        # Not a glob, which fails on what goes away meanwhile.
        folders = (Path(place) for place, _, _ in os.walk(accounting()[0] / self._cluster.cgroup.name))
        (folder,) = (folder for folder in folders if folder.parts[-2:] == (f"pod{uid}", container))
        return [Path("/proc", process) for process in (folder / "cgroup.procs").read_text().split()]

    def scrape_config(self) -> ScrapeConfig:
        """A job that finds the pod through the Service."""
        discovery = {
            "role": "endpointslice",
            "kubeconfig_file": str(self._cluster.plane.kubeconfig()),
            "namespaces": {"names": [NAMESPACE]},
        }
        return {
            "job_name": RELEASE,
            "honor_labels": True,
            "scrape_interval": "5s",
            "kubernetes_sd_configs": [discovery],
            "relabel_configs": list(DISCOVERY),
        }

    def _pods(self) -> list[Object]:
        return self.client.objects("Pod", NAMESPACE, labelSelector=f"app.kubernetes.io/instance={RELEASE}")


def _volume(path: str) -> Object:
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [NODE]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": VOLUME},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "local": {"path": path},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
        },
    }
