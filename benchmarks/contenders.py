"""Who is measured and how each is started."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from benchmarks.workloads import OWNER
from tests.real.components import answers
from tests.real.control_plane import ControlPlane
from tests.real.processes import Process, free_port
from tests.real.site import TOKEN_USER, TOKENS, Site
from tests.real.waiting import wait_until
from tools.build import program

ROOT = Path(__file__).resolve().parent.parent

RESOURCES = (
    "cronjobs daemonsets deployments horizontalpodautoscalers jobs limitranges namespaces nodes persistentvolumeclaims"
    " poddisruptionbudgets pods replicasets resourcequotas statefulsets"
)
# What an operator has to keep of kube-state-metrics to ask what Headroom answers from the API.
FAMILIES = (
    "kube_pod_info kube_pod_owner kube_pod_status_phase kube_pod_status_ready kube_pod_status_unschedulable"
    " kube_pod_container_status_restarts_total kube_pod_container_status_last_terminated_reason"
    " kube_pod_container_status_waiting_reason kube_pod_init_container_status_restarts_total"
    " kube_pod_init_container_status_last_terminated_reason kube_pod_init_container_status_waiting_reason"
    " kube_pod_status_reason kube_pod_container_resource_requests"
    " kube_pod_container_resource_limits kube_pod_init_container_resource_requests"
    " kube_pod_init_container_resource_limits kube_pod_overhead_.* kube_replicaset_owner"
    " kube_deployment_annotations kube_deployment_spec_replicas kube_deployment_status_replicas_ready"
    " kube_deployment_status_replicas_available kube_deployment_status_replicas_updated"
    " kube_deployment_status_condition kube_statefulset_replicas kube_statefulset_status_replicas_.*"
    " kube_daemonset_status_.* kube_job_owner kube_job_status_active kube_job_complete kube_job_failed"
    " kube_cronjob_spec_suspend kube_cronjob_status_.* kube_horizontalpodautoscaler_info"
    " kube_horizontalpodautoscaler_spec_.*_replicas kube_horizontalpodautoscaler_status_.*"
    " kube_poddisruptionbudget_status_.* kube_resourcequota kube_limitrange kube_persistentvolumeclaim_status_phase"
    " kube_persistentvolumeclaim_resource_requests_storage_bytes kube_namespace_annotations kube_node_info"
    " kube_node_labels kube_node_status_allocatable kube_node_status_condition kube_node_spec_unschedulable"
)
TUNED = (
    f"--resources={','.join(RESOURCES.split())}",
    f"--metric-allowlist={','.join(FAMILIES.split())}",
    f"--metric-annotations-allowlist=deployments=[{OWNER}],namespaces=[{OWNER}]",
    "--metric-labels-allowlist=nodes=[karpenter.sh/nodepool,topology.kubernetes.io/zone]",
)


class Contender(NamedTuple):
    """An exporter that can be started; `target` is host:port of its metrics."""

    name: str
    title: str
    target: str
    process: Process


def contenders(site: Site, installed: Path) -> list[Contender]:
    """All that are compared, ours first; `installed` is the Python that Headroom was installed for."""
    return [
        headroom(site, installed, "headroom", "Headroom"),
        headroom(site, installed, "headroom-no-events", "Headroom, `--kinds-disabled events`", "events"),
        _peer(site, "ksm-default", "kube-state-metrics, default"),
        _peer(site, "ksm-tuned", "kube-state-metrics, tuned", *TUNED),
        _peer(site, "ksm-tuned-gzip", "kube-state-metrics, tuned, gzip", *TUNED, "--enable-gzip-encoding"),
    ]


def install(folder: Path) -> Path:
    """Install what an image holds, without the developers' packages, and return its Python."""
    uv = shutil.which("uv") or str(ROOT / ".uv" / "bin" / "uv")
    environment = os.environ | {"UV_PROJECT_ENVIRONMENT": str(folder)}
    command = [uv, "sync", "--quiet", "--frozen", "--no-default-groups", "--compile-bytecode", "--project", str(ROOT)]
    subprocess.run(command, env=environment, check=True)
    return folder / "bin" / "python"


def service_account(plane: ControlPlane) -> None:
    """What a pod of ours has: a token, the authority, and the right to read what it watches."""
    folder = _service_account(plane.site)
    folder.mkdir()
    (folder / "token").write_text(TOKENS[0])
    shutil.copyfile(plane.site.authority.certificate, folder / "ca.crt")
    rules = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}]
    plane.grant(TOKEN_USER, rules)


def headroom(site: Site, installed: Path, name: str, title: str, *disabled: str) -> Contender:
    target = f"127.0.0.1:{free_port()}"
    command: tuple[str | Path, ...] = (
        installed,
        ROOT / "benchmarks" / "in_cluster.py",
        _service_account(site),
        f"--web.listen-address={target}",
        *(f"--kinds-disabled={kind}" for kind in disabled),
    )
    server = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(site.api_port)}
    ready = answers(f"http://{target}/-/ready")
    process = Process(command, log=site.log(name), ready=ready, environment=os.environ | server)
    return Contender(name, title, target, process)


def _service_account(site: Site) -> Path:
    return site.folder / "service-account"


def _peer(site: Site, name: str, title: str, *flags: str) -> Contender:
    port, telemetry = free_port(), free_port()
    command: tuple[str | Path, ...] = (
        program("kube-state-metrics"),
        f"--kubeconfig={site.kubeconfig()}",
        "--host=127.0.0.1",
        f"--port={port}",
        "--telemetry-host=127.0.0.1",
        f"--telemetry-port={telemetry}",
        *flags,
    )
    ready = answers(f"http://127.0.0.1:{telemetry}/readyz")
    return Contender(name, title, f"127.0.0.1:{port}", Process(command, log=site.log(name), ready=ready))


def peer_content_type(site: Site) -> str:
    """How the API server answers kube-state-metrics, from the peer's own log of response headers."""
    peer = _peer(site, "ksm-headers", "", "--resources=pods", "--v=8")

    def told() -> list[str]:
        requests = [text for text in peer.process.log.read_text().split('"Request"') if "/pods?" in text]
        return re.findall(r"Content-Type: application/(?:vnd\.kubernetes\.)?(\w+)", "".join(requests))

    peer.process.start()
    try:
        # It is ready before its first list is answered.
        found = wait_until(told, what="the peer's log to tell how its pods came")
    finally:
        peer.process.stop()
    return " and ".join(sorted(set(found)))
