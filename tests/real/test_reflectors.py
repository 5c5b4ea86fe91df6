"""The reflectors against a real API server: streamed lists, restarts, forgotten history, rights and tokens."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from kube_headroom.cluster.connection import Connection
from kube_headroom.cluster.decode import NamespaceFilter, ObjectReader
from kube_headroom.cluster.facts.conversion import Keys
from kube_headroom.cluster.failures import Reason
from kube_headroom.cluster.health import ListCause, SourceHealth
from kube_headroom.cluster.kinds import KINDS, KINDS_BY_NAME, Kind
from kube_headroom.cluster.reflector import Reflector, Source
from kube_headroom.model import Change, Fact
from kube_headroom.timing import Timing
from tests.real.client import Object
from tests.real.control_plane import ControlPlane
from tests.real.site import TOKEN_USER, TOKENS
from tests.real.waiting import wait_until

READ_ALL: Object = {
    "apiGroups": ["", "apps", "batch", "autoscaling", "policy"],
    "resources": [kind.name for kind in KINDS],
    "verbs": ["list", "watch"],
}


class View:
    """What a reader sees by kind, and the smallest view of a kind after its first."""

    def __init__(self) -> None:
        self.facts: dict[str, dict[str, Fact]] = {}
        self.views: list[int] = []

    def replace(self, kind: str, scope: str, facts: Mapping[str, Fact]) -> None:
        self.facts[kind + scope] = dict(facts)
        self.views.append(len(facts))

    def apply(self, kind: str, facts: Sequence[tuple[Change, Fact]]) -> None:
        for change, fact in facts:
            known = self.facts[kind + self.scope_of(kind)]
            if change is Change.DELETE:
                known.pop(uid_of(fact), None)
            else:
                known[uid_of(fact)] = fact

    def scope_of(self, kind: str) -> str:
        return "" if kind in self.facts else next(key for key in self.facts if key.startswith(kind))[len(kind) :]

    def names(self, kind: str) -> set[str]:
        facts: list[Any] = list(self.facts.get(kind, {}).values())
        return {fact.name if hasattr(fact, "name") else fact.metadata.name for fact in facts}


def uid_of(fact: Any) -> str:
    return str(fact.uid if hasattr(fact, "uid") else fact.metadata.uid)


class Running:
    """Reflectors in threads."""

    def __init__(self) -> None:
        self.view = View()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._reflectors: list[Reflector] = []

    def reflect(self, kind: Kind, connection: Connection, *, scope: str = "", streaming: bool = True) -> SourceHealth:
        health = SourceHealth(kind.name, scope)
        source = Source(kind, scope, ObjectReader(kind, Keys(), health, NamespaceFilter()), health)
        # Waits are cut to a tenth: the numbers themselves are proven without a server.
        timing = Timing(wait=lambda stop, seconds: stop.wait(seconds / 10))
        reflector = Reflector(source, connection, self.view, streaming=streaming, timing=timing)
        thread = threading.Thread(target=reflector.run, args=(self._stop,), daemon=True)
        thread.start()
        self._threads.append(thread)
        self._reflectors.append(reflector)
        return health

    def stop(self) -> None:
        self._stop.set()
        for reflector, thread in zip(self._reflectors, self._threads, strict=True):
            reflector.interrupt()
            thread.join(15)
            assert not thread.is_alive()


@pytest.fixture
def running() -> Iterator[Running]:
    found = Running()
    yield found
    found.stop()


def config(name: str, namespace: str) -> Object:
    container = {"name": "web", "image": "web:1", "resources": {"requests": {"cpu": "100m", "memory": "16Mi"}}}
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def listed(health: SourceHealth) -> Callable[[], bool]:
    return lambda: health.report().listed


@pytest.mark.parametrize("streaming", [True, False], ids=["as streams", "in pages"])
def test_every_kind_is_listed_without_a_flaw_and_as_the_server_has_it(
    control_plane: ControlPlane, namespace: str, running: Running, streaming: bool
) -> None:
    client = control_plane.client()
    client.create(config("cart", namespace))
    pods = wait_until(lambda: len(client.objects("Pod", namespace)) == 3, what="three pods")
    assert pods
    connection = Connection.open(str(control_plane.kubeconfig()))
    sources = {kind.name: running.reflect(kind, connection, streaming=streaming) for kind in KINDS}
    wait_until(lambda: all(health.report().listed for health in sources.values()), what="every kind to be listed")
    for kind in KINDS:
        report = sources[kind.name].report()
        assert (kind.name, report.errors, report.skipped, report.repaired) == (kind.name, {}, {}, {})
        assert report.lists == {ListCause.FIRST: 1}

    def pods_of_now() -> set[str]:
        """Asked anew each time: other tests' pods may still be on their way out."""
        return {pod["metadata"]["name"] for pod in client.objects("Pod")}

    wait_until(lambda: running.view.names("pods") == pods_of_now(), what="the view to hold all pods")
    client.delete("Deployment", "cart", namespace)
    wait_until(lambda: not client.objects("Pod", namespace), what="the pods to be gone")
    wait_until(lambda: running.view.names("pods") == pods_of_now(), what="the view to lose them")


def test_a_streamed_list_is_really_streamed(control_plane: ControlPlane, running: Running) -> None:
    connection = Connection.open(str(control_plane.kubeconfig()))
    asked: list[Mapping[str, str]] = []
    ask = connection.get

    def recording(path: str, query: Mapping[str, str], **options: Any) -> Any:
        asked.append(query)
        return ask(path, query, **options)

    connection.get = recording  # type: ignore[method-assign]
    health = running.reflect(KINDS_BY_NAME["nodes"], connection)
    wait_until(listed(health), what="nodes")
    assert [query.get("sendInitialEvents") for query in asked] == ["true"]
    assert running.view.names("nodes") >= {"node-1", "node-2", "node-3"}


def test_a_kill_a_restart_and_a_forgotten_history_are_survived(
    own_control_plane: ControlPlane, running: Running
) -> None:
    plane = own_control_plane
    client = plane.client()
    connection = Connection.open(str(plane.kubeconfig()))
    health = running.reflect(KINDS_BY_NAME["namespaces"], connection)
    wait_until(listed(health), what="namespaces")
    plane.api_server.kill()
    wait_until(lambda: not health.report().up, what="the outage to be seen")
    assert running.view.names("namespaces") >= {"default", "kube-system"}
    plane.api_server.start()
    wait_until(lambda: health.report().up, what="the source to be back")
    for number in range(20):
        client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"made-{number}"}})
    wait_until(lambda: "made-19" in running.view.names("namespaces"), what="the last namespace")
    plane.api_server.kill()
    plane.api_server.start()
    plane.compact_history()
    plane.api_server.kill()
    plane.api_server.start()
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "after"}})
    wait_until(lambda: "after" in running.view.names("namespaces"), what="what was made after the compaction")
    assert running.view.names("namespaces") >= {f"made-{number}" for number in range(20)}
    assert all(size >= 4 for size in running.view.views)


def test_what_rbac_denies_is_said_and_taken_up_once_granted(own_control_plane: ControlPlane, running: Running) -> None:
    plane = own_control_plane
    plane.grant("reader", [{**READ_ALL, "resources": ["nodes"]}])
    connection = Connection.open(str(plane.kubeconfig("reader")))
    nodes = running.reflect(KINDS_BY_NAME["nodes"], connection)
    pods = running.reflect(KINDS_BY_NAME["pods"], connection)
    wait_until(listed(nodes), what="nodes")
    wait_until(lambda: pods.report().errors, what="pods to be denied")
    report = pods.report()
    assert report.last_reason is Reason.FORBIDDEN
    assert report.last_error.startswith('pods: forbidden: pods is forbidden: User "reader" cannot')
    assert report.last_error.endswith("grant list and watch on pods")
    plane.grant("reader", [READ_ALL])
    wait_until(listed(pods), what="pods, once granted")


def test_a_replaced_token_is_read_again(own_control_plane: ControlPlane, running: Running, tmp_path: Any) -> None:
    plane = own_control_plane
    plane.grant(TOKEN_USER, [READ_ALL])
    token = tmp_path / "token"
    token.write_text("expired")
    connection = Connection.open(str(plane.site.token_kubeconfig(token)))
    health = running.reflect(KINDS_BY_NAME["namespaces"], connection)
    wait_until(lambda: health.report().errors, what="the old token to be refused")
    assert health.report().last_reason is Reason.UNAUTHORIZED
    assert "expired" not in json.dumps(health.report().last_error)
    replacement = tmp_path / "new"
    replacement.write_text(TOKENS[1])
    replacement.replace(token)
    wait_until(listed(health), what="the new token to be taken")
