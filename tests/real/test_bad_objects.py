"""Odd objects that a real API server lets in, and broken ones that it would never send: the others are untouched."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.real import manifests
from tests.real.client import Client, Object
from tests.real.control_plane import ControlPlane
from tests.real.exporter import Exporter
from tests.real.proxy import Proxy
from tests.real.waiting import wait_until

StartExporter = Callable[..., Exporter]

OWNER = "kube-headroom.io/owner"
SKIPPED = "headroom_objects_skipped_total"
ODD = 'caf\u00e9 \u202e\u0000"\\\n\U0001f680'.replace("\u0000", "\u0001")


@pytest.fixture
def proxy(control_plane: ControlPlane) -> Iterator[Proxy]:
    made = Proxy(control_plane.site)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("cpu", "memory", "cores", "memory_bytes"),
    [
        pytest.param("1e3m", "0.5Gi", None, None, id="an exponent and a suffix together are refused by the server"),
        pytest.param("1e-1", "0.5Gi", 0.1, 2**29, id="a negative exponent, a fraction of a binary suffix"),
        pytest.param("1E0", "1e9", 1.0, 1e9, id="exponents of both cases"),
        pytest.param("0.0001", "128974848000m", 0.001, 128974848.0, id="less than a milli is rounded up, millibytes"),
        pytest.param("+2.", "1Ki", 2.0, 1024.0, id="a sign and a bare point"),
    ],
)
def test_quantities_in_odd_notations(
    *,
    cpu: str,
    memory: str,
    cores: float | None,
    memory_bytes: float | None,
    control_plane: ControlPlane,
    namespace: str,
    exporter: StartExporter,
) -> None:
    spec = manifests.pod_spec(manifests.container("app", {"cpu": cpu, "memory": memory}))
    made = manifests.pod("odd", namespace, spec)
    client = control_plane.client()
    if cores is None:
        with pytest.raises(Exception, match="quantit"):
            client.create(made)
        return
    client.create(made)
    started = exporter(control_plane.kubeconfig())
    started.start()

    def shown() -> tuple[float, float]:
        page = started.page()
        names = ("headroom_workload_cpu_request_cores", "headroom_workload_memory_request_bytes")
        first, second = (page.total(name, namespace=namespace) for name in names)
        return first, second

    wait_until(lambda: shown() == (cores, memory_bytes), what=f"{cores} cores and {memory_bytes} bytes")
    assert not started.page().matching(SKIPPED)


def test_large_and_odd_texts_are_shown_as_they_are(
    control_plane: ControlPlane, namespace: str, exporter: StartExporter
) -> None:
    client = control_plane.client()
    # The server takes up to 256 KiB of annotations.
    large = {OWNER: ODD, "example.com/notes": "\u00fc" * 125_000}
    client.create(manifests.deployment("odd", namespace, annotations=large))
    client.create(manifests.deployment("plain", namespace))
    started = exporter(control_plane.kubeconfig())
    started.start()
    wait_until(
        lambda: {"Deployment/odd", "Deployment/plain"} <= started.page().workloads(namespace), what="both Deployments"
    )
    page = started.page()
    assert len(page.matching("headroom_workload_info", namespace=namespace, workload="plain", owner="")) == 1
    (series,) = page.matching("headroom_workload_info", namespace=namespace, workload="odd")
    escaped = ODD.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    assert f'owner="{escaped}"' in series
    assert not page.matching(SKIPPED)


SPOILS = {
    "invalid UTF-8 in a label": ("invalid_utf8", lambda text: text.replace(b'"note":"here"', b'"note":"\xc3("'), True),
    "a null status": ("", lambda text: re.sub(rb'"status":\{.*\}$', b'"status":null}', text), True),
    "a status of the wrong type": (
        "fields",
        lambda text: re.sub(rb'"status":\{.*\}$', b'"status":"fine"}', text),
        True,
    ),
    "an invalid quantity": ("invalid_quantity", lambda text: text.replace(b'"cpu":"123m"', b'"cpu":"much"'), True),
    "no metadata": ("no_identity", lambda text: text.replace(b'"metadata"', b'"metadatum"', 1), False),
    "containers that are numbers": ("fields", lambda text: text.replace(b'"containers":[', b'"containers":[7,'), True),
}


@pytest.mark.parametrize("streaming", ["off", "auto"])
@pytest.mark.parametrize(("reason", "spoil", "kept"), SPOILS.values(), ids=SPOILS)
def test_a_broken_pod_in_lists_and_watches_costs_its_neighbours_nothing(
    *,
    reason: str,
    spoil: Callable[[bytes], bytes],
    kept: bool,
    streaming: str,
    control_plane: ControlPlane,
    namespace: str,
    proxy: Proxy,
    exporter: StartExporter,
    tmp_path: Path,
) -> None:
    client = control_plane.client()
    proxy.rewrite = rewriting(namespace, spoil)
    create(client, namespace, "listed")
    started = exporter(proxy.kubeconfig(tmp_path / "kubeconfig"), f"--watch-list={streaming}")
    started.start()
    create(client, namespace, "watched")
    good = {"Pod/good-listed", "Pod/good-watched"}
    bad = {"Pod/bad-listed", "Pod/bad-watched"} if kept else set()

    def placed() -> bool:
        # A pod is on the page before it is on a node, and asks for nothing there.
        page = started.page()
        asked = page.matching("headroom_workload_cpu_request_cores", namespace=namespace, workload="good-watched")
        return bool(asked) and page.workloads(namespace) == good | bad

    wait_until(placed, what=f"the pods {sorted(good | bad)} on the page, the last on a node")

    def counted() -> float:
        # The exporter's own series are published with the next change.
        client.patch("Pod", "good-listed", namespace, patch={"metadata": {"annotations": {OWNER: "again"}}})
        return started.page().total(SKIPPED, source="pods", reason=reason)

    if reason:
        wait_until(lambda: counted() >= 2, what=f"the flaw {reason} to be counted")
    page = started.page()
    others = {series for series in page.matching(SKIPPED) if f'reason="{reason}"' not in series}
    assert not others
    assert page.total("headroom_source_up", source="pods") == 1
    assert started.readiness().is_success


def create(client: Client, namespace: str, when: str) -> None:
    spec = manifests.pod_spec(manifests.container("app", {"cpu": "123m"}))
    for name in (f"bad-{when}", f"good-{when}"):
        client.create(manifests.pod(name, namespace, spec, labels={"note": "here"}))
    wait_until(
        lambda: all(pod["status"]["phase"] == "Running" for pod in client.objects("Pod", namespace)),
        what="the pods to run",
    )


def rewriting(namespace: str, spoil: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Spoil the pods of a namespace whose names begin with bad, in lists and in watches."""

    def is_bad(item: Object) -> bool:
        meta = item.get("metadata", {})
        name = str(meta.get("name", ""))
        return bool(meta.get("namespace") == namespace and name.startswith("bad-"))

    def compact(item: Object) -> bytes:
        return json.dumps(item, separators=(",", ":"), ensure_ascii=False).encode()

    def rewrite(body: bytes) -> bytes:
        if b'"bad-' not in body:
            return body
        whole = json.loads(body)
        if whole.get("kind") == "PodList":
            items = b",".join(spoil(compact(item)) if is_bad(item) else compact(item) for item in whole.pop("items"))
            return compact(whole)[:-1] + b',"items":[' + items + b"]}"
        if whole.get("object", {}).get("kind") == "Pod" and is_bad(whole["object"]):
            return b'{"type":"%s","object":%s}\n' % (whole["type"].encode(), spoil(compact(whole["object"])))
        return body

    return rewrite
