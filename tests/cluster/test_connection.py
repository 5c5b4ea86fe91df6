"""One connection over real sockets: who we say we are, what rotates, what is refused, and that every wait ends."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
import urllib3
import yaml
from urllib3.exceptions import ReadTimeoutError, SSLError

from kube_headroom.cluster.connection import Connection
from kube_headroom.cluster.credentials import Access, Environment, find_access
from kube_headroom.cluster.decode import NamespaceFilter, ObjectReader
from kube_headroom.cluster.facts.conversion import Keys
from kube_headroom.cluster.failures import Reason, broken
from kube_headroom.cluster.health import SourceHealth, WatchEnd
from kube_headroom.cluster.kinds import KINDS_BY_NAME
from kube_headroom.cluster.reflector import Reflector, Source
from kube_headroom.timing import Timing
from tests.cluster.fake_api import FakeApi, Handler, serving
from tests.cluster.script import View, added, bookmark, pod


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with serving() as found:
        yield found


def kubeconfig(path: Path, server: str, user: dict[str, Any], **cluster: Any) -> str:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": server, **cluster}}],
        "users": [{"name": "u", "user": user}],
    }
    path.write_text(yaml.safe_dump(config))
    return str(path)


def hang(handler: Handler) -> None:
    handler.api.released.wait()


def version(connection: Connection) -> int:
    return connection.get("/version", {}, read_timeout=5).status


def test_a_request_names_us_and_carries_the_query_and_the_token(api: FakeApi, tmp_path: Path) -> None:
    connection = Connection.open(kubeconfig(tmp_path / "k", api.url, {"token": "t1"}))
    response = connection.get("/api/v1/pods", {"limit": "5"}, accept="application/x", read_timeout=5)
    assert response.status == 200
    asked = api.asked[0]
    assert asked.path == "/api/v1/pods?limit=5"
    assert asked.headers["authorization"] == "Bearer t1"
    assert asked.headers["accept"] == "application/x"
    assert asked.headers["user-agent"].startswith("kube-headroom/")


def test_a_redirect_is_not_followed(api: FakeApi, tmp_path: Path) -> None:
    api.answer = lambda handler: handler.json({}, status=302, headers={"Location": "/elsewhere"})
    connection = Connection.open(kubeconfig(tmp_path / "k", api.url, {"token": "t"}))
    assert version(connection) == 302
    assert len(api.asked) == 1


def test_a_server_error_is_not_repeated_behind_our_back(api: FakeApi, tmp_path: Path) -> None:
    api.answer = lambda handler: handler.json({}, status=503, headers={"Retry-After": "1"})
    connection = Connection.open(kubeconfig(tmp_path / "k", api.url, {"token": "t"}))
    assert version(connection) == 503
    assert len(api.asked) == 1


def test_a_server_that_says_nothing_is_given_up(api: FakeApi, tmp_path: Path) -> None:
    api.answer = hang
    connection = Connection.open(kubeconfig(tmp_path / "k", api.url, {}))
    with pytest.raises(ReadTimeoutError):
        connection.get("/version", {}, read_timeout=0.1)


def test_a_port_without_a_server_is_told_from_other_failures(tmp_path: Path) -> None:
    with serving() as api:
        gone = api.url
    connection = Connection.open(kubeconfig(tmp_path / "k", gone, {}))
    with pytest.raises(Exception, match="refused") as raised:
        version(connection)
    assert broken(raised.value).reason is Reason.CONNECTION_REFUSED


def test_a_token_file_that_was_replaced_is_read_when_the_old_token_is_refused(api: FakeApi, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("old")
    connection = Connection.open(kubeconfig(tmp_path / "k", api.url, {"tokenFile": str(token)}))
    assert version(connection) == 200
    token.write_text("new")
    api.accepted = {"new"}
    assert version(connection) == 200
    assert [asked.headers["authorization"] for asked in api.asked] == ["Bearer old", "Bearer old", "Bearer new"]


def test_a_plugin_is_run_again_when_its_token_is_refused(api: FakeApi, tmp_path: Path) -> None:
    credential = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"}
    store = tmp_path / "credential.json"
    user = {"exec": {"apiVersion": credential["apiVersion"], "command": "cat", "args": [str(store)]}}
    store.write_text(json.dumps({**credential, "status": {"token": "old"}}))
    connection = Connection.open(kubeconfig(tmp_path / "k", api.url, user))
    store.write_text(json.dumps({**credential, "status": {"token": "new"}}))
    api.accepted = {"new"}
    assert version(connection) == 200


def test_a_kubeconfig_that_broke_meanwhile_leaves_the_refusal_as_the_news(api: FakeApi, tmp_path: Path) -> None:
    path = tmp_path / "k"
    connection = Connection.open(kubeconfig(path, api.url, {"token": "t"}))
    path.write_text("{")
    api.accepted = set()
    assert version(connection) == 401


def test_many_threads_that_are_refused_read_the_credentials_once(api: FakeApi) -> None:
    loaded: list[int] = []

    def load() -> Access:
        loaded.append(1)
        token = f"Bearer t{len(loaded)}"
        return Access(api.url, urllib3.PoolManager(), lambda: token)

    connection = Connection(load)
    api.accepted = {"t2"}
    threads = [threading.Thread(target=version, args=(connection,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loaded) == 2


class TestServiceAccount:
    @pytest.fixture
    def account(self, tmp_path: Path) -> Iterator[tuple[FakeApi, Environment, trustme.CA]]:
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        authority.cert_pem.write_to_path(tmp_path / "ca.crt")
        (tmp_path / "token").write_text("first\n")
        with serving(context) as api:
            variables = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(api.port)}
            yield api, Environment(variables, tmp_path, tmp_path), authority

    def test_the_token_is_read_for_each_request(self, account: tuple[FakeApi, Environment, trustme.CA]) -> None:
        api, environment, _ = account
        connection = Connection(find_access(None, None, environment))
        assert connection.server == api.url
        assert version(connection) == 200
        (environment.service_account / "token").write_text("second")
        assert version(connection) == 200
        assert [asked.headers["authorization"] for asked in api.asked] == ["Bearer first", "Bearer second"]

    def test_a_new_authority_is_taken_up(self, account: tuple[FakeApi, Environment, trustme.CA]) -> None:
        _, environment, authority = account
        file = environment.service_account / "ca.crt"
        trustme.CA().cert_pem.write_to_path(file)
        connection = Connection(find_access(None, None, environment))
        with pytest.raises(SSLError) as raised:
            version(connection)
        assert broken(raised.value).reason is Reason.TLS
        authority.cert_pem.write_to_path(file)
        assert version(connection) == 200

    def test_a_token_that_cannot_be_read_later_is_a_failure_not_a_crash(
        self, account: tuple[FakeApi, Environment, trustme.CA]
    ) -> None:
        _, environment, _ = account
        connection = Connection(find_access(None, None, environment))
        (environment.service_account / "token").unlink()
        with pytest.raises(OSError, match="token"):
            version(connection)


def reflect(api: FakeApi, tmp_path: Path, read_timeout: float) -> tuple[Reflector, View, SourceHealth]:
    connection = Connection.open(kubeconfig(tmp_path / "k", api.url, {"token": "t"}))
    ask = connection.get
    connection.get = lambda *args, **options: ask(*args, **options | {"read_timeout": read_timeout})  # type: ignore[method-assign]
    kind, health, view = KINDS_BY_NAME["pods"], SourceHealth("pods"), View()
    source = Source(kind, "", ObjectReader(kind, Keys(), health, NamespaceFilter()), health)
    timing = Timing(wait=lambda stop, _: stop.wait(0.01))
    return Reflector(source, connection, view, timing=timing), view, health


def test_a_half_open_watch_is_given_up_and_resumed_over_real_sockets(api: FakeApi, tmp_path: Path) -> None:
    stop, resumed = threading.Event(), threading.Event()

    def answer(handler: Handler) -> None:
        if "sendInitialEvents" in handler.path:
            handler.stream(added(pod("a", "5")), bookmark("7", end=True), added(pod("b", "8"))[:30], hang=True)
        elif "resourceVersion=7" in handler.path:
            handler.stream(added(pod("b", "8")), hang=True)
        else:
            resumed.set()
            handler.stream(hang=True)

    api.answer = answer
    reflector, view, health = reflect(api, tmp_path, read_timeout=1.0)
    thread = threading.Thread(target=reflector.run, args=(stop,))
    thread.start()
    assert resumed.wait(60)
    stop.set()
    api.released.set()
    thread.join(10)
    assert not thread.is_alive()
    assert view.names == ["a", "b"]
    assert health.report().watch_ends[WatchEnd.SILENT] >= 2
    assert health.report().errors == {}


def test_an_interrupted_reflector_ends_at_once(api: FakeApi, tmp_path: Path) -> None:
    stop, listed = threading.Event(), threading.Event()

    class Listed(View):
        def replace(self, *args: Any) -> None:
            super().replace(*args)
            listed.set()

    api.answer = lambda handler: handler.stream(bookmark("7", end=True), hang=True)
    reflector, _, _ = reflect(api, tmp_path, read_timeout=60)
    reflector._sink = Listed()
    thread = threading.Thread(target=reflector.run, args=(stop,))
    thread.start()
    assert listed.wait(60)
    stop.set()
    reflector.interrupt()
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the option is Linux's")
def test_sockets_keep_alive(api: FakeApi, tmp_path: Path) -> None:
    connection = Connection.open(kubeconfig(tmp_path / "k", api.url, {}))
    api.answer = lambda handler: handler.stream(b"x", hang=True)
    response = connection.get("/", {}, read_timeout=5, stream=True)
    sock = response.connection.sock  # type: ignore[union-attr]
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 15
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000
    response.close()
