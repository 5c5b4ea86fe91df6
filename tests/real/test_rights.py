"""What is forbidden, refused or out of reach is said at once and in one line; the rest works, and heals by itself."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests.real import manifests
from tests.real.certificates import write_kubeconfig
from tests.real.control_plane import ControlPlane
from tests.real.exporter import Exporter, Page
from tests.real.processes import free_port
from tests.real.rights import rules
from tests.real.site import TOKENS
from tests.real.waiting import wait_until

StartExporter = Callable[..., Exporter]

CLUSTER_WIDE = ("nodes", "namespaces")
STARTING = (": timeout:", ": too_many_requests:", ": server_error:")


def warnings(exporter: Exporter) -> list[str]:
    return [line["event"] for line in exporter.log() if line["level"] in ("warning", "error")]


def down(page: Page) -> set[str]:
    """The sources that nothing was heard of, or that fail."""
    return {series for series, value in page.matching("headroom_source_up").items() if value != 1}


@pytest.mark.parametrize("kind", ["events", "replicasets", "limitranges"])
def test_a_forbidden_kind_leaves_the_rest_working(
    kind: str, control_plane: ControlPlane, namespace: str, exporter: StartExporter
) -> None:
    user = f"reader-without-{kind}"
    control_plane.grant(user, rules(without=(kind,)))
    control_plane.client().create(manifests.deployment("cart", namespace))
    started = exporter(control_plane.kubeconfig(user), "--owner-wait=1s")
    started.start()

    def whole() -> Page | None:
        page = started.page()
        pods = page.total("headroom_workload_pods", namespace=namespace, phase="Running")
        refused = page.total("headroom_source_errors_total", reason="forbidden")
        return page if pods == 1 and refused and len(down(page)) == 1 else None

    # It is ready before the kinds that it can do without are there.
    page = wait_until(whole, what="the pod, and the refusal of one source alone, on the page")
    assert page is not None
    assert down(page) == {f'headroom_source_up{{source="{kind}"}}'}
    assert page.total("headroom_source_errors_total", source=kind, reason="forbidden") >= 1
    (line,) = warnings(started)
    assert f"{kind}: forbidden" in line
    assert f"grant list and watch on {kind}" in line
    # Who is behind a ReplicaSet that may not be read is not known; its pods are the ReplicaSet's then.
    kinds = {name.partition("/")[0] for name in page.workloads(namespace)}
    assert kinds == ({"Deployment", "ReplicaSet"} if kind == "replicasets" else {"Deployment"})


def test_without_pods_it_never_becomes_ready(control_plane: ControlPlane, exporter: StartExporter) -> None:
    control_plane.grant("reader-without-pods", rules(without=("pods",)))
    started = exporter(control_plane.kubeconfig("reader-without-pods"))
    started.process.launch()

    def reason() -> str:
        answer = started.readiness()
        return answer.text if answer.status_code == 503 and "pods: forbidden" in answer.text else ""

    assert "grant list and watch on pods" in wait_until(reason, what="the reason on /-/ready")
    wait_until(
        lambda: (
            started.page().total("headroom_source_listed") == len(started.page().matching("headroom_source_up")) - 1
        ),
        what="every other kind to be listed",
    )
    assert started.readiness().status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert not started.page().cluster_series()
    assert len(warnings(started)) == 1


def test_a_token_refused_at_start_and_mended(
    control_plane: ControlPlane, namespace: str, exporter: StartExporter, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("no-such-token")
    control_plane.grant("token-user", rules())
    started = exporter(control_plane.site.token_kubeconfig(token))
    started.process.launch()
    reason = wait_until(lambda: refused(started), what="the reason on /-/ready")
    assert "unauthorized" in reason
    assert "check the token" in reason
    page = started.page()
    assert page.total("headroom_build_info") == 1
    assert not page.cluster_series()
    (line,) = [row for row in started.log() if row["level"] == "warning"]
    assert "unauthorized" in line["why"]
    token.write_text(TOKENS[0])
    wait_until(lambda: started.readiness().is_success, what="the exporter to be ready with the new token")
    assert namespace in str(started.page().matching("headroom_namespace_info", namespace=namespace))
    assert "no-such-token" not in started.process.log.read_text()
    assert TOKENS[0] not in started.process.log.read_text()


def test_a_server_out_of_reach_at_start_that_comes(own_control_plane: ControlPlane, exporter: StartExporter) -> None:
    own_control_plane.api_server.kill()
    started = exporter(own_control_plane.kubeconfig())
    started.process.launch()
    reason = wait_until(lambda: refused(started), what="the reason on /-/ready")
    assert f"nothing listens at {own_control_plane.url}" in reason
    assert not started.page().cluster_series()
    own_control_plane.api_server.start()
    wait_until(lambda: started.readiness().is_success, what="the exporter to be ready")
    first, *more = [row.get("why") or row["event"] for row in started.log() if row["level"] == "warning"]
    assert "connection_refused" in first
    # A server that starts listens before it answers, and answers before it has its objects at hand.
    assert all(any(reason in line for reason in STARTING) for line in more)


def test_a_server_that_never_answers_is_said_at_once(
    exporter: StartExporter, control_plane: ControlPlane, tmp_path: Path
) -> None:
    kubeconfig = write_kubeconfig(
        tmp_path / "kubeconfig",
        server=f"https://127.0.0.1:{free_port()}",
        authority=control_plane.site.authority.certificate,
        user={},
    )
    started = exporter(kubeconfig)
    started.process.launch()
    wait_until(lambda: refused(started), what="the reason on /-/ready")
    # By its own clock: how long a program takes to start on a busy machine is not its doing.
    begun, said = (
        datetime.fromisoformat(row["timestamp"])
        for row in started.log()
        if row["event"] == "serving" or row["level"] == "warning"
    )
    assert said - begun < timedelta(seconds=10)
    assert started.process.stop() == 0


def refused(exporter: Exporter) -> str:
    """The first reason that tells of the API server, "" before there is one."""
    answer = exporter.readiness()
    return answer.text if answer.status_code == 503 and "API server" in answer.text else ""


def test_rights_in_one_namespace_suffice_for_it(
    control_plane: ControlPlane, namespace: str, exporter: StartExporter
) -> None:
    client, user = control_plane.client(), f"reader-of-{namespace}"
    rbac, inside = "rbac.authorization.k8s.io", {"name": user, "namespace": namespace}
    client.create(
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "Role",
            "metadata": inside,
            "rules": rules(without=CLUSTER_WIDE),
        }
    )
    client.create(
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": inside,
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": user},
            "subjects": [{"apiGroup": rbac, "kind": "User", "name": user}],
        }
    )
    client.create(manifests.deployment("cart", namespace, replicas=2))
    started = exporter(control_plane.kubeconfig(user), f"--namespaces={namespace}")
    started.start()

    def whole() -> Page | None:
        page = started.page()
        available = page.total("headroom_workload_replicas_available", workload="cart")
        return page if available == 2 and len(down(page)) == len(CLUSTER_WIDE) else None

    page = wait_until(whole, what="the Deployment and all sources of a namespace on the page")
    assert page is not None
    assert {f'namespace="{namespace}"' in series for series in page.cluster_series()} == {True}
    assert down(page) == {f'headroom_source_up{{source="{kind}"}}' for kind in CLUSTER_WIDE}
