"""What runs on the nodes: workloads that burn, fail, die, leak and end, as data, each on one node."""

from collections.abc import Iterator
from typing import Any

from tests.e2e.node_files import IMAGE
from tests.real import manifests
from tests.real.client import Object

NAMESPACE = "shop"

BURN = "while :; do i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done; done"
LEAK = """exec awk 'BEGIN { while (1) { held = held sprintf("%2000000s", ""); system("sleep 1") } }'"""
# Every probe appends a letter to a file of the pod's, so that the kubelet need not be asked how often it probed.
SERVE = """mkdir -p /www/cgi-bin
printf '#!/bin/sh\\n{script}\\n' > /www/cgi-bin/probe
chmod +x /www/cgi-bin/probe
exec httpd -f -p {port} -h /www"""
FAIL = 'printf x >> /runs/{probe}-failed; printf "Status: 500 no\\\\r\\\\n\\\\r\\\\n"'
SUCCEED = 'printf x >> /runs/{probe}-ok; printf "Status: 200 yes\\\\r\\\\n\\\\r\\\\n"'
ALTERNATE = "if [ $(($(date +%%s) / 10 %% 2)) = 0 ]; then {ok}; else {failed}; fi"


def shell(script: str, name: str = "app", *, cpu: str = "5m", memory: str = "8Mi", **fields: Any) -> Object:
    """A container that runs a script; it requests a little and is limited by `limits` alone."""
    limits = fields.pop("limits", None)
    command = {"image": IMAGE, "imagePullPolicy": "Never", "command": ["sh", "-c", script]}
    return manifests.container(name, {"cpu": cpu, "memory": memory}, limits, **command, **fields)


def probed(kind: str, script: str, port: int, **fields: int) -> Object:
    """A pod with one probe that asks a script, and a startup probe before it, so that no try goes unnoticed."""
    # A second, the default, is short for an emulated machine.
    patient = {"timeoutSeconds": 15, **fields}
    container = shell(SERVE.format(script=script, port=port)) | {
        "startupProbe": {"tcpSocket": {"port": port}, "periodSeconds": 1, "failureThreshold": 120},
        f"{kind}Probe": {"httpGet": {"path": "/cgi-bin/probe", "port": port}} | patient,
        "volumeMounts": [{"name": "runs", "mountPath": "/runs"}],
    }
    return manifests.pod_spec(container, volumes=[{"name": "runs", "emptyDir": {}}], terminationGracePeriodSeconds=1)


SPECS: dict[str, Object] = {
    "burner": manifests.pod_spec(shell(BURN, limits={"cpu": "50m", "memory": "16Mi"})),
    "pair": manifests.pod_spec(
        shell(BURN, "busy", limits={"cpu": "40m", "memory": "16Mi"}),
        shell("sleep 100000", "idle", limits={"cpu": "20m", "memory": "16Mi"}),
    ),
    "unready": probed(
        "readiness",
        ALTERNATE.format(ok=SUCCEED.format(probe="readiness"), failed=FAIL.format(probe="readiness")),
        9001,
        periodSeconds=3,
    ),
    "unlively": probed("liveness", FAIL.format(probe="liveness"), 9002, periodSeconds=4, failureThreshold=3),
    "killed": manifests.pod_spec(shell("sleep 3; tail /dev/zero", limits={"memory": "24Mi"})),
    "leaking": manifests.pod_spec(shell(LEAK, limits={"memory": "32Mi"})),
    "crashing": manifests.pod_spec(shell("sleep 1; exit 3")),
    "resized": manifests.pod_spec(
        shell("sleep 100000", cpu="30m", memory="16Mi", limits={"cpu": "60m", "memory": "32Mi"})
    ),
    "evicted": manifests.pod_spec(
        shell(
            "sleep 15; head -c 4000000 /dev/zero > /full/file; sleep 100000",
            volumeMounts=[{"name": "full", "mountPath": "/full"}],
        ),
        volumes=[{"name": "full", "emptyDir": {"sizeLimit": "1Mi"}}],
        terminationGracePeriodSeconds=1,
    ),
    "sidecar": manifests.pod_spec(
        shell("sleep 100000"),
        initContainers=[
            shell("true", "prepare", cpu="100m"),
            shell("sleep 20; exit 1", "proxy", cpu="15m", restartPolicy="Always"),
        ],
    ),
    "fleeting": manifests.pod_spec(shell("exit 4")),
    "unlimited": manifests.pod_spec(shell(f"{BURN[:-5]} sleep 1; done")),
}
JOBS: dict[str, Object] = {
    "done": manifests.pod_spec(shell("sleep 2"), restartPolicy="Never"),
    "lost": manifests.pod_spec(shell("sleep 1; exit 5"), restartPolicy="Never"),
}
# An emulated machine starts a pod in some five seconds, so it has no more than it has to have.
ONLY_ON_OWN_KERNEL = ("sidecar", "fleeting", "unlimited", "lost")


def on(node: str, *, emulated: bool) -> Iterator[Object]:
    """The workloads of a node; the node's name is the end of theirs."""
    placed: Object = {"nodeSelector": {"kubernetes.io/hostname": node}}
    if emulated:
        placed["hostNetwork"] = True  # three plug-ins less to run for each pod
    for name, spec in {**SPECS, **JOBS}.items():
        if emulated and name in ONLY_ON_OWN_KERNEL:
            continue
        template = manifests.template(f"{name}-{node}", spec | placed)
        if name in JOBS:
            job = {"backoffLimit": 1, "template": template}
            yield manifests.namespaced("batch/v1", "Job", f"{name}-{node}", NAMESPACE, spec=job)
        else:
            yield manifests.deployment(f"{name}-{node}", NAMESPACE, spec | placed)
