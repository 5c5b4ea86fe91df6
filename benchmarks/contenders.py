"""Who is measured and how each is started."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

from benchmarks.workloads import OWNER
from tests.real.components import answers
from tests.real.processes import Process, free_port
from tools.build import program

RESOURCES = (
    "cronjobs daemonsets deployments horizontalpodautoscalers jobs limitranges namespaces nodes persistentvolumeclaims"
    " poddisruptionbudgets pods replicasets resourcequotas statefulsets"
)
# What an operator has to keep of kube-state-metrics to ask what Headroom answers from the API.
FAMILIES = (
    "kube_pod_info kube_pod_owner kube_pod_status_phase kube_pod_status_ready kube_pod_status_unschedulable"
    " kube_pod_container_status_restarts_total kube_pod_container_status_last_terminated_reason"
    " kube_pod_container_status_waiting_reason kube_pod_container_resource_requests"
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


def contenders(kubeconfig: Path, logs: Path) -> list[Contender]:
    """All that are compared, ours first."""
    return [
        headroom("headroom", "Headroom", kubeconfig, logs),
        headroom("headroom-no-events", "Headroom, `--kinds-disabled events`", kubeconfig, logs, "events"),
        _peer("ksm-default", "kube-state-metrics, default", kubeconfig, logs),
        _peer("ksm-tuned", "kube-state-metrics, tuned", kubeconfig, logs, *TUNED),
        _peer(
            "ksm-tuned-gzip", "kube-state-metrics, tuned, gzip", kubeconfig, logs, *TUNED, "--enable-gzip-encoding"
        ),
    ]


def headroom(name: str, title: str, kubeconfig: Path, logs: Path, *disabled: str) -> Contender:
    target = f"127.0.0.1:{free_port()}"
    command = (Path(sys.executable).with_name("kube-headroom"), "run", f"--kubeconfig={kubeconfig}")
    flags = (f"--web.listen-address={target}", *(f"--kinds-disabled={kind}" for kind in disabled))
    ready = answers(f"http://{target}/-/ready")
    return Contender(name, title, target, Process((*command, *flags), log=logs / f"{name}.log", ready=ready))


def _peer(name: str, title: str, kubeconfig: Path, logs: Path, *flags: str) -> Contender:
    port, telemetry = free_port(), free_port()
    command = (
        program("kube-state-metrics"),
        f"--kubeconfig={kubeconfig}",
        "--host=127.0.0.1",
        f"--port={port}",
        "--telemetry-host=127.0.0.1",
        f"--telemetry-port={telemetry}",
        *flags,
    )
    ready = answers(f"http://127.0.0.1:{telemetry}/readyz")
    return Contender(name, title, f"127.0.0.1:{port}", Process(command, log=logs / f"{name}.log", ready=ready))


def peer_content_type(kubeconfig: Path, folder: Path) -> str:
    """What kube-state-metrics asks the API server for, from its own log of request headers."""
    peer = _peer("ksm-headers", "", kubeconfig, folder, "--resources=pods", "--v=8")
    peer.process.start()
    peer.process.stop()
    asked = [line for line in peer.process.log.read_text().splitlines() if "/pods?" in line or "Accept:" in line]
    return "protobuf" if any("vnd.kubernetes.protobuf" in line for line in asked) else "json"
