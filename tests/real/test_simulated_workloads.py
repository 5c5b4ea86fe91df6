"""The simulated controllers bring workloads to the same rest as the real ones, and tell the same of the way."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from difflib import unified_diff
from typing import Any

import pytest

from kube_headroom.simulator.controllers.quotas import Quotas
from kube_headroom.simulator.kinds import BY_KIND
from kube_headroom.simulator.store import Object
from tests.real.client import Client
from tests.real.control_plane import ControlPlane
from tests.real.manifests import container, deployment, namespaced, pod_spec, template, workload
from tests.real.waiting import wait_until
from tests.simulator.controllers.stage import Stage

COMPONENTS = (
    "deployment-controller",
    "replicaset-controller",
    "statefulset-controller",
    "daemonset-controller",
    "default-scheduler",
)
REVISION = "deployment.kubernetes.io/revision"
HASH = "pod-template-hash"
TIMES = ("lastTransitionTime", "lastUpdateTime", "lastProbeTime", "observedGeneration")
RACE = re.compile("^(?!0/)")
"""What the real scheduler says of a pod that is replaced under its own name while it looks for its node."""
KINDS = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet")


class Twins:
    """The same manifests on the real control plane and on the simulated one."""

    def __init__(self, client: Client, namespace: str) -> None:
        self.client = client
        self.namespace = namespace
        nodes = len(client.objects("Node"))
        self.stage = Stage(nodes=nodes, cpu="32", memory="256Gi", pods="250")
        self.stage.world.parts.insert(1, Quotas(self.stage.world))

    def apply(self, manifest: Object) -> None:
        self.client.create(manifest)
        self.stage.store.create(BY_KIND[manifest["kind"]].plural, manifest)

    def patch(self, kind: str, spec: Object) -> None:
        self.client.patch(kind, "web", self.namespace, patch={"spec": spec})
        plural = BY_KIND[kind].plural
        stored = self.stage.store.get(plural, self.namespace, "web")
        assert stored is not None
        self.stage.store.change(plural, stored, spec=merged(stored["spec"], spec))

    def rest_alike(self) -> Object:
        """Let the simulation run for a minute, then wait until the real cluster looks the same."""
        self.stage.run(60)
        expected = self.simulated()
        try:
            wait_until(lambda: self.real() == expected, what="the same state")
        except TimeoutError:
            difference = unified_diff(lines(expected), lines(self.real()), "simulated", "real", n=8)
            pytest.fail("\n".join(difference))
        return expected

    def real(self) -> Object:
        found = {kind: self.client.objects(kind, self.namespace) for kind in (*KINDS, "Pod", "Event")}
        return view(found)

    def simulated(self) -> Object:
        found = {kind: self.stage.store.all(BY_KIND[kind].plural, self.namespace) for kind in (*KINDS, "Pod", "Event")}
        return view(found)


def merged(old: Object, patch: Object) -> Object:
    """JSON merge patch (RFC 7386)."""
    result = dict(old)
    for name, value in patch.items():
        if isinstance(value, dict) and isinstance(result.get(name), dict):
            result[name] = merged(result[name], value)
        else:
            result[name] = value
    return {name: value for name, value in result.items() if value is not None}


def view(found: Mapping[str, list[Object]]) -> Object:
    """What has to be the same: specs, statuses, events; names of chance, times and the kubelet's words are not."""
    shown: Object = {kind: [plain(one) for one in found[kind]] for kind in KINDS}
    shown["Pod"] = [plain_pod(pod) for pod in found["Pod"] if "deletionTimestamp" not in pod["metadata"]]
    told = {
        (event["involvedObject"]["kind"], event["type"], event["reason"])
        for event in found["Event"]
        if (event.get("reportingComponent") or event.get("source", {}).get("component")) in COMPONENTS
        and not (event["reason"] == "FailedScheduling" and RACE.search(event["message"]))
    }
    shown["Event"] = [list(one) for one in told]
    text = json.dumps(shown, sort_keys=True)
    for replica_set in found["ReplicaSet"]:
        number = replica_set["metadata"].get("annotations", {}).get(REVISION)
        text = text.replace(replica_set["metadata"]["labels"].get(HASH, "no hash"), f"revision {number}")
    for one in found["StatefulSet"]:
        for name in ("updateRevision", "currentRevision"):
            text = text.replace(one.get("status", {}).get(name, "no revision"), name)
    text = re.sub(r'"(controller-revision-hash)": "(?!updateRevision|currentRevision)[^"]*"', r'"\1": "hash"', text)
    text = re.sub(r'pods \\"(web[^"\\]*)\\"', "a pod", text)
    result: Object = json.loads(text)
    for listed in result.values():
        listed.sort(key=json.dumps)
    return result


def lines(shown: Object) -> list[str]:
    """One line a field, so that a difference is short."""
    return json.dumps(shown, indent=1, sort_keys=True).splitlines()


def plain(stored: Object) -> Object:
    metadata, status = stored["metadata"], dict(stored.get("status", {}))
    # Where the real controller's first write of a rollout meets a conflict, the last rollout's message stays: without
    # old replicas nothing on the way counts as progress (pkg/controller/deployment/progress.go, isCompleteDeployment).
    recreated = stored["spec"].get("strategy", {}).get("type") == "Recreate"
    untold = (*TIMES, "message") if recreated else TIMES
    conditions = [
        {key: value for key, value in one.items() if key not in untold} for one in status.pop("conditions", ())
    ]
    annotations = {
        key: value for key, value in metadata.get("annotations", {}).items() if not key.startswith("deprecated.")
    }
    return {
        "name": metadata["name"],
        "labels": metadata.get("labels", {}),
        "annotations": annotations,
        "spec": stored["spec"],
        "status": {key: value for key, value in status.items() if key != "observedGeneration"},
        "observed": status.get("observedGeneration") == metadata["generation"],
        "conditions": sorted(conditions, key=json.dumps),
    }


def plain_pod(pod: Object) -> Object:
    spec = {key: value for key, value in pod["spec"].items() if key not in ("nodeName", "volumes", "affinity")}
    spec["containers"] = [
        {key: value for key, value in one.items() if key != "volumeMounts"} for one in spec["containers"]
    ]
    scheduled = [one for one in pod["status"].get("conditions", ()) if one["type"] == "PodScheduled"]
    return {
        "labels": {key: value for key, value in pod["metadata"]["labels"].items() if "generation" not in key},
        "owner": pod["metadata"]["ownerReferences"][0]["name"],
        "bound": "nodeName" in pod["spec"],
        "phase": pod["status"]["phase"],
        "quality": pod["status"]["qosClass"],
        "scheduled": [(one["status"], one.get("reason"), one.get("message")) for one in scheduled],
        "spec": spec,
    }


@pytest.fixture
def twins(control_plane: ControlPlane, namespace: str) -> Twins:
    return Twins(control_plane.client(), namespace)


def spec(image: str = "app:1", **asked: str) -> Object:
    return pod_spec(container(requests=asked, limits={"memory": "64Mi"}, image=image))


def image(name: str) -> Object:
    return {"template": template("web", spec(name))}


def test_a_deployment_is_created_rolled_scaled_and_rolled_back_alike(twins: Twins) -> None:
    twins.apply(deployment("web", twins.namespace, spec(), replicas=4))
    created = twins.rest_alike()
    twins.patch("Deployment", image("app:2"))
    twins.rest_alike()
    twins.patch("Deployment", {"replicas": 7})
    twins.rest_alike()
    twins.patch("Deployment", {"replicas": 2})
    twins.rest_alike()
    twins.patch("Deployment", image("app:1"))
    rolled_back = twins.rest_alike()
    assert [one["reason"] for one in created["Deployment"][0]["conditions"]] == [
        "NewReplicaSetAvailable",
        "MinimumReplicasAvailable",
    ] or len(created["Deployment"][0]["conditions"]) == 2
    assert len(rolled_back["ReplicaSet"]) == 2


STRATEGIES: list[Any] = [
    pytest.param({"type": "Recreate", "rollingUpdate": None}, id="by Recreate"),
    pytest.param({"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "60%"}}, id="without surge"),
    pytest.param({"rollingUpdate": {"maxSurge": "100%", "maxUnavailable": 0}}, id="with a full surge"),
]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_rollout_ends_alike_whatever_the_strategy(twins: Twins, strategy: Object) -> None:
    twins.apply(deployment("web", twins.namespace, spec(), replicas=3))
    twins.rest_alike()
    twins.patch("Deployment", {"strategy": strategy, **image("app:2")})
    twins.rest_alike()


def test_a_stuck_rollout_is_told_alike_and_mended_alike(twins: Twins) -> None:
    twins.apply(deployment("web", twins.namespace, spec(), replicas=4))
    twins.rest_alike()
    twins.patch("Deployment", {"progressDeadlineSeconds": 3, "template": template("web", spec("app:2", cpu="1000"))})
    stuck = twins.rest_alike()
    assert {one["reason"] for one in stuck["Deployment"][0]["conditions"]} == {
        "ProgressDeadlineExceeded",
        "MinimumReplicasAvailable",
    }
    twins.patch("Deployment", {"replicas": 6})
    twins.rest_alike()
    twins.patch("Deployment", image("app:3"))
    twins.rest_alike()


def test_a_pause_holds_a_rollout_alike(twins: Twins) -> None:
    twins.apply(deployment("web", twins.namespace, spec(), replicas=3))
    twins.rest_alike()
    twins.patch("Deployment", {"paused": True, **image("app:2")})
    twins.rest_alike()
    twins.patch("Deployment", {"paused": None})
    twins.rest_alike()


def test_a_full_quota_is_told_alike(twins: Twins) -> None:
    quota = namespaced("v1", "ResourceQuota", "tight", twins.namespace, spec={"hard": {"pods": "2"}})
    twins.apply(quota)
    wait_until(
        lambda: twins.client.read("ResourceQuota", "tight", twins.namespace).get("status", {}).get("hard"),
        what="the quota to be counted",
    )
    twins.stage.run(10)
    twins.apply(deployment("web", twins.namespace, spec(), replicas=5))
    failed = twins.rest_alike()
    assert {one["type"] for one in failed["Deployment"][0]["conditions"]} == {
        "Available",
        "Progressing",
        "ReplicaFailure",
    }


@pytest.mark.parametrize("policy", ["OrderedReady", "Parallel"])
def test_a_stateful_set_is_created_rolled_and_scaled_alike(twins: Twins, policy: str) -> None:
    manifest = workload("StatefulSet", "web", twins.namespace, spec(), replicas=3)
    manifest["spec"] |= {"podManagementPolicy": policy, "serviceName": "web"}
    twins.apply(manifest)
    twins.rest_alike()
    twins.patch("StatefulSet", image("app:2"))
    twins.rest_alike()
    twins.patch("StatefulSet", {"replicas": 1})
    twins.rest_alike()
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
    twins.patch("StatefulSet", {"replicas": 3, "updateStrategy": rolling, **image("app:3")})
    twins.rest_alike()


def test_a_daemon_set_is_created_and_rolled_alike(twins: Twins) -> None:
    twins.apply(workload("DaemonSet", "web", twins.namespace, spec()))
    twins.rest_alike()
    twins.patch("DaemonSet", image("app:2"))
    twins.rest_alike()
    twins.patch("DaemonSet", {"template": template("web", spec("app:3", cpu="1000"))})
    twins.rest_alike()
