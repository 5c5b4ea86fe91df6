"""The chart on a real API server: everything is accepted, pods pass `restricted`, and the rights are enough and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from kube_headroom.catalogue.exporter import SOURCE_ERRORS, SOURCE_UP
from tests.real.audited import AuditedControlPlane
from tests.real.certificates import write_kubeconfig
from tests.real.chart import HELMS, NAMESPACE, RELEASE, VALUES, granted, of_kind, only, render, run, values_file
from tests.real.client import Client, Object, RefusedError
from tests.real.conftest import wait_for_service_account
from tests.real.control_plane import ControlPlane
from tests.real.exporter import Exporter
from tests.real.waiting import wait_until
from tools.build import installed
from tools.chart_schema import CHART

RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
STRICT = {"dryRun": "All", "fieldValidation": "Strict"}
ACCOUNT = f"system:serviceaccount:{NAMESPACE}:{RELEASE}"


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuditedControlPlane]:
    """A control plane that knows the operator's kinds, with a restricted namespace for the release."""
    plane = AuditedControlPlane(tmp_path_factory.mktemp("control-plane"))
    try:
        plane.start()
        plane.add_fake_nodes("node-1")
        client = plane.client()
        metadata = {"name": NAMESPACE, "labels": RESTRICTED}
        client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        wait_for_service_account(client, NAMESPACE)
        for file in sorted((installed("prometheus-operator") / "crds").iterdir()):
            client.create(yaml.load(file.read_text(), Loader=yaml.CSafeLoader))
        for group in ("prometheusrules", "servicemonitors"):
            wait_until(partial(served, client, group), what=f"{group} to be served")
        yield plane
    finally:
        plane.discard()


def served(client: Client, plural: str) -> bool:
    """Whether the server has made room for a new kind: discovery follows its definition a moment later."""
    try:
        resources = client.request("GET", "/apis/monitoring.coreos.com/v1")["resources"]
    except RefusedError as refusal:
        if refusal.code == httpx.codes.NOT_FOUND:
            return False
        raise
    return plural in {each["name"] for each in resources}


def accept(client: Client, manifest: Object) -> None:
    """Have the server judge an object without keeping it; RefusedError where it refuses, a warning fails too."""
    resource = client.resource(manifest["kind"])
    path = resource.path(manifest["metadata"].get("namespace", NAMESPACE))
    response = client.http.request("POST", path, json=manifest, params=STRICT)
    assert response.is_success, f"{manifest['kind']}: {response.text}"
    assert "warning" not in response.headers, response.headers["warning"]


@pytest.mark.parametrize("name", VALUES)
def test_every_object_is_accepted(name: str, plane: AuditedControlPlane, tmp_path: Path) -> None:
    objects = render("helm", VALUES[name], tmp_path)

    for manifest in objects:
        accept(plane.client(), manifest)
    # Pod Security refuses pods, and says nothing of the Deployments that make them.
    pod = only(objects, "Deployment")["spec"]["template"]
    # The account is in no cluster yet, and a pod without one is refused for that alone.
    spec = pod["spec"] | {"serviceAccountName": "default"}
    accept(plane.client(), {"apiVersion": "v1", "kind": "Pod"} | pod | {"metadata": {"name": "one"}, "spec": spec})


def test_a_pod_that_asks_for_more_is_refused_there(plane: AuditedControlPlane, tmp_path: Path) -> None:
    values = {"securityContext": {"allowPrivilegeEscalation": True}}
    pod = only(render("helm", values, tmp_path), "Deployment")["spec"]["template"]
    spec = pod["spec"] | {"serviceAccountName": "default"}

    with pytest.raises(AssertionError, match="violates PodSecurity"):
        accept(plane.client(), {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}, "spec": spec})


@pytest.mark.parametrize("helm", HELMS)
def test_it_installs_upgrades_and_leaves_nothing(helm: str, plane: AuditedControlPlane, tmp_path: Path) -> None:
    client = plane.client()

    def release(*arguments: str, values: Mapping[str, Any] | None = None) -> None:
        given = () if values is None else ("--values", values_file(values, tmp_path))
        target = ("--namespace", NAMESPACE, "--kubeconfig", plane.kubeconfig())
        done = run(helm, *arguments, *target, *given)
        assert not done.returncode, done.stderr
        assert "would violate" not in done.stderr

    release("install", RELEASE, str(CHART), "--wait", "--timeout=120s", values={})

    def available() -> bool:
        status: Object = client.read("Deployment", RELEASE, NAMESPACE)["status"]
        return "availableReplicas" in status

    # Helm 3 asks the ReplicaSet; the Deployment says so a moment later.
    wait_until(available, what="the Deployment to be available")
    more = {"rules": {"prometheusRule": {"enabled": True}}, "prometheus": {"monitor": {"enabled": True}}}
    release("upgrade", RELEASE, str(CHART), "--wait", "--timeout=120s", values=more)
    assert client.objects("PrometheusRule", NAMESPACE)
    release("uninstall", RELEASE, "--wait")
    kinds = ("Deployment", "Service", "ServiceAccount", "ServiceMonitor", "PrometheusRule", "ClusterRole")
    left = [one for kind in kinds for one in client.objects(kind, labelSelector="app.kubernetes.io/part-of=headroom")]
    assert not left


ASKING = {"settings": {"slo.configmap-selector": "slo=true"}}


def test_the_rights_are_enough_and_every_one_is_used(
    plane: AuditedControlPlane, exporter: Callable[..., Exporter], tmp_path: Path
) -> None:
    objects = render("helm", ASKING, tmp_path)
    kinds = ("ServiceAccount", "ClusterRole", "ClusterRoleBinding")
    for manifest in (each for kind in kinds for each in of_kind(objects, kind)):
        plane.client().create(manifest)
    kubeconfig = account_kubeconfig(plane, tmp_path)
    # The server hears of its own rules by a watch.
    wait_until(lambda: allowed(plane, {"resource": "pods", "verb": "list"}), what="the rights to be granted")
    used = set()
    # Where the server streams lists, nothing asks for one; an older server is asked page by page.
    for lists in ("auto", "off"):
        one = exporter(kubeconfig, "--slo.configmap-selector=slo=true", f"--watch-list={lists}", "--kubelets=off")
        one.start()
        wait_until(partial(everything_up, one), what="every source to be up")
        assert not one.page().total(SOURCE_ERRORS.name)
        one.process.stop()
        used |= set(plane.asked_by(ACCOUNT))

    assert {asked.code for asked in used} == {200}
    # The fake nodes have no kubelet to ask; on real ones make e2e does.
    assert {asked[:3] for asked in used} == granted(objects, "ClusterRole") - {("", "nodes/metrics", "get")}
    assert allowed(plane, {"resource": "nodes", "subresource": "metrics", "verb": "get"})
    for more in (
        {"resource": "nodes", "subresource": "proxy", "verb": "get"},
        {"resource": "secrets", "verb": "list"},
        {"resource": "namespaces", "name": "default", "verb": "get"},
        {"resource": "pods", "verb": "delete"},
    ):
        assert not allowed(plane, more)


def everything_up(exporter: Exporter) -> bool:
    sources = exporter.page().matching(SOURCE_UP.name)
    return any("configmaps" in source for source in sources) and set(sources.values()) == {1}


def account_kubeconfig(plane: ControlPlane, folder: Path) -> Path:
    """Return a kubeconfig that shows a token of the chart's ServiceAccount, as a pod's own does."""
    client = plane.client()
    path = client.resource("ServiceAccount").path(NAMESPACE, RELEASE, "token")
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    token = folder / "token"
    token.write_text(client.request("POST", path, json=request)["status"]["token"])
    return write_kubeconfig(
        folder / "account.kubeconfig",
        server=plane.url,
        authority=plane.site.authority.certificate,
        user={"tokenFile": str(token)},
    )


def allowed(plane: ControlPlane, attributes: Object) -> bool:
    """Ask the server whether the chart's account may."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": ACCOUNT, "resourceAttributes": attributes},
    }
    answer = plane.client().request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", json=review)
    return bool(answer["status"]["allowed"])
