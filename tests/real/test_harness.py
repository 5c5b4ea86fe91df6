"""The stage itself holds: what the other real tests take for granted is proven here."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
import pytest

from tests.real.client import Object, RefusedError
from tests.real.control_plane import ControlPlane
from tests.real.processes import Process, ProcessFailedError
from tests.real.prometheus import Prometheus, ScrapeConfig, service_monitor
from tests.real.waiting import wait_until

StartPrometheus = Callable[[Sequence[ScrapeConfig]], Prometheus]


def deployment(name: str, namespace: str, *, replicas: int = 2) -> Object:
    labels = {"app": name}
    container = {"name": "web", "image": "web:1", "resources": {"requests": {"cpu": "100m"}}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def config_map(name: str) -> Object:
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


def first_watch_event(plane: ControlPlane, resource_version: str) -> Object:
    """The first event of a watch on ConfigMaps from a resource version on."""
    parameters = {"watch": "true", "resourceVersion": resource_version, "timeoutSeconds": "20"}
    path = "/api/v1/namespaces/default/configmaps"
    with plane.client().http.stream("GET", path, params=parameters) as response:
        event: Object = json.loads(next(response.iter_lines()))
    return event


def test_pods_of_a_deployment_run_on_fake_nodes(control_plane: ControlPlane, namespace: str) -> None:
    client = control_plane.client()
    client.create(deployment("cart", namespace, replicas=6))

    def running() -> bool:
        pods = client.objects("Pod", namespace)
        return [pod["status"]["phase"] for pod in pods] == ["Running"] * 6

    wait_until(running, what="six Running pods")
    wait_until(
        lambda: client.read("Deployment", "cart", namespace)["status"].get("availableReplicas") == 6,
        what="the Deployment to be available",
    )


def test_the_scheduler_tells_what_it_charges(control_plane: ControlPlane, namespace: str) -> None:
    control_plane.client().create(deployment("cart", namespace, replicas=1))

    def charged() -> list[str]:
        page = control_plane.scheduler_page("/metrics/resources").splitlines()
        return [row for row in page if f'namespace="{namespace}"' in row and 'node="node-' in row]

    (row,) = wait_until(charged, what="the scheduler to charge for the pod")
    assert row.startswith("kube_pod_resource_request{")
    assert row.endswith(" 0.1")


def test_a_status_is_patched_as_its_kubelet_would(control_plane: ControlPlane, namespace: str) -> None:
    client = control_plane.client()
    pod = deployment("x", namespace)["spec"]["template"]["spec"] | {"nodeName": "elsewhere"}
    metadata = {"name": "bare", "namespace": namespace}
    client.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod})
    patched = client.patch_status("Pod", "bare", namespace, status={"phase": "Failed"})
    assert patched["status"]["phase"] == "Failed"
    client.delete("Pod", "bare", namespace, grace_seconds=0)
    wait_until(lambda: not client.exists("Pod", "bare", namespace), what="the pod to be gone")


def test_a_user_has_only_the_rights_granted(control_plane: ControlPlane) -> None:
    viewer = control_plane.client("viewer")
    with pytest.raises(RefusedError, match='User "viewer" cannot list resource') as refused:
        viewer.request("GET", "/api/v1/pods")
    assert refused.value.code == httpx.codes.FORBIDDEN
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}
    control_plane.grant("viewer", [rule])
    # The authorizer learns of new bindings by its own watch.
    wait_until(lambda: can_list(control_plane, "pods"), what="the grant to hold")
    assert not can_list(control_plane, "nodes")
    control_plane.grant("viewer", [rule | {"resources": ["nodes"]}])
    wait_until(lambda: can_list(control_plane, "nodes"), what="the new grant to hold")
    wait_until(lambda: not can_list(control_plane, "pods"), what="the old grant to be gone")


def can_list(plane: ControlPlane, resource: str) -> bool:
    try:
        plane.client("viewer").request("GET", f"/api/v1/{resource}")
    except RefusedError as refusal:
        if refusal.code == httpx.codes.FORBIDDEN:
            return False
        raise
    return True


@pytest.mark.parametrize(
    ("token", "code"),
    [
        pytest.param("first-token", 403, id="a token of the table is known and has no rights"),
        pytest.param("no-token", 401, id="any other token is refused"),
    ],
)
def test_tokens_are_checked(control_plane: ControlPlane, token: str, code: int) -> None:
    authority = str(control_plane.site.authority.certificate)
    tls = httpx.create_ssl_context(verify=True)
    tls.load_verify_locations(authority)
    asked = {"authorization": f"Bearer {token}"}
    answer = httpx.get(f"{control_plane.url}/api/v1/pods", verify=tls, headers=asked, timeout=30)
    assert answer.status_code == code


def test_the_api_server_comes_back_from_a_kill_with_its_data(
    own_control_plane: ControlPlane,
) -> None:
    client = own_control_plane.client()
    client.create(config_map("before"))
    own_control_plane.api_server.kill()
    with pytest.raises(httpx.TransportError):
        client.read("ConfigMap", "before", "default")
    own_control_plane.api_server.start()
    assert client.read("ConfigMap", "before", "default")
    own_control_plane.add_fake_nodes("node-1")
    client.create(deployment("after", "default", replicas=1))
    wait_until(
        lambda: [pod["status"]["phase"] for pod in client.objects("Pod", "default")] == ["Running"],
        what="controllers, scheduler and kwok to go on with the new API server",
    )


def test_a_watch_from_compacted_history_is_gone(own_control_plane: ControlPlane) -> None:
    client = own_control_plane.client()
    old = client.create(config_map("first"))["metadata"]["resourceVersion"]
    client.create(config_map("second"))
    assert first_watch_event(own_control_plane, old)["object"]["metadata"]["name"] == "second"

    own_control_plane.api_server.kill()
    own_control_plane.compact_history()
    own_control_plane.api_server.start()

    event = first_watch_event(own_control_plane, old)
    assert event["type"] == "ERROR"
    assert (event["object"]["code"], event["object"]["reason"]) == (410, "Expired")


def test_a_page_of_a_list_from_compacted_history_is_gone(own_control_plane: ControlPlane) -> None:
    client = own_control_plane.client()
    client.create_many(config_map(f"page-{number}") for number in range(3))
    path, parameters = "/api/v1/namespaces/default/configmaps", {"limit": "1"}
    page = client.request("GET", path, params=parameters)
    following = parameters | {"continue": page["metadata"]["continue"]}
    client.create(config_map("later"))
    # A server that did not see the first page has no snapshot of it and must ask etcd.
    own_control_plane.api_server.kill()
    own_control_plane.api_server.start()
    assert client.request("GET", path, params=following)["items"]

    own_control_plane.compact_history()

    with pytest.raises(RefusedError) as refused:
        client.request("GET", path, params=following)
    assert refused.value.code == httpx.codes.GONE


def test_prometheus_stores_what_a_service_monitor_scrapes(
    control_plane: ControlPlane, prometheus: StartPrometheus
) -> None:
    port = control_plane.site.kwok_port
    # A target that needs more than a second on a busy machine is none that is down.
    server = prometheus([service_monitor("kwok", f"127.0.0.1:{port}", interval="5s")])
    begin = time.time()
    server.wait_scraped("kwok")
    (up,) = server.query('up{job="kwok"}')
    assert up.value == 1
    assert up.labels == {"__name__": "up", "job": "kwok", "instance": "kwok"}
    (raw,) = server.query('up{job="kwok"}[1m]')
    assert raw.samples[-1][0] >= begin
    assert [target["health"] for target in server.targets()] == ["up"]
    with pytest.raises(ValueError, match="parse error"):
        server.query("up{")


def test_a_process_that_dies_at_once_shows_the_end_of_its_log(tmp_path: Path) -> None:
    log = tmp_path / "sh.log"
    process = Process(("/bin/sh", "-c", "echo no such setting; exit 3"), log=log, ready=lambda: False)
    with pytest.raises(ProcessFailedError, match=r"sh does not run(.|\n)*no such setting"):
        process.start()
